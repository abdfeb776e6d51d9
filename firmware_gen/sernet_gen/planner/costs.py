"""What a unit of work costs on a core: the tables from which the planner predicts time.

A unit is what a kernel repeats: one inner product's step, one output, one weight transformed. The
costs are fitted to counted benchmarks (`sernet-edge bench --fit FILE`), not taken from a manual.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from sernet_cal.errors import InputError
from sernet_gen.assets import costs_dir

# Words of constants that are read from flash: they cost the board's wait states.
FLASH_WORDS = "flash_words"

ESTIMATED_CYCLES, INSTRUCTIONS = "estimated_cycles", "instructions"

# Cores that nobody has fitted yet: they are planned for as if they were this one.
_UNFITTED = "cortex-m4f"

Work = Mapping[str, float]


@dataclass(frozen=True)
class CostTable:
    """Cost of each unit of work, in estimated cycles or, where a core has none, instructions."""

    core: str
    quantity: str
    units: Mapping[str, float]

    def cost(self, work: Work, wait_states: float = 0) -> float:
        """Return the cost of `work`, by unit, on a board with so many flash wait states."""
        return sum(
            count * (wait_states if unit == FLASH_WORDS else self._unit(unit))
            for unit, count in work.items()
        )

    def knows(self, work: Work) -> bool:
        """Whether the table has every unit of `work`."""
        return all(unit == FLASH_WORDS or unit in self.units for unit in work)

    def _unit(self, unit: str) -> float:
        if unit not in self.units:
            raise InputError(
                f"The cost table of {self.core} lacks the unit {unit}.",
                "Fit it anew:  sernet-edge bench --board NAME --fit FILE",
            )
        return self.units[unit]


def load_costs(core: str) -> CostTable:
    """Return the cost table of `core`; that of the Cortex-M4F where there is none.

    Any plan gives the same answers: a wrong cost makes it slower, not wrong.
    """
    path = costs_dir() / f"{core}.toml"
    if not path.is_file():
        path = costs_dir() / f"{_UNFITTED}.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return CostTable(table["core"], table["quantity"], table["units"])

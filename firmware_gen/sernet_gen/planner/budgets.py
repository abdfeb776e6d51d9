"""What a plan may take."""

from dataclasses import dataclass, replace

from sernet_gen.board import Board


@dataclass(frozen=True)
class Budgets:
    """Limits of a whole firmware in bytes, and of the answer in milliseconds after the last sample;
    None where there is none. `ram`: variables and the worst stack, without a kept clip.
    """

    flash: int | None = None
    ram: int | None = None
    latency_ms: float | None = None

    def but(self, other: "Budgets") -> "Budgets":
        """Return these limits with those of `other` that are not None in their place."""
        given = {name: value for name, value in vars(other).items() if value is not None}
        return replace(self, **given)

    def without(self, name: str) -> "Budgets":
        """Return these limits but for the one called `name`."""
        return replace(self, **{name: None})

    def words(self) -> str:
        """Return the limits for a person."""
        words = []
        if self.flash is not None:
            words.append(f"{self.flash:,} bytes of flash")
        if self.ram is not None:
            words.append(f"{self.ram:,} bytes of RAM")
        if self.latency_ms is not None:
            words.append(f"{self.latency_ms:g} ms after the last sample")
        return ", ".join(words)


NO_BUDGETS = Budgets()


def board_budgets(board: Board) -> Budgets:
    """Return the budgets that board.toml states."""
    if board.memory is None:
        return Budgets()
    return Budgets(board.memory.flash.budget, board.memory.ram.budget, board.latency_budget_ms)

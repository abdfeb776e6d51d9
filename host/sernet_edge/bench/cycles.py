"""Estimated cycles: blocks of Thumb code, weighted by a core's written-down table.

The tables are cores/NAME.toml; each figure names its source. No pipeline is simulated: a block
costs the sum of its instructions, seen in pairs, plus a refill for each run that branched away.
"""

import tomllib
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any

from sernet_cal.errors import require_extra

_LOADS = frozenset({"ldr", "ldrb", "ldrh", "ldrsb", "ldrsh"})
_STORES = frozenset({"str", "strb", "strh"})
_DOUBLES = frozenset({"ldrd", "strd"})
_STACK_MULTIPLES = frozenset({"push", "pop", "vpush", "vpop"})
_BASE_MULTIPLES = frozenset(
    {"ldm", "ldmdb", "stm", "stmdb", "vldmia", "vldmdb", "vstmia", "vstmdb"}
)
_MULTIPLES = _STACK_MULTIPLES | _BASE_MULTIPLES
_ONE_FIGURE = {
    **dict.fromkeys(("tbb", "tbh"), "table_branch"),
    **dict.fromkeys(("mla", "mls"), "multiply_add"),
    **dict.fromkeys(("smull", "umull"), "multiply_long"),
    **dict.fromkeys(("smlal", "umlal"), "multiply_add_long"),
    **dict.fromkeys(("sdiv", "udiv"), "divide"),
    **dict.fromkeys(("msr", "cps"), "status"),
    **dict.fromkeys(("vdiv", "vsqrt"), "float_divide"),
    **dict.fromkeys(
        ("vmla", "vmls", "vfma", "vfms", "vnmla", "vnmls", "vfnma", "vfnms"), "float_multiply_add"
    ),
    **dict.fromkeys(("vldr", "vstr"), "float_load_store"),
    "bl": "call",
    "it": "condition",
}
# Why a core has no table.
_WITHOUT_TABLE = {
    "cortex-m7": "it issues two instructions at once",
    "cortex-m33": "its manual states no times",
    "cortex-m55": "it overlaps instructions, and its manual states no times",
}


@dataclass(frozen=True)
class Cycles:
    """Estimated cycles: the least, the likely and the most that the manual lets expect."""

    low: int
    nominal: int
    high: int

    def __add__(self, other: "Cycles") -> "Cycles":
        return Cycles(self.low + other.low, self.nominal + other.nominal, self.high + other.high)

    def __mul__(self, count: int) -> "Cycles":
        return Cycles(self.low * count, self.nominal * count, self.high * count)

    def to_json(self) -> dict[str, int]:
        """Return the three by name."""
        return {"low": self.low, "nominal": self.nominal, "high": self.high}


NO_CYCLES = Cycles(0, 0, 0)


@dataclass(frozen=True)
class CycleTable:
    """Cycles of each kind of instruction; the fields are the sections of cores/NAME.toml."""

    any: Cycles
    load: Cycles
    load_pipelined: Cycles
    load_literal: Cycles
    store: Cycles
    store_indexed: Cycles
    double: Cycles
    multiple: Cycles
    multiple_register: Cycles
    pop_to_pc: Cycles
    call: Cycles
    multiply_add: Cycles
    multiply_long: Cycles
    multiply_add_long: Cycles
    address_stall: Cycles
    taken_branch: Cycles
    table_branch: Cycles
    divide: Cycles
    condition: Cycles
    status: Cycles
    float_divide: Cycles
    float_multiply_add: Cycles
    float_load_store: Cycles
    flash_read: Cycles


def load_cycle_table(core: str) -> CycleTable | None:
    """Return the table of `core`, None where nobody has written one."""
    file = resources.files("sernet_edge.bench") / "cores" / f"{core}.toml"
    if not file.is_file():
        return None
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return CycleTable(**{field.name: _figure(content[field.name]) for field in fields(CycleTable)})


def why_no_table(core: str) -> str:
    """Return why `core` has no table, as words behind "as"."""
    return _WITHOUT_TABLE.get(core, "nobody has written one")


def _figure(section: dict[str, Any]) -> Cycles:
    low, nominal, high = (int(value) for value in section["cycles"])
    return Cycles(low, nominal, high)


@dataclass(frozen=True)
class _Instruction:
    """What the costs depend on.

    `registers`: how many it names, without a base; `to_pc`: whether one of them is PC. By name:
    `address`, registers that make up a memory address; `loaded`, what a single load writes;
    `computed`, what data processing writes.
    """

    name: str
    registers: int
    to_pc: bool
    address: frozenset[str]
    indexed: bool
    literal: bool
    loaded: frozenset[str]
    computed: frozenset[str]


_NOTHING = _Instruction("", 0, False, frozenset(), False, False, frozenset(), frozenset())


class CostModel:
    """Costs blocks of code with `table`; raises SernetError where capstone is not installed."""

    def __init__(self, table: CycleTable) -> None:
        try:
            import capstone
        except ImportError as error:
            raise require_extra("capstone", "sim", "estimate cycles") from error
        self.table = table
        self._capstone: Any = capstone
        self._disassembler: Any = capstone.Cs(
            capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS
        )
        self._disassembler.detail = True

    def block(self, code: bytes, address: int) -> Cycles:
        """Return the cycles of one run through `code`, which ends without a branch taken.

        Bytes that are no instruction known to capstone count as one cycle a halfword.
        """
        total, before, read = NO_CYCLES, _NOTHING, 0
        for raw in self._disassembler.disasm(code, address):
            instruction = self._look_at(raw)
            total += self._cost(instruction, before)
            before, read = instruction, read + raw.size
        return total + self.table.any * ((len(code) - read) // 2)

    def _cost(self, now: _Instruction, before: _Instruction) -> Cycles:
        table = self.table
        stall = table.address_stall if now.address & before.computed else NO_CYCLES
        follows_load = bool(before.loaded) and not now.address & before.loaded
        if now.name in _LOADS:
            literal = table.load_literal if now.literal else NO_CYCLES
            return stall + literal + (table.load_pipelined if follows_load else table.load)
        if now.name in _STORES:
            indexed = table.load_pipelined if follows_load else table.store_indexed
            return stall + (indexed if now.indexed else table.store)
        if now.name in _DOUBLES:
            return stall + table.double
        if now.name in _MULTIPLES:
            returns = table.pop_to_pc if now.name == "pop" and now.to_pc else NO_CYCLES
            return stall + table.multiple + table.multiple_register * now.registers + returns
        figure: Cycles = getattr(table, _ONE_FIGURE.get(now.name, "any"))
        return stall + figure

    def _look_at(self, raw: Any) -> _Instruction:
        arm, name = self._capstone.arm, raw.insn_name()
        registers = [raw.reg_name(op.reg) for op in raw.operands if op.type == arm.ARM_OP_REG]
        memory = [op.mem for op in raw.operands if op.type == arm.ARM_OP_MEM]
        address = {raw.reg_name(r) for mem in memory for r in (mem.base, mem.index) if r}
        if name in _BASE_MULTIPLES:
            address.add(registers.pop(0))
        is_data = name not in _LOADS | _STORES | _DOUBLES | _MULTIPLES
        written = [raw.reg_name(register) for register in raw.regs_access()[1]] if is_data else []
        return _Instruction(
            name,
            len(registers),
            "pc" in registers,
            frozenset(address),
            any(mem.index for mem in memory),
            any(mem.base == arm.ARM_REG_PC for mem in memory),
            frozenset(registers[:1] if name in _LOADS else ()),
            frozenset(written),
        )

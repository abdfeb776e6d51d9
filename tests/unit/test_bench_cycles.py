"""The table of cycles, on Thumb code written by hand."""

import dataclasses
import struct
import sys
import tomllib
from importlib import resources

import pytest

from sernet_cal.errors import SernetError
from sernet_edge.bench.cycles import Cycles, CycleTable, load_cycle_table, why_no_table
from sernet_gen.cores import core_names

pytest.importorskip("capstone", reason="needs the Python package capstone")

from sernet_edge.bench.cycles import CostModel

ADDS, MULS, BX = 0x1840, 0x4348, 0x4770  # adds r0, r0, r1; muls r0, r1; bx lr
LDR_R0_R1, LDR_R2_R1, LDR_R3_R0, LDR_R2_PC = 0x6808, 0x680A, 0x6803, 0x4A01
LDRB_INDEXED, STR_R0_R1, STR_INDEXED = 0x5CC8, 0x6008, 0x50C8  # [r1, r3] where indexed
PUSH_3, POP_3 = 0xB530, 0xBD30  # r4, r5 and lr or pc
STM_2, IT_EQ = 0xC10C, 0xBF08  # stmia r1!, {r2, r3}
SMLAD = (0xFB21, 0x3002)  # smlad r0, r1, r2, r3
UDIV = (0xFBB1, 0xF0F2)
LDRD = (0xE9D1, 0x2300)  # ldrd r2, r3, [r1]
TBB = (0xE8DF, 0xF000)
MLA, UMULL, UMLAL = (0xFB01, 0x3002), (0xFBA2, 0x0103), (0xFBE2, 0x0103)
BL = (0xF000, 0xF800)
VDIV, VMLA, VLDR = (0xEE80, 0x0A81), (0xEE00, 0x0A81), (0xED91, 0x0A00)
POST_INDEXED = (0xF851, 0x0B04)  # ldr r0, [r1], #4
MSR = (0xF380, 0x8810)
UNKNOWN = (0xFFFF, 0xFFFF)


@pytest.fixture(scope="module")
def model() -> CostModel:
    table = load_cycle_table("cortex-m4f")
    assert table is not None
    return CostModel(table)


@pytest.mark.parametrize(
    ("code", "cycles"),
    [
        ((ADDS, MULS, *SMLAD), (3, 3, 3)),
        ((LDR_R0_R1,), (2, 2, 2)),
        ((LDR_R0_R1, LDR_R2_R1), (3, 3, 3)),
        ((LDR_R0_R1, LDR_R3_R0), (4, 4, 4)),
        ((LDR_R2_PC,), (2, 2, 3)),
        ((*POST_INDEXED, *POST_INDEXED), (3, 3, 3)),
        ((ADDS, LDR_R3_R0), (3, 4, 4)),
        ((LDRB_INDEXED,), (2, 2, 2)),
        ((STR_R0_R1,), (1, 1, 1)),
        ((STR_INDEXED,), (2, 2, 2)),
        ((LDR_R2_R1, STR_INDEXED), (3, 3, 3)),
        ((STR_R0_R1, LDR_R0_R1), (3, 3, 3)),
        ((LDR_R0_R1, *LDRD), (5, 5, 5)),
        ((*LDRD, LDR_R0_R1), (5, 5, 5)),
        ((PUSH_3,), (4, 4, 4)),
        ((POP_3,), (4, 4, 4)),
        ((STM_2,), (3, 3, 3)),
        (UDIV, (2, 7, 12)),
        ((IT_EQ, ADDS), (1, 2, 2)),
        (TBB, (3, 3, 3)),
        (MSR, (1, 2, 2)),
        (VDIV, (14, 14, 14)),
        (VMLA, (3, 3, 3)),
        (VLDR, (2, 2, 2)),
        ((BX,), (1, 1, 1)),
        (UNKNOWN, (2, 2, 2)),
        ((), (0, 0, 0)),
    ],
)
def test_blocks_cost_what_the_table_says(
    code: tuple[int, ...], cycles: tuple[int, int, int], model: CostModel
) -> None:
    assert model.block(struct.pack(f"<{len(code)}H", *code), 0x10000) == Cycles(*cycles)


def test_a_table_is_ordered_and_names_its_sources() -> None:
    for core in core_names():
        table = load_cycle_table(core)
        if table is None:
            continue
        for field in dataclasses.fields(CycleTable):
            figure = getattr(table, field.name)
            assert 0 <= figure.low <= figure.nominal <= figure.high, field.name
        file = resources.files("sernet_edge.bench") / "cores" / f"{core}.toml"
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        sections = {name: value for name, value in content.items() if isinstance(value, dict)}
        assert content["core"] == core
        assert set(sections) == {field.name for field in dataclasses.fields(CycleTable)}
        assert all(len(section["source"]) > 10 for section in sections.values())


def cost(core: str, *code: int) -> Cycles:
    """Return the cycles of `code` by the table of `core`."""
    table = load_cycle_table(core)
    assert table is not None
    return CostModel(table).block(struct.pack(f"<{len(code)}H", *code), 0x10000)


@pytest.mark.parametrize(
    ("code", "cycles"),
    [
        ((ADDS, MULS), (2, 2, 2)),
        (MLA, (2, 2, 2)),
        (UMULL, (3, 4, 5)),
        (UMLAL, (4, 6, 7)),
        (UDIV, (2, 7, 12)),
        ((LDR_R0_R1, LDR_R2_R1), (3, 3, 3)),
    ],
)
def test_the_m3_multiplies_slowly(code: tuple[int, ...], cycles: tuple[int, int, int]) -> None:
    assert cost("cortex-m3", *code) == Cycles(*cycles)


@pytest.mark.parametrize(
    ("code", "cycles"),
    [
        ((ADDS, MULS), 2),
        ((LDR_R0_R1, LDR_R2_R1), 4),
        ((ADDS, LDR_R3_R0), 3),
        ((STR_INDEXED,), 2),
        ((STM_2,), 3),
        ((PUSH_3,), 4),
        ((POP_3,), 5),  # and a branch taken: 3 + 3
        (BL, 2),  # and a branch taken: 3
        ((BX,), 1),
    ],
)
def test_the_m0plus_has_two_stages(code: tuple[int, ...], cycles: int) -> None:
    assert cost("cortex-m0plus", *code) == Cycles(cycles, cycles, cycles)


@pytest.mark.parametrize(
    ("core", "reason"),
    [
        ("cortex-m7", "it issues two instructions at once"),
        ("cortex-m33", "its manual states no times"),
        ("cortex-m55", "it overlaps instructions, and its manual states no times"),
        ("host", "nobody has written one"),
    ],
)
def test_a_core_without_a_table_has_a_reason(core: str, reason: str) -> None:
    assert load_cycle_table(core) is None
    assert why_no_table(core) == reason


def test_capstone_is_asked_for(monkeypatch: pytest.MonkeyPatch, model: CostModel) -> None:
    monkeypatch.setitem(sys.modules, "capstone", None)
    with pytest.raises(SernetError) as caught:
        CostModel(model.table)
    assert str(caught.value) == (
        "The Python package capstone is needed to estimate cycles, and it is not installed.\n"
        "  Install it, in the folder of sernet-edge's sources:  pip install '.[sim]'"
    )


def test_cycles_add_and_multiply() -> None:
    assert Cycles(1, 2, 3) + Cycles(10, 20, 30) == Cycles(11, 22, 33)
    assert Cycles(1, 2, 3) * 3 == Cycles(3, 6, 9)
    assert Cycles(1, 2, 3).to_json() == {"low": 1, "nominal": 2, "high": 3}

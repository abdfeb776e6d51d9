"""The figures of a benchmark: sums, JSON and back, tables, pictures, the guard; all messages."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from sernet_cal.errors import InputError
from sernet_edge.bench.compare import Comparison, print_comparison
from sernet_edge.bench.cycles import Cycles
from sernet_edge.bench.guard import complaint, count_table, read_table
from sernet_edge.bench.present import print_bench
from sernet_edge.bench.result import Bench, Cost, Layer, Memory, Subject, read_bench, to_json

SUBJECT = Subject(
    "nano33", "cortex-m4f", 1_000_000, 2, "tiny", "ab" * 32, "cd" * 32, "gcc 1", "vowel", 2.0, 10
)
MEMORY = Memory(1000, 200, 0, 30_000)
MAKE = "\n  Write one:  sernet-edge bench --board NAME --json > FILE"
NONE = Cost(0, Cycles(0, 0, 0), 0)


def cost(instructions: int, waits: int = 0) -> Cost:
    cycles = Cycles(instructions, 2 * instructions + waits, 3 * instructions + waits)
    return Cost(instructions, cycles, waits)


BENCH = Bench(
    SUBJECT,
    MEMORY,
    (
        Layer("network", "conv_1", "direct", 500_000, cost(400_000, 100_000), cost(1000)),
        Layer("network", "schedule", None, 0, cost(1000), NONE),
        Layer("front_end", "fft", None, 0, cost(50_000), cost(500)),
        Layer("link", "link", None, 0, cost(49_000), cost(9000)),
    ),
)


def without_cycles(bench: Bench) -> Bench:
    def bare(item: Cost) -> Cost:
        return Cost(item.instructions, None, 0)

    layers = [
        dataclasses.replace(layer, cost=bare(layer.cost), late=bare(layer.late))
        for layer in bench.layers
    ]
    subject = dataclasses.replace(bench.subject, core="cortex-m7")
    return dataclasses.replace(bench, subject=subject, layers=tuple(layers))


def grown(instructions: int) -> Bench:
    """Return BENCH with another count of its first layer."""
    first = dataclasses.replace(BENCH.layers[0], cost=cost(instructions))
    return dataclasses.replace(BENCH, layers=(first, *BENCH.layers[1:]))


def test_totals_are_sums() -> None:
    assert BENCH.cost() == Cost(500_000, Cycles(500_000, 1_100_000, 1_600_000), 100_000)
    assert BENCH.cost("network").instructions == 401_000
    assert BENCH.mac == 500_000
    assert BENCH.busy.instructions == 451_000
    assert BENCH.late == cost(1500)
    assert sum(BENCH.share(layer.cost) for layer in BENCH.layers) == pytest.approx(1.0)


def test_json_has_the_totals_by_name() -> None:
    result = to_json(BENCH)
    assert result["instructions"] == 500_000
    assert result["estimated_cycles"] == {"low": 500_000, "nominal": 1_100_000, "high": 1_600_000}
    assert (result["flash_wait_cycles"], result["mac"]) == (100_000, 500_000)
    assert (result["ram_bytes"], result["stack_bytes"], result["flash_bytes"]) == (
        1000,
        200,
        30_000,
    )
    assert result["duty_cycle"] == 0.501  # 1,002,000 cycles of 2 s at 1 MHz
    assert result["latency_ms"] == 3.0
    assert result["groups"]["link"]["instructions"] == 49_000
    assert [layer["name"] for layer in result["layers"]] == ["conv_1", "schedule", "fft", "link"]
    assert result["layers"][0]["algorithm"] == "direct"
    assert result["layers"][0]["latency"]["instructions"] == 1000


@pytest.mark.parametrize("bench", [BENCH, without_cycles(BENCH)], ids=["cycles", "bare"])
def test_json_is_read_back(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    path.write_text(json.dumps(to_json(bench)))
    assert read_bench(path) == bench


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("{", "{path} is no benchmark: it is not readable (Expecting property name enclosed in"),
        ("[]", "{path} is no benchmark of this version: format list instead of 1."),
        ('{"format": 9}', "{path} is no benchmark of this version: format 9 instead of 1."),
        ('{"format": 1}', "{path} is a damaged benchmark: it lacks 'board'."),
    ],
)
def test_other_files_are_refused(content: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        read_bench(path)
    assert str(caught.value).startswith(text.format(path=path))
    assert str(caught.value).endswith(MAKE)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json is no benchmark: it is not readable"):
        read_bench(tmp_path / "none.json")


def test_the_table_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    print_bench(BENCH)
    out = capsys.readouterr().out
    assert "tiny on nano33, build cdcdcdcd by gcc 1: one clip of 2 s" in out
    assert "Instructions are exact. Cycles, in millions, are estimated: " in out
    assert "the table of cortex-m4f, with 2 wait states for each read of data in flash." in out
    assert re.search(r"conv_1 +direct +0\.5 +400,000 +0\.4 +0\.9 +1\.3 +1\.80 +81\.8", out)
    assert "1.80 estimated cycles per MAC (1.60 without waits for flash), 0.80 instructions" in out
    assert "front-end: 10,000 estimated cycles per frame" in out
    assert re.search(r"duty cycle at 1 MHz: 22\.[56] / 50\.1 / 72\.[67] %, estimated low / ", out)
    assert "latency from the last block of samples to the scores: 1.5 / 3.0 / 4.5 ms" in out
    assert "RAM: variables 1,000 + worst stack 200 bytes; flash: 30,000 bytes" in out
    assert all(len(line) <= 100 for line in out.splitlines() if line.startswith("  "))


def test_without_a_table_there_are_instructions_only(capsys: pytest.CaptureFixture[str]) -> None:
    bench = without_cycles(BENCH)
    print_bench(bench)
    out = capsys.readouterr().out
    reason = "as it issues two instructions at once."
    assert f"Instructions only: cortex-m7 has no table of cycles, {reason}" in out
    assert re.search(r"network: 0\.\d{3} instructions per MAC", out)
    assert re.search(r"front-end: [0-9,]+ instructions per frame", out)
    assert "400,000" in out
    assert "duty cycle" not in out
    result = to_json(bench)
    names = ("estimated_cycles", "flash_wait_cycles", "duty_cycle", "latency_ms")
    assert [result[name] for name in names] == [None] * 4
    assert result["layers"][0]["share"] == 0.8


def test_two_are_set_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    faster = Layer("network", "conv_1", "winograd", 500_000, cost(200_000), NONE)
    extra = Layer("network", "conv_2", "direct", 0, cost(1), NONE)
    after = dataclasses.replace(
        BENCH, memory=Memory(1100, 200, 0, 29_000), layers=(faster, extra, *BENCH.layers[2:])
    )
    comparison = Comparison(BENCH, after)
    assert [name for name, _, _ in comparison.pairs()] == [
        "conv_1",
        "conv_2",
        "fft",
        "link",
        "schedule",
    ]
    print_comparison(comparison)
    out = capsys.readouterr().out
    assert "In nominal cycles, estimated." in out
    assert "direct -> winograd" in out
    assert "-55.6 %" in out
    assert "RAM with worst stack: 1,200 -> 1,300 bytes (+100)" in out
    assert "flash: 30,000 -> 29,000 bytes (-1,000)" in out
    assert comparison.to_json()["ratio"] == {"instructions": 0.598, "estimated_cycles": 0.5436}
    bare = Comparison(without_cycles(BENCH), after)
    print_comparison(bare)
    assert "In instructions." in capsys.readouterr().out
    assert bare.to_json()["ratio"] == {"instructions": 0.598, "estimated_cycles": None}


@pytest.mark.parametrize("bench", [BENCH, without_cycles(BENCH)], ids=["cycles", "bare"])
def test_the_picture_is_a_png_with_the_same_bytes_every_time(bench: Bench) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra [train])")
    from sernet_edge.bench.picture import bench_picture

    picture = bench_picture(bench)
    assert picture.startswith(b"\x89PNG")
    assert picture == bench_picture(bench)
    assert b"tEXt" not in picture


def test_the_guard_lets_two_per_cent_pass() -> None:
    table = count_table(BENCH)
    assert complaint(BENCH, table, "counts.json") is None
    assert complaint(grown(410_000), table, "counts.json") is None
    assert complaint(grown(300_000), table, "counts.json") is None
    assert complaint(grown(410_001), table, "counts.json") == (
        "nano33 takes 510,001 instructions for a clip, 2.0 % more than the 500,000 of counts.json; "
        "2 % are let pass.\n"
        "  conv_1: 400,000 -> 410,001\n"
        "Where that is meant to be, write the table anew:  "
        "sernet-edge bench --board nano33 --update-table counts.json"
    )


@pytest.mark.parametrize(
    ("name", "value"), [("model_sha256", "00" * 32), ("compiler", "gcc 2"), ("board", "other")]
)
def test_the_guard_is_bound_to_what_was_counted(name: str, value: str) -> None:
    table = count_table(BENCH) | {name: value}
    seen = count_table(BENCH)[name]
    assert complaint(BENCH, table, "counts.json") == (
        f"counts.json is for another {name}: {value} there, {seen} here.\n"
        "Where that is meant to be, write the table anew:  "
        "sernet-edge bench --board nano33 --update-table counts.json"
    )


def test_the_table_is_read_back_and_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "counts.json"
    path.write_text(json.dumps(count_table(BENCH)))
    assert read_table(path) == count_table(BENCH)
    for content in ("{", "[]", '{"instructions": 1}', '{"instructions": 1, "layers": {}}'):
        path.write_text(content)
        with pytest.raises(InputError) as caught:
            read_table(path)
        assert str(caught.value).startswith(f"{path} is no table of instructions: ")
        assert str(caught.value).endswith(
            f"\n  Write it:  sernet-edge bench --board NAME --update-table {path}"
        )

"""`sernet-edge boards`: the table, its predictions, and the check of a file."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from tiny_bundle import make_bundle

from sernet_cal.errors import DoesNotFitError, InputError, ToolchainError
from sernet_edge.catalogue import predictions
from sernet_edge.catalogue.check import Step, check_board
from sernet_edge.catalogue.entry import Entry, catalogue
from sernet_edge.catalogue.predictions import (
    Fit,
    committed_table,
    inputs_of,
    predict_fit,
    read_fits,
    update_fits,
)
from sernet_edge.cli import cli
from sernet_edge.model.bundled import BUNDLED_NAMES
from sernet_gen import assets
from sernet_gen.board import board_names, load_board
from sernet_gen.constants import render_constants

NANO = load_board("nano33")
M33 = load_board("pico2")
CYCLES = Fit(59_788, 920_520, "estimated_cycles", 0.596, 151.4)
INSTRUCTIONS = Fit(60_000, 900_000, "instructions", 0.25, None, ("131,072 bytes of RAM",))


def run(*words: str) -> None:
    cli.main(["boards", *words], standalone_mode=False)


def fake_fit(board: Any, model: str) -> Fit | None:
    """Stand in for the planner's search."""
    if model != BUNDLED_NAMES[0]:
        return None
    return CYCLES if board.core == "cortex-m4f" else INSTRUCTIONS


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of a table of two boards."""
    monkeypatch.setattr(predictions, "predict_fit", fake_fit)
    path = tmp_path / "predictions.json"
    update_fits([NANO, M33], path, lambda *_: None)
    return path


def test_the_committed_table_is_true() -> None:
    """Planned anew for one board; the others are held to their inputs."""
    fits = read_fits(NANO, committed_table())
    assert fits is not None, (
        "sernet-edge boards --update host/sernet_edge/catalogue/predictions.json"
    )
    assert predict_fit(NANO, BUNDLED_NAMES[0]) == fits[BUNDLED_NAMES[0]]


def test_every_board_is_listed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    run("--json")
    boards = {board["name"]: board for board in json.loads(capsys.readouterr().out)["boards"]}
    assert tuple(boards) == board_names()
    nano = boards["nano33"]
    assert (nano["core"], nano["emulator"], nano["proven"]) == ("cortex-m4f", "emu", "emulated")
    assert (nano["flash_bytes"], nano["ram_bytes"]) == (983_040, 262_144)
    assert nano["flash_tool"] == "sam-ba"
    assert boards["posix"]["proven"] == "process"
    assert boards["posix"]["flash_bytes"] is None


def test_proof_is_what_the_file_says() -> None:
    def proof(**changes: object) -> tuple[str, str | None]:
        entry = Entry(dataclasses.replace(NANO, **changes), {})  # type: ignore[arg-type]
        return entry.proof, entry.emulator

    assert proof() == ("emulated", "emu")
    assert proof(emulator="none") == ("compiled", None)
    assert proof(emulator="none", silicon="rev 2, 24 clips") == ("silicon", None)
    entry = Entry(dataclasses.replace(NANO, emulator="none"), {}).to_json()
    assert (entry["emulator"], entry["silicon"]) == (None, None)
    assert entry["models"] == dict.fromkeys(BUNDLED_NAMES)


def test_predictions_say_what_they_count(table: Path) -> None:
    entries = {entry.board.name: entry.to_json()["models"] for entry in catalogue(table)}
    assert entries["nano33"] == {
        BUNDLED_NAMES[0]: {
            "fits": True,
            "ram_bytes": 59_788,
            "flash_bytes": 920_520,
            "duty_cycle": 0.596,
            "instruction_share": None,
            "latency_ms": 151.4,
            "dropped": [],
        },
        BUNDLED_NAMES[1]: {"fits": False},
    }
    shares = entries["pico2"][BUNDLED_NAMES[0]]
    assert (shares["duty_cycle"], shares["instruction_share"]) == (None, 0.25)
    assert shares["dropped"] == ["131,072 bytes of RAM"]
    assert entries["posix"] == {}
    assert entries["pico"] == dict.fromkeys(BUNDLED_NAMES)


def test_the_table_for_people(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text_of = {name: dataclasses.asdict(load_board(name)) for name in board_names()}
    run("--update", str(table))  # all boards, by the stand-in
    text = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "nano33 cortex-m4f 64 960 256 sam-ba emulated in unicorn" in lines
    assert "nano33 emodb-3s 920,520 59,788 59.6 151" in lines
    assert "emodb-3s-small does not fit" in lines
    assert "pico2 emodb-3s 900,000 60,000 25.0 i -" in lines
    assert "i: no cycles but instructions, as a share of the clock at one a cycle" in text
    assert "cortex-m33: its manual states no times" in text
    assert "No board was proven on silicon yet." in lines
    assert all(f"{board['title']}: {board['url']}" in text for board in text_of.values())
    assert "-: not predicted yet" not in text


def test_a_board_without_predictions_names_the_command(
    table: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sernet_edge.commands.boards.committed_table", lambda: table)
    monkeypatch.chdir(table.parent)
    run()
    text = capsys.readouterr().out
    assert "-: not predicted yet, on microbit_v2, " in text
    assert text.count("sernet-edge boards --update predictions.json") == 1


def test_only_what_is_out_of_date_is_computed(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = table.read_bytes()
    assert update_fits([NANO, M33], table, lambda *_: None) == ()
    assert table.read_bytes() == before
    faster = dataclasses.replace(M33, clock_hz=200_000_000)
    assert inputs_of(faster) != inputs_of(M33)
    assert read_fits(faster, table) == {}
    assert update_fits([NANO, faster], table, lambda *_: None) == ("pico2",)
    assert read_fits(M33, table) == {}
    assert update_fits([NANO], table, lambda *_: None) == ()
    assert list(json.loads(table.read_text())["boards"]) == ["nano33"]


def test_an_interruption_loses_one_plan_at_most(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, str]] = []

    def interrupted(board: Any, model: str) -> Fit | None:
        calls.append((board.name, model))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return fake_fit(board, model)

    path = table.parent / "new.json"
    monkeypatch.setattr(predictions, "predict_fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        update_fits([NANO, M33], path, lambda *_: None)
    assert list(read_fits(NANO, path)) == list(BUNDLED_NAMES[:1])
    assert update_fits([NANO, M33], path, lambda *_: None) == ("nano33", "pico2")
    assert calls[3:] == [(name, BUNDLED_NAMES[1]) for name in ("nano33", "pico2")]
    assert path.read_bytes() == table.read_bytes()


def test_a_network_that_does_not_fit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise DoesNotFitError("too large")

    monkeypatch.setattr(predictions, "plan_firmware", fail)
    assert predict_fit(NANO, BUNDLED_NAMES[1]) is None


@pytest.mark.parametrize("content", ["[]", '{"format": 9}', '{"format": 9, "boards": {}}'])
def test_a_file_that_is_no_table_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        update_fits([NANO], path, lambda *_: None)
    assert str(caught.value) == (
        f"{path} is no table of predictions of format 1.\n"
        "  Name another file, or delete this one to have everything computed anew."
    )
    assert path.read_text() == content
    path.write_text("{")
    with pytest.raises(InputError, match=r"The table of predictions .*other\.json is not readable"):
        read_fits(NANO, path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--check", "nano33", "--update", "x.json"), "--check and --update exclude each other"),
        (("--model", "emodb-3s"), "--model belongs to --check: the table is of the bundled"),
        (("--check", "nano"), "There is no board 'nano'.\n  Did you mean nano33?"),
    ],
)
def test_words_that_do_not_go_together(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError) as caught:
        run(*words)
    assert str(caught.value).startswith(message)


def steps_of(monkeypatch: pytest.MonkeyPatch, *steps: Step) -> None:
    monkeypatch.setattr("sernet_edge.commands.boards.check_board", lambda *_: iter(steps))


def test_a_check_prints_a_row_for_each_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steps_of(
        monkeypatch, Step("compile with gcc", True, "fine"), Step("compile with zig", None, "-")
    )
    run("--check", "nano33")
    assert capsys.readouterr().out.splitlines() == [
        "read the file     passed    Arduino Nano 33 BLE Sense: nRF52840, cortex-m4f",
        "compile with gcc  passed    fine",
        "compile with zig  not done  -",
    ]
    run("--check", "nano33", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert answer["board"] == "nano33"
    assert answer["steps"][2] == {"step": "compile with zig", "passed": None, "detail": "-"}


def test_a_failed_check_ends_with_its_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = DoesNotFitError("The firmware does not fit nano33.")
    steps_of(monkeypatch, Step("compile with gcc", False, error.message, error))
    with pytest.raises(DoesNotFitError):
        run("--check", "nano33")
    assert "compile with gcc  FAILED    The firmware does not fit" in capsys.readouterr().out
    steps_of(monkeypatch, Step("verify with gcc", False, "9 of 10 clips equal to the last byte"))
    with pytest.raises(SystemExit) as caught:
        run("--check", "nano33")
    assert caught.value.code == 1


def test_without_compilers_nothing_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(core: str, word: str) -> None:
        raise ToolchainError(f"--toolchain {word}: there is no {word} for {core}.")

    monkeypatch.setattr("sernet_edge.catalogue.check.find_toolchain", find)
    bundle = make_bundle(tmp_path / "model")
    steps = list(check_board(NANO, bundle, render_constants(bundle, {}), [], tmp_path))
    assert [(step.name, step.passed) for step in steps] == [
        ("compile with gcc", None),
        ("compile with zig", None),
    ]


def test_a_board_file_of_ones_own(tmp_path: Path) -> None:
    text = (assets.boards_dir() / "nrf52840dk" / "board.toml").read_text()
    path = tmp_path / "my_board.toml"
    path.write_text(text.replace('"nrf52840dk"', '"my_board"'))
    board = load_board(str(path))
    assert (board.name, board.reference, NANO.reference) == ("my_board", str(path), "nano33")
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_board(str(path))
    assert str(caught.value) == (
        f"{path}: name is 'nrf52840dk', and the catalogue has a board of that name.\n"
        "  Give yours another name, or take that of the catalogue:  --board nrf52840dk"
    )
    path.write_text(text.replace('"nrf52840dk"', '"My Board"'))
    with pytest.raises(InputError, match="must be up to 32 small letters, digits, _ and -"):
        load_board(str(path))
    path.write_text(text.replace('name = "nrf52840dk"', 'name = "mine"\nown_file = "x"'))
    with pytest.raises(InputError, match="has the unknown key own_file"):
        load_board(str(path))
    assert load_board(str(assets.boards_dir() / "nano33" / "board.toml")) == NANO

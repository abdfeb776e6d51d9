"""[microphone] of a board's file: what it means to the firmware, and each mistake in it."""

from pathlib import Path

import pytest

from sernet_cal.errors import InputError
from sernet_gen import assets
from sernet_gen.board import Microphone, load_board, read_board
from sernet_gen.config_source import render_config

NANO = (assets.boards_dir() / "nano33" / "board.toml").read_text(encoding="utf-8")


def test_only_a_live_firmware_listens() -> None:
    nano = load_board("nano33")
    assert "#define SN_MICROPHONE 0\n" in render_config(nano, 1000, 0)
    live = render_config(nano, 1000, 0, with_microphone=True)
    for line in (
        "SN_MICROPHONE 1",
        "SN_MICROPHONE_GAIN_DB 20",
        "SN_MICROPHONE_CLOCK_PIN 26u",
        "SN_MICROPHONE_DATA_PIN 25u",
        "SN_MICROPHONE_POWER_PORT 0u",
        "SN_MICROPHONE_POWER_PIN 17u",
    ):
        assert f"#define {line}\n" in live


def test_a_board_without_one_says_so() -> None:
    board = load_board("nrf52840dk")
    assert board.microphone is None
    assert "#define SN_MICROPHONE 0\n" in render_config(board, 1000, 0, with_microphone=True)


def test_the_process_hears_a_file() -> None:
    assert load_board("posix").microphone == Microphone("file")
    live = render_config(load_board("posix"), 1000, 0, with_microphone=True)
    assert "#define SN_MICROPHONE 1\n" in live
    assert "SN_MICROPHONE_CLOCK" not in live


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('kind = "pdm"', 'kind = "i2s"', 'microphone.kind is \'i2s\'; it must be "pdm" or "file".'),
        (
            'clock = "P0.26"',
            "",
            "nano33/board.toml: a pdm microphone needs the pins microphone.clock and .data.",
        ),
        ('data = "P0.25"', 'date = "P0.25"', "unknown key microphone.date.\n  The nearest is"),
        ('power = "P0.17"', 'power = "D4"', "'D4' is no pin"),
        (
            "gain_db = 20",
            "gain_db = 21",
            "nano33/board.toml: microphone.gain_db is 21; it must be -20 to 20.",
        ),
        ("gain_db = 20", "gain_db = -21", "microphone.gain_db is -21; it must be -20 to 20."),
    ],
)
def test_mistakes_are_named(old: str, new: str, text: str, tmp_path: Path) -> None:
    assert old in NANO
    path = tmp_path / "nano33" / "board.toml"
    path.parent.mkdir()
    path.write_text(NANO.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_board(path)
    assert text in str(caught.value)

"""`sernet-edge flash` as a user runs it, with a Nano behind true serial devices."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fake_nano import APP, FakeNano, make_image
from flash_builds import SKETCH_ID, write_build
from pty_nano import PtyNano
from serial.tools import list_ports

from sernet_edge.cli import cli
from sernet_edge.flash.faults import DOUBLE_TAP, BrokenOffError

OLD = make_image(15_000, "33" * 32, 5)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A build in `build`, and room for ports."""
    write_build(tmp_path / "build")
    (tmp_path / "ports").mkdir()
    return tmp_path


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, board: PtyNano, *options: str) -> Result:
    monkeypatch.setattr(list_ports, "comports", board.comports)
    words = ["flash", "--board", "nano33", "--build", str(folder / "build"), *options]
    return CliRunner().invoke(cli, words, standalone_mode=False)


def test_a_new_firmware_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with PtyNano(FakeNano(OLD), folder / "ports") as board:
        result = run(folder, monkeypatch, board)
    assert result.exception is None, result.exception
    port = folder / "ports" / "ttyACM0"
    sketch = folder / "build/arduino/sketch.bin"
    sha256 = hashlib.sha256(sketch.read_bytes()).hexdigest()
    assert result.stdout.splitlines() == [
        f"{sketch}: 12,345 bytes for 0x00010000, build 22222222, SHA-256 {sha256[:16]}...",
        f"to Arduino Nano 33 BLE Sense on {port}  Nano 33 BLE (2341:805a)",
        f"Written. nano33 on {port} runs build 22222222.",
    ]
    assert "bytes read back" in result.stderr
    content = sketch.read_bytes()
    assert board.nano.flash[APP : APP + len(content)] == content


def test_a_board_in_its_bootloader(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nano = FakeNano()  # an empty flash: the bootloader runs
    with PtyNano(nano, folder / "ports") as board:
        result = run(folder, monkeypatch, board, "--json")
    assert result.exception is None, result.exception
    answer = json.loads(result.stdout)
    assert (answer["board"], answer["tool"], answer["written"]) == ("nano33", "sam-ba", True)
    assert answer["answered"] == answer["build_id"] == SKETCH_ID
    assert answer["address"] == 0x10000


def test_the_image_without_arduino(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with PtyNano(FakeNano(OLD), folder / "ports") as board:
        result = run(folder, monkeypatch, board, "--image", "firmware")
    assert result.exception is None, result.exception
    assert result.stdout.splitlines()[-2:] == [
        "Written. Not proven that it runs: the firmware speaks on its serial pins (P1.10 receives, "
        "P1.03 sends), and --link-port does not say where these end. To prove it:  "
        "sernet-edge verify --board nano33 --port PORT",
        f"It does not use USB. Before the board is flashed again: {DOUBLE_TAP}",
    ]
    content = (folder / "build/firmware.bin").read_bytes()
    assert board.nano.flash[APP : APP + len(content)] == content


def test_unplugged_in_the_middle(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with PtyNano(FakeNano(OLD), folder / "ports", unplug_after=10) as board:
        result = run(folder, monkeypatch, board)
    assert isinstance(result.exception, BrokenOffError)
    assert result.exception.exit_code == 3
    text = str(result.exception)
    assert text.startswith(f"The connection to {folder / 'ports' / 'ttyACM1'} broke: ")
    assert text.endswith(
        "\n  The board has no whole firmware now; its bootloader is untouched."
        "\n  Press the reset button twice, quickly: the bootloader starts, and the orange LED by "
        "the plug fades in and out."
        "\n  Then flash it again:  sernet-edge flash --board nano33"
    )


def test_a_dry_run_writes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nano = FakeNano(OLD)
    with PtyNano(nano, folder / "ports") as board:
        result = run(folder, monkeypatch, board, "--dry-run")
    assert result.exception is None, result.exception
    port = folder / "ports" / "ttyACM0"
    assert result.stdout.splitlines()[2:] == [
        "It would",
        f"  1. call the bootloader on {port} at 1200 baud, unless it runs, and wait for it",
        "  2. make sure that it says it is nRF52840",
        "  3. erase, write 12,345 bytes, and compare the CRC of every page",
        "  4. restart the board",
        "  5. wait for the sketch's port, and ask which build runs",
        "Nothing was written.",
    ]
    assert nano.writes == 0
    assert nano.mode == "sketch"

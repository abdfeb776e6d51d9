"""Flashing a Nano in software: each way that it ends, and what is then said."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_desk import FakeDesk, Fault
from fake_nano import APP, FakeNano, make_image
from flash_builds import SKETCH_ID, write_build
from flash_trials import OLD_IMAGE, flash, wrong_board

from sernet_cal.errors import ExitCode, SernetError, StaleFirmwareError
from sernet_edge.firmware import load_firmware
from sernet_edge.flash import faults
from sernet_edge.flash.image import Kind
from sernet_edge.flash.run import Answer, Places, plan_flash
from sernet_gen.board import load_board

AGAIN = "Then flash it again:  sernet-edge flash --board nano33"
HALF = (
    "\n  The board has no whole firmware now; its bootloader is untouched."
    f"\n  {faults.DOUBLE_TAP}\n  {AGAIN}"
)


@pytest.fixture
def build(tmp_path: Path) -> Path:
    write_build(tmp_path)
    return tmp_path


def failure(desk: FakeDesk, build: Path) -> SernetError:
    with pytest.raises(SernetError) as caught:
        flash(desk, build)
    return caught.value


def step_of(build: Path, happened: Callable[[FakeNano], bool]) -> int:
    """Return the first step of a flashing before which `happened` is true of the board."""
    nano = FakeNano(OLD_IMAGE)
    desk = FakeDesk([nano])
    found: list[int] = []
    step = desk.step

    def watch() -> None:
        if happened(nano) and not found:
            found.append(desk.steps)
        step()

    desk.step = watch  # type: ignore[method-assign]
    flash(desk, build)
    return found[0]


def test_all_goes_well(build: Path) -> None:
    nano = FakeNano(OLD_IMAGE)
    assert flash(FakeDesk([nano]), build) == SKETCH_ID
    assert wrong_board(nano, build) == ""
    assert nano.flash[APP + 12_345] == 0xFF  # nothing of the longer, earlier image is left


@pytest.mark.parametrize("place", ["1-2", None])
def test_one_of_two_boards(build: Path, place: str | None) -> None:
    one, other = FakeNano(OLD_IMAGE), FakeNano(OLD_IMAGE, names=("ttyACM4", "ttyACM5"))
    one.place, other.place = place, place and "1-3"
    board, firmware = load_board("nano33"), load_firmware(build, "nano33")
    desk = FakeDesk([one, other])
    plan = plan_flash(desk, board, firmware, None, Places(port="ttyACM4"))
    answer = plan.write(lambda what, done, total: None)
    assert answer is not None
    assert (answer.port, answer.info.build_id) == ("ttyACM4", SKETCH_ID)
    assert wrong_board(other, build) == ""
    assert one.writes == 0


def test_a_port_that_nobody_lists(build: Path) -> None:
    nano = FakeNano(OLD_IMAGE, names=("far", "far"))
    desk = FakeDesk([nano], shows_usb=False)
    plan = plan_flash(
        desk, load_board("nano33"), load_firmware(build, "nano33"), None, Places(port="far")
    )
    assert plan.write(lambda what, done, total: None) is not None
    assert wrong_board(nano, build) == ""


@pytest.mark.parametrize("starts_in_loader", [False, True])
def test_a_product_that_may_be_either(build: Path, starts_in_loader: bool) -> None:
    nano = FakeNano(OLD_IMAGE)
    nano.sketch_pid = nano.loader_pid = 0x015A
    if starts_in_loader:
        nano.double_tap(0.0)
    flash(FakeDesk([nano]), build)
    assert wrong_board(nano, build) == ""


def test_a_wrong_chip(build: Path) -> None:
    nano = FakeNano(OLD_IMAGE)
    nano.chip = "ATSAMD21G18A"
    error = failure(FakeDesk([nano]), build)
    assert isinstance(error, faults.WrongChipError)
    assert str(error) == (
        "This chip is ATSAMD21G18A, not nRF52840 (Arduino Nano 33 BLE Sense). Nothing was "
        "written.\n  Name the board that is there:  --board NAME\n"
        "  or where the right one is:  --port, --drive or --probe\n"
        "  If it is the right one, flash it again:  sernet-edge flash --board nano33"
    )
    assert nano.writes == 0


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("busy", "The port ttyACM0 is busy: another program has it open. Nothing was written.\n"
         "  Close the other program"),
        ("forbidden", "This user may not open the port ttyACM0. Nothing was written.\n"
         "  Join the group that may, then log in again:  sudo usermod -aG dialout $USER"),
    ],
)  # fmt: skip
def test_a_locked_port(build: Path, kind: str, text: str) -> None:
    error = failure(FakeDesk([FakeNano(OLD_IMAGE)], faults=[Fault(kind, 0)]), build)
    assert isinstance(error, faults.NoBootloaderError)
    assert error.exit_code is ExitCode.NO_LINK
    assert str(error).startswith(text)
    assert str(error).endswith(AGAIN)


def test_a_sketch_that_hangs(build: Path) -> None:
    nano = FakeNano(OLD_IMAGE)
    nano.is_hung = True
    error = failure(FakeDesk([nano]), build)
    assert isinstance(error, faults.NoBootloaderError)
    assert str(error) == (
        "The bootloader did not appear within 20 s of the call at 1200 baud on ttyACM0. "
        "Nothing was written.\n  Does the sketch that runs hang, or does it not use USB? "
        f"{faults.DOUBLE_TAP}\n  {AGAIN}"
    )


def test_a_bootloader_whose_port_stays_locked(build: Path) -> None:
    touched = step_of(build, lambda nano: nano.mode == "loader")
    error = failure(FakeDesk([FakeNano(OLD_IMAGE)], faults=[Fault("forbidden", touched)]), build)
    assert isinstance(error, faults.NoBootloaderError)
    assert "The last that was seen: This user may not open the port ttyACM1." in str(error)
    assert "sudo usermod -aG dialout $USER" in str(error)


def test_a_bootloader_that_is_mute(build: Path) -> None:
    nano = FakeNano(OLD_IMAGE)
    nano.double_tap(0.0)
    error = failure(FakeDesk([nano], faults=[Fault("hang", 0)]), build)
    assert isinstance(error, faults.NoBootloaderError)
    assert str(error) == (
        "The bootloader on ttyACM1 did not answer N#: nothing came in 3 s. Nothing was written.\n"
        f"  {faults.DOUBLE_TAP}\n  {AGAIN}"
    )


def test_unplugged_in_the_middle(build: Path) -> None:
    middle = step_of(build, lambda nano: nano.writes == 2)
    error = failure(FakeDesk([FakeNano(OLD_IMAGE)], faults=[Fault("unplug", middle)]), build)
    assert isinstance(error, faults.BrokenOffError)
    assert str(error) == f"The connection to ttyACM1 broke: Input/output error.{HALF}"


def test_interrupted_in_the_middle(build: Path) -> None:
    nano = FakeNano(OLD_IMAGE)
    receive = nano.receive

    def interrupt(packet: bytes, now_s: float) -> list[tuple[float, bytes]]:
        if packet.startswith(b"Y00001000"):
            raise KeyboardInterrupt
        return receive(packet, now_s)

    nano.receive = interrupt  # type: ignore[method-assign]
    error = failure(FakeDesk([nano]), build)
    assert isinstance(error, faults.BrokenOffError)
    assert str(error) == f"Flashing was interrupted.{HALF}"


def test_an_erase_that_does_not_end(build: Path) -> None:
    nano = FakeNano(OLD_IMAGE)
    nano.erase_s = 60.0
    error = failure(FakeDesk([nano]), build)
    assert str(error) == (
        f"The bootloader on ttyACM1 did not answer X00000000#: nothing came in 15 s.{HALF}"
    )


def test_other_bytes_in_the_flash(build: Path) -> None:
    written = step_of(build, lambda nano: nano.writes == 5)
    disturbed = Fault("flip flash", written, seed=5_000)
    error = failure(FakeDesk([FakeNano(OLD_IMAGE)], faults=[disturbed]), build)
    assert isinstance(error, faults.ReadBackError)
    assert error.exit_code is ExitCode.DIFFERENT
    assert str(error).startswith(
        "The flash does not hold the image: from byte 4,096 on, 4,096 bytes have the CRC "
    )
    assert str(error).endswith(HALF)


def test_a_board_that_does_not_come_back(build: Path) -> None:
    nano = FakeNano(OLD_IMAGE)
    nano.double_tap(0.0)
    nano.restart_s = 1e9
    error = failure(FakeDesk([nano]), build)
    assert isinstance(error, faults.NotProvenError)
    assert str(error) == (
        "No new firmware answered within 20 s of the restart: no port of it appeared.\n"
        "  The image is written and was read back. Press the reset button once, then ask the "
        "board:\n    sernet-edge verify --board nano33 --port all\n"
        f"  If it does not answer: {faults.DOUBLE_TAP}\n  {AGAIN}"
    )


def test_another_firmware_answers(tmp_path: Path) -> None:
    sketch = make_image(9_000, "44" * 32)  # says another id than the manifest
    write_build(tmp_path, files={"arduino/sketch.bin": sketch})
    error = failure(FakeDesk([FakeNano(OLD_IMAGE)]), tmp_path)
    assert isinstance(error, StaleFirmwareError)
    assert str(error).startswith(f"nano33 runs build 44444444, but {tmp_path} is 22222222.")


def plan_firmware(build: Path, desk: FakeDesk, link_port: str | None) -> Answer | None:
    kind: Kind = "firmware"
    plan = plan_flash(
        desk,
        load_board("nano33"),
        load_firmware(build, "nano33"),
        kind,
        Places(link_port=link_port),
    )
    expected = (
        "the firmware speaks on its serial pins (P1.10 receives, P1.03 sends), and --link-port "
        "does not say where these end. To prove it:  sernet-edge verify --board nano33 --port PORT"
    )
    assert plan.unproven == expected
    last = f"not ask which build runs: {expected}" if link_port is None else "ask on "
    assert plan.steps[-1].startswith(last)
    return plan.write(lambda what, done, total: None)


def test_the_image_without_arduino_is_written_and_not_proven(build: Path) -> None:
    nano = FakeNano(OLD_IMAGE)
    assert plan_firmware(build, FakeDesk([nano]), None) is None
    content = (build / "firmware.bin").read_bytes()
    assert nano.flash[APP : APP + len(content)] == content


def test_the_image_without_arduino_is_proven_at_the_link_port(build: Path) -> None:
    # The software board speaks at its own port, whatever it runs.
    answer = plan_firmware(build, FakeDesk([FakeNano(OLD_IMAGE)]), "ttyACM0")
    assert answer is not None
    assert answer.info.build_id == "11" * 32


@pytest.mark.parametrize("is_hung", [False, True])
def test_a_touch_that_breaks_the_port_may_be_a_touch(build: Path, is_hung: bool) -> None:
    """The board may restart while its port is being opened at 1200 baud."""
    nano = FakeNano(OLD_IMAGE)
    nano.is_hung = is_hung
    desk = FakeDesk([nano])
    opened = desk.open

    def open_once(device: str, baud: int) -> object:
        if baud == 1200:
            nano.set_dtr(False, 1200, desk.time)
            desk._refuse(errno.EIO, 0.01)
        return opened(device, baud)

    desk.open = open_once  # type: ignore[method-assign,assignment]
    if is_hung:
        assert "The last that was seen: The port ttyACM0 does not open: refused." in str(
            failure(desk, build)
        )
        return
    flash(desk, build)
    assert wrong_board(nano, build) == ""

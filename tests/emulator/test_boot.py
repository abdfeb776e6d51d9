"""Startup, UART, clock and fault line of every port, with a stand-in firmware that echoes."""

import importlib.util
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial

from sernet_edge.emulator.backend import image_url
from sernet_gen.board import load_board
from sernet_gen.constants import Constants
from sernet_gen.elf import read_image
from sernet_gen.generate import Build, generate_constants
from sernet_gen.toolchain import ARM_GCC, find_toolchain

Make = Callable[..., Constants]

needs_unicorn = pytest.mark.skipif(
    importlib.util.find_spec("unicorn") is None, reason="needs the Python package unicorn"
)
needs_qemu = pytest.mark.skipif(not shutil.which("qemu-system-arm"), reason="needs qemu-system-arm")
needs_gcc = pytest.mark.skipif(not shutil.which(ARM_GCC), reason=f"needs {ARM_GCC}")
needs_zig = pytest.mark.skipif(
    importlib.util.find_spec("ziglang") is None, reason="needs the Python package ziglang"
)

MACHINES = [
    pytest.param("nano33", "gcc", "emu", marks=[needs_unicorn, needs_gcc], id="nano33-gcc"),
    pytest.param("nano33", "zig", "emu", marks=[needs_unicorn, needs_zig], id="nano33-zig"),
    pytest.param("nrf52840dk", "gcc", "emu", marks=[needs_unicorn, needs_gcc], id="nrf52840dk"),
    pytest.param("microbit_v2", "zig", "emu", marks=[needs_unicorn, needs_zig], id="microbit_v2"),
    pytest.param("mps2-an386", "gcc", "emu", marks=[needs_unicorn, needs_gcc], id="mps2-unicorn"),
    pytest.param("mps2-an386", "zig", "qemu", marks=[needs_qemu, needs_zig], id="mps2-qemu"),
    pytest.param("mps2-an385", "gcc", "qemu", marks=[needs_qemu, needs_gcc], id="m3-qemu"),
    pytest.param("mps2-an385", "zig", "emu", marks=[needs_unicorn, needs_zig], id="m3-unicorn"),
    pytest.param("mps2-an500", "zig", "qemu", marks=[needs_qemu, needs_zig], id="m7-qemu"),
    pytest.param("mps2-an505", "gcc", "qemu", marks=[needs_qemu, needs_gcc], id="m33-qemu"),
    pytest.param("mps2-an505", "zig", "emu", marks=[needs_unicorn, needs_zig], id="m33-unicorn"),
    pytest.param("mps3-an547", "zig", "qemu", marks=[needs_qemu, needs_zig], id="m55-qemu"),
    pytest.param("pico", "gcc", "emu", marks=[needs_unicorn, needs_gcc], id="pico-gcc"),
    pytest.param("pico", "zig", "emu", marks=[needs_unicorn, needs_zig], id="pico-zig"),
    pytest.param("pico2", "gcc", "emu", marks=[needs_unicorn, needs_gcc], id="pico2-gcc"),
    pytest.param("pico2", "zig", "emu", marks=[needs_unicorn, needs_zig], id="pico2-zig"),
    pytest.param("nucleo_f446re", "gcc", "emu", marks=[needs_unicorn, needs_gcc], id="stm32f4"),
    pytest.param("nucleo_f767zi", "zig", "emu", marks=[needs_unicorn, needs_zig], id="stm32f7"),
    pytest.param("nucleo_u575zi", "gcc", "emu", marks=[needs_unicorn, needs_gcc], id="stm32u5"),
    pytest.param("netduinoplus2", "gcc", "qemu", marks=[needs_qemu, needs_gcc], id="stm32f4-qemu"),
    pytest.param("posix", None, "proc", id="posix"),
]
ON_A_CORE = [machine for machine in MACHINES if machine.id != "posix"]


def build(constants: Constants, board: str, word: str | None, out: Path) -> Build:
    found = load_board(board)
    return generate_constants(constants, found, out, find_toolchain(found.core, word))


@contextmanager
def running(result: Build, scheme: str) -> Iterator[serial.SerialBase]:
    """Start the image of `result`; yields its port."""
    if "sernet_edge.emulator" not in serial.protocol_handler_packages:
        serial.protocol_handler_packages.append("sernet_edge.emulator")
    image = result.folder / result.manifest["image"]
    url = image_url(scheme, result.manifest["board"], image)
    with serial.serial_for_url(url, timeout=20) as port:
        yield port


def receive(port: serial.SerialBase, count: int) -> bytes:
    """Read `count` bytes, fewer only when nothing more comes."""
    received = b""
    while len(received) < count and (piece := port.read(count - len(received))):
        received += piece
    return received


@contextmanager
def started(
    constants: Constants, board: str, word: str | None, scheme: str, folder: Path
) -> Iterator[serial.SerialBase]:
    """Build, run, and take the greeting: the build id and a line that lies in flash."""
    result = build(constants, board, word, folder / "out")
    with running(result, scheme) as port:
        assert receive(port, 32).hex() == result.manifest["build_id"]
        assert receive(port, 6) == b"ready\n"
        yield port


@pytest.mark.parametrize(("board", "word", "scheme"), MACHINES)
def test_every_byte_comes_through(
    board: str, word: str | None, scheme: str, echo_constants: Make, tmp_path: Path
) -> None:
    """More than the receiver's ring holds, in pieces that cross its halves."""
    sent = bytes(index * 7 % 64 for index in range(5000))
    with started(echo_constants(), board, word, scheme, tmp_path) as port:
        received = b""
        for start in range(0, len(sent), 700):
            piece = sent[start : start + 700]
            port.write(piece)
            received += receive(port, len(piece))
    assert received == bytes(byte + 1 for byte in sent)


@pytest.mark.parametrize(("board", "word", "scheme"), MACHINES)
def test_a_clock_moves_where_there_is_one(
    board: str, word: str | None, scheme: str, echo_constants: Make, tmp_path: Path
) -> None:
    with started(echo_constants(), board, word, scheme, tmp_path) as port:
        port.write(b"T")
        answer = receive(port, 5)
    rate, moves = int.from_bytes(answer[:4], "little"), bool(answer[4])
    assert moves == (rate > 0)
    found = load_board(board)
    counters = {found.peripherals.counter_hz} if found.peripherals else set()
    assert rate in {0, 1_000_000, 16_000_000, found.clock_hz, *counters}


@pytest.mark.parametrize(("board", "word", "scheme"), ON_A_CORE)
def test_the_kept_clip_and_variables_start_as_zero(
    board: str, word: str | None, scheme: str, echo_constants: Make, tmp_path: Path
) -> None:
    constants = echo_constants(kept_samples=16_000, arena_bytes=30_000)
    with started(constants, board, word, scheme, tmp_path) as port:
        port.write(b"ab")
        assert receive(port, 2) == b"bc"


FAULTS = [
    pytest.param("mps2-an385", "qemu", b"F", rb"BUS \w{8} \w{8}", marks=needs_qemu, id="m3"),
    pytest.param("mps2-an386", "qemu", b"F", rb"BUS \w{8} \w{8}", marks=needs_qemu, id="qemu"),
    pytest.param("mps2-an500", "qemu", b"F", rb"BUS \w{8} \w{8}", marks=needs_qemu, id="m7"),
    pytest.param("mps2-an505", "qemu", b"F", rb"BUS \w{8} \w{8}", marks=needs_qemu, id="m33"),
    pytest.param("nano33", "emu", b"F", rb"(BUS|HARD) \w{8} \w{8}", marks=needs_unicorn, id="emu"),
    pytest.param("mps3-an547", "qemu", b"F", rb"BUS \w{8} \w{8}", marks=needs_qemu, id="m55"),
    pytest.param("pico", "emu", b"F", rb"HARD \w{8} \w{8}", marks=needs_unicorn, id="m0"),
    pytest.param("netduinoplus2", "qemu", b"F", rb"BUS \w{8} \w{8}", marks=needs_qemu, id="stm32"),
    pytest.param("nano33", "emu", b"S", rb"STACK 0{8} 0{8}", marks=needs_unicorn, id="stack"),
    pytest.param("pico", "emu", b"S", rb"STACK 0{8} 0{8}", marks=needs_unicorn, id="m0-stack"),
]


@needs_gcc
@pytest.mark.parametrize(("board", "scheme", "key", "words"), FAULTS)
def test_a_fault_is_one_line(
    board: str, scheme: str, key: bytes, words: bytes, echo_constants: Make, tmp_path: Path
) -> None:
    with started(echo_constants(), board, "gcc", scheme, tmp_path) as port:
        port.write(key)
        line = b""
        while line.count(b"\n") < 2 and (byte := receive(port, 1)):
            line += byte
    assert re.fullmatch(rb"\nSN FAULT " + words + rb"\n", line)


@needs_unicorn
@needs_gcc
def test_the_stack_stays_within_what_the_report_says(echo_constants: Make, tmp_path: Path) -> None:
    result = build(echo_constants(), "nano33", "gcc", tmp_path / "out")
    with running(result, "emu") as port:
        port.write(b"abcT")
        receive(port, 38 + 3 + 5)
        used = port.backend.machine.stack_high_water_bytes()
    assert result.report.stack_bytes is not None
    assert 0 < used <= result.report.stack_bytes


@needs_unicorn
@needs_gcc
def test_an_overrun_restarts_the_receiver(echo_constants: Make, tmp_path: Path) -> None:
    """The emulated wire loses nothing, so the port is made to believe that it fell behind."""
    result = build(echo_constants(), "nano33", "gcc", tmp_path / "out")
    symbols = {symbol.name: symbol for symbol in read_image(result.folder / "firmware.elf").symbols}
    with running(result, "emu") as port:
        receive(port, 38)
        memory = port.backend.machine.uc
        memory.mem_write(symbols["halves"].address, (2**32 - 2).to_bytes(4, "little"))
        port.timeout = 0.2
        port.write(b"lost")
        assert receive(port, 4) == b""
        port.timeout = 20
        port.write(b"abc" * 1000)
        assert receive(port, 3000) == b"bcd" * 1000
        overruns = memory.mem_read(symbols["overruns"].address, 4)
    assert int.from_bytes(overruns, "little") == 4

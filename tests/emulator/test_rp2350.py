"""The emulated RP2350: what its boot ROM wants, its clocks, its pins, its UART with DMA."""

import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from sernet_edge.emulator.image import FirmwareImage, Segment, load_image
from sernet_edge.emulator.rp2350 import Rp2350, image_types
from sernet_gen.board import load_board
from sernet_gen.constants import Constants
from sernet_gen.elf import read_image
from sernet_gen.generate import Build, generate_constants
from sernet_gen.toolchain import ARM_GCC, find_toolchain
from sernet_gen.uf2 import UF2_FAMILIES, uf2_file

pytest.importorskip("unicorn", reason="needs the Python package unicorn")

from sernet_edge.emulator.machine import EmulatorError, Machine, Stop

Make = Callable[..., Constants]

needs_gcc = pytest.mark.skipif(not shutil.which(ARM_GCC), reason=f"needs {ARM_GCC}")
BOARD = load_board("pico2")
FLASH, STACK = 0x10000000, 0x20001000
SLEEP = (0xBF30, 0xE7FD)  # wfi; b .-2
IMAGE_DEF = (0xFFFFDED3, 0x10210142, 0x000001FF, 0x00000000, 0xAB123579)


def image(reset: tuple[int, ...], block: tuple[int, ...] = IMAGE_DEF) -> FirmwareImage:
    """Return an image that runs `reset`, with `block` behind its vectors."""
    vectors = struct.pack("<16I", STACK, FLASH + 0x81, *[FLASH + 0xC1] * 14)
    words = struct.pack(f"<{len(block)}I", *block).ljust(0x40, b"\0")
    code = struct.pack(f"<{len(reset)}H", *reset).ljust(0x40, b"\0")
    content = vectors + words + code + struct.pack("<2H", *SLEEP)
    return FirmwareImage(FLASH, (Segment(FLASH, content),))


def test_an_image_with_its_metadata_starts_at_its_vectors() -> None:
    core = Machine(Rp2350(), image(SLEEP))
    assert core.run(2.0) is Stop.ASLEEP
    assert core.pc - FLASH in (0x80, 0x82)


@pytest.mark.parametrize(
    "block",
    [
        (),
        (0xFFFFDED3, 0x10210142, 0x000001FF, 0x00000000),  # no end
        (0xFFFFDED3, 0x10210142, 0x000002FF, 0x00000000, 0xAB123579),  # wrong size
        (0xFFFFDED3, 0x11010142, 0x000001FF, 0x00000000, 0xAB123579),  # for the RISC-V cores
        (0xFFFFDED3, 0x10200142, 0x000001FF, 0x00000000, 0xAB123579),  # no program
    ],
    ids=["none", "open", "size", "risc-v", "data"],
)
def test_an_image_without_its_metadata_does_not_start(block: tuple[int, ...]) -> None:
    with pytest.raises(EmulatorError) as caught:
        Machine(Rp2350(), image(SLEEP, block))
    assert str(caught.value) == (
        "The boot ROM would not start this image: its first 4,096 bytes have no IMAGE_DEF for a "
        "program of the Arm cores.\n  Build it anew:  sernet-edge build --board pico2"
    )


def test_other_items_in_a_block_are_passed_over() -> None:
    with_vectors = (0xFFFFDED3, 0x10210142, 0x00000203, FLASH, 0x000003FF, 0, 0xAB123579)
    content = struct.pack("<7I", *with_vectors)
    assert list(image_types(content)) == [0x1021]


def test_a_register_without_a_model_is_an_error() -> None:
    # r0 = 0x40000000 + 0x78000 (UART1); ldr r1, [r0]
    core = Machine(Rp2350(), image((0x2040, 0x0600, 0x2178, 0x0309, 0x1840, 0x6801, *SLEEP)))
    with pytest.raises(EmulatorError, match="uses the register at 0x40078000, which the model of"):
        core.run(2.0)


@pytest.fixture
def echo(echo_constants: Make, tmp_path: Path) -> Build:
    compiler = find_toolchain(BOARD.core, "gcc")
    return generate_constants(echo_constants(), BOARD, tmp_path / "echo", compiler)


def booted(path: Path) -> tuple[Machine, Rp2350]:
    """Return a machine that has run the file at `path` until it waits for input."""
    assert BOARD.memory is not None
    soc = Rp2350()
    core = Machine(soc, load_image(path, BOARD.memory))
    assert core.run(5.0) is Stop.IDLE
    assert core.line.collect().endswith(b"ready\n")
    return core, soc


@needs_gcc
@pytest.mark.parametrize("name", ["firmware.elf", "firmware.bin"])
def test_the_clocks_and_the_rate_are_right(name: str, echo: Build) -> None:
    _, soc = booted(echo.folder / name)
    assert soc.pll.hz == BOARD.clock_hz
    assert soc.uart.baud == pytest.approx(BOARD.link.baud, rel=0.002)
    assert not any(soc.resets.holds(bit) for bit in (2, 6, 9, 14, 23, 26))
    assert soc.resets.holds(28)  # USB stays off
    assert soc.pads.read(0x4) & 0x100 == 0
    assert soc.pads.read(0x8) & 0x14C == 0x48  # input and pull-up, neither pull-down nor isolated


@needs_gcc
def test_an_isolated_pad_lets_nothing_through(echo: Build) -> None:
    core, soc = booted(echo.folder / "firmware.elf")
    soc.pads.words[0x8] |= 0x100
    core.line.to_device.extend(b"abc")
    core.run(0.2)
    assert core.line.to_device == b"abc"
    soc.pads.words[0x8] &= ~0x100
    assert core.run(5.0) is Stop.IDLE
    assert core.line.collect() == b"bcd"


@needs_gcc
def test_an_overrun_restarts_the_receiver(echo: Build) -> None:
    """The emulated wire loses nothing, so the count is made to tell of bytes that never came."""
    core, soc = booted(echo.folder / "firmware.elf")
    symbols = {symbol.name: symbol for symbol in read_image(echo.folder / "firmware.elf").symbols}
    soc.dma.words[0x8] -= 3000
    core.line.to_device.extend(b"lost")
    core.run(1.0)
    assert core.line.collect() == b""
    core.line.to_device.extend(b"abc" * 1000)
    assert core.run(5.0) is Stop.IDLE
    assert core.line.collect() == b"bcd" * 1000
    assert int.from_bytes(core.uc.mem_read(symbols["overruns"].address, 4), "little") == 3004


@needs_gcc
def test_the_image_for_the_drive_names_its_family(echo: Build) -> None:
    binary = (echo.folder / "firmware.bin").read_bytes()
    assert binary[64:84] == struct.pack("<5I", *IMAGE_DEF)
    family = UF2_FAMILIES["RP2350"]
    assert family == 0xE48BFF59
    assert (echo.folder / "firmware.uf2").read_bytes() == uf2_file(binary, FLASH, family)

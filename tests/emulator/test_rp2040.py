"""The emulated RP2040: what its core may not do, how it boots, its clocks, its UART with DMA."""

import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sernet_edge.emulator.image import FirmwareImage, Segment, load_image
from sernet_edge.emulator.rp2 import write_alias
from sernet_edge.emulator.rp2040 import Rp2040, boot2_checksum
from sernet_gen import assets
from sernet_gen.board import load_board
from sernet_gen.constants import Constants
from sernet_gen.elf import read_image
from sernet_gen.generate import Build, generate_constants
from sernet_gen.toolchain import ARM_GCC, find_toolchain
from sernet_gen.uf2 import UF2_FAMILIES, uf2_file

pytest.importorskip("unicorn", reason="needs the Python package unicorn")

from sernet_edge.emulator.machine import EmulatorError, Machine, Stop
from sernet_edge.emulator.registers import RegisterFile

Make = Callable[..., Constants]

needs_gcc = pytest.mark.skipif(not shutil.which(ARM_GCC), reason=f"needs {ARM_GCC}")
BOARD = load_board("pico")
FLASH, ORIGIN, STACK = 0x10000000, 0x10000100, 0x20001000
SLEEP = (0xBF30, 0xE7FD)  # wfi; b .-2
BOOT2 = assets.ports_dir() / "rp2" / "boot2.c"


def boot2_words() -> list[int]:
    """Return the 64 words of boot2.c."""
    text = BOOT2.read_text(encoding="utf-8")
    words = [int(word, 16) for word in re.findall(r"^    0x(\w{8})u,", text, re.MULTILINE)]
    (last,) = re.findall(r"^    \[63\] = 0x(\w{8})u,", text, re.MULTILINE)
    return [*words, *[0] * (63 - len(words)), int(last, 16)]


def image(reset: tuple[int, ...], boot2: bytes | None = None) -> FirmwareImage:
    """Return an image that runs `reset`, with a handler for every exception that sleeps."""
    vectors = struct.pack("<16I", STACK, ORIGIN + 0x41, *[ORIGIN + 0x81] * 14)
    code = struct.pack(f"<{len(reset)}H", *reset).ljust(0x40, b"\0")
    stage = struct.pack("<64I", *boot2_words()) if boot2 is None else boot2
    content = stage + vectors + code + struct.pack("<2H", *SLEEP)
    return FirmwareImage(ORIGIN, (Segment(FLASH, content),))


def machine(reset: tuple[int, ...], boot2: bytes | None = None) -> tuple[Machine, Rp2040]:
    soc = Rp2040()
    return Machine(soc, image(reset, boot2)), soc


def test_the_checksum_is_that_of_the_boot_rom() -> None:
    """The check value of CRC-32/MPEG-2, which has the datasheet's parameters."""
    assert boot2_checksum(b"123456789") == 0x0376E6E7
    words = boot2_words()
    assert boot2_checksum(struct.pack("<63I", *words[:63])) == words[63]


@needs_gcc
def test_the_words_of_boot2_are_what_the_listing_says(tmp_path: Path) -> None:
    """Every comment behind a word is the assembly of it."""
    text = BOOT2.read_text(encoding="utf-8")
    lines = re.findall(r"^    0x(\w{8})u,  // (.*)$", text, re.MULTILINE)
    code = [line.split("   ")[0] for word, line in lines if not re.match(r"\w+(:|$)", line)]
    data = [(word, re.match(r"(\w+)", line)) for word, line in lines if re.match(r"\w+(:|$)", line)]
    assert len(code) + len(data) == len(lines)
    source = [".syntax unified", ".cpu cortex-m0plus", ".thumb", *code]
    source += [f"{name[1]}: .word 0x{word}" for word, name in data if name]
    (tmp_path / "boot2.s").write_text("\n".join(source).replace("; ", "\n") + "\n")
    subprocess.run([ARM_GCC, "-c", "boot2.s", "-o", "boot2.o"], cwd=tmp_path, check=True)
    extract = ["arm-none-eabi-objcopy", "-O", "binary", "boot2.o", "boot2.bin"]
    subprocess.run(extract, cwd=tmp_path, check=True)
    words = struct.unpack(f"<{len(lines)}I", (tmp_path / "boot2.bin").read_bytes())
    assert list(words) == boot2_words()[: len(lines)]


def test_the_second_stage_sets_the_ssi_up_and_goes_to_the_vectors() -> None:
    core, soc = machine(SLEEP)
    assert core.pc == FLASH
    assert core.run(2.0) is Stop.ASLEEP
    assert core.pc - ORIGIN in (0x40, 0x42)
    assert soc.ssi.words == {
        0x00: 31 << 16 | 3 << 8,  # CTRLR0: 32 bits a frame, EEPROM read
        0x04: 0,
        0x08: 1,
        0x14: 4,
        0xF4: 3 << 24 | 2 << 8 | 6 << 2,  # SPI_CTRLR0: command, its length, the address's
    }


def test_a_second_stage_with_a_wrong_checksum_does_not_start() -> None:
    with pytest.raises(EmulatorError) as caught:
        machine(SLEEP, bytes(256))
    assert str(caught.value) == (
        "The boot ROM would not start this image: the checksum of its first 256 bytes is "
        f"0x00000000, and should be 0x{boot2_checksum(bytes(252)):08x}.\n"
        "  Build it anew:  sernet-edge build --board pico"
    )


@pytest.mark.parametrize(
    "program",
    [
        (0x2020, 0x0600, 0x3001, 0x6801),  # r0 = 0x20000001; ldr r1, [r0]
        (0xFBB1, 0xF0F2),  # udiv
        (0xFAB0, 0xF080),  # clz
        (0xFB21, 0x3002),  # smlad
        (0xDE00,),
    ],
    ids=["unaligned", "udiv", "clz", "smlad", "undefined"],
)
def test_what_armv6m_has_not_is_a_fault(program: tuple[int, ...]) -> None:
    core, _ = machine((*program, *SLEEP))
    assert core.run(2.0) is Stop.ASLEEP
    assert core.pc - ORIGIN in (0x80, 0x82)
    assert core.uc.reg_read(core._regs.UC_ARM_REG_IPSR) == 3


def test_aliases_change_bits() -> None:
    block = RegisterFile({0x4: 0b0110})
    write_alias(block, 0x1004, 0b0011)
    assert block.read(0x4) == 0b0101
    write_alias(block, 0x2004, 0b1000)
    assert block.read(0x4) == 0b1101
    write_alias(block, 0x3004, 0b0101)
    assert block.read(0x4) == 0b1000
    write_alias(block, 0x0004, 7)
    assert block.read(0x4) == 7


@pytest.fixture
def echo(echo_constants: Make, tmp_path: Path) -> Build:
    compiler = find_toolchain(BOARD.core, "gcc")
    return generate_constants(echo_constants(), BOARD, tmp_path / "echo", compiler)


def booted(path: Path) -> tuple[Machine, Rp2040]:
    """Return a machine that has run the file at `path` until it waits for input."""
    assert BOARD.memory is not None
    soc = Rp2040()
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
    assert not any(soc.resets.holds(bit) for bit in (2, 5, 8, 12, 21, 22))
    assert soc.resets.holds(24)  # USB stays off


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
def test_the_image_for_the_drive_starts_with_the_second_stage(echo: Build) -> None:
    binary = (echo.folder / "firmware.bin").read_bytes()
    assert binary[:256] == struct.pack("<64I", *boot2_words())
    assert (echo.folder / "firmware.uf2").read_bytes() == uf2_file(
        binary, FLASH, UF2_FAMILIES["RP2040"]
    )
    assert "firmware.uf2" in echo.manifest["files"]
    stack, entry = struct.unpack_from("<2I", binary, 256)
    assert stack == 0x20000000 + 8192
    assert ORIGIN < entry < ORIGIN + len(binary)

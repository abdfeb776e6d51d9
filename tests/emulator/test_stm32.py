"""The emulated STM32 families: clocks, USART and DMA of the real firmware, and what they refuse."""

import dataclasses
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from sernet_cal.errors import InputError, ToolchainError
from sernet_edge.emulator.image import FirmwareImage, Segment, load_image
from sernet_edge.emulator.stm32 import Stm32, Stm32F4, Stm32F7, Stm32U5
from sernet_gen.board import Link, Oscillator, load_board
from sernet_gen.constants import Constants
from sernet_gen.elf import read_image
from sernet_gen.generate import Build, generate_constants
from sernet_gen.toolchain import ARM_GCC, find_toolchain

pytest.importorskip("unicorn", reason="needs the Python package unicorn")

from sernet_edge.emulator.machine import EmulatorError, Machine, Stop

Make = Callable[..., Constants]

needs_gcc = pytest.mark.skipif(not shutil.which(ARM_GCC), reason=f"needs {ARM_GCC}")
SOCS: dict[str, type[Stm32]] = {
    "nucleo_f446re": Stm32F4,
    "netduinoplus2": Stm32F4,
    "nucleo_f767zi": Stm32F7,
    "nucleo_u575zi": Stm32U5,
}
DTCM_END = 0x20020000
FLASH = 0x08000000
SLEEP = (0xBF30, 0xE7FD)  # wfi; b .-2

RCC, PWR, ACR = 0x40023800, 0x40007000, 0x40023C00  # F4 and F7
CR, PLLCFGR, CFGR = RCC, RCC + 0x04, RCC + 0x08
ENABLE_PWR = (RCC + 0x40, 1 << 28)
PLL_180 = 8 | 360 << 6 | 1 << 22 | 9 << 24 | 2 << 28  # 8 MHz / 8 * 360 / 2
PLL_168_HSI = 16 | 336 << 6 | 9 << 24 | 2 << 28
U5_RCC, U5_VOSR, U5_ACR = 0x46020C00, 0x4602080C, 0x40022000
U5_ENABLE_PWR = (U5_RCC + 0x94, 0x80000004)


def asleep(name: str) -> Stm32:
    """Return the microcontroller of a board as after a reset, with a core that sleeps."""
    vectors = struct.pack("<16I", 0x20001000, FLASH + 0x41, *[FLASH + 0x41] * 14)
    content = vectors + struct.pack("<2H", *SLEEP)
    soc = SOCS[name](load_board(name))
    assert Machine(soc, FirmwareImage(FLASH, (Segment(FLASH, content),))).run(1.0) is Stop.ASLEEP
    return soc


def wait(soc: Stm32, *addresses: int) -> None:
    """Look at registers until whatever was to become ready is."""
    for address in addresses:
        for _ in range(9):
            soc.read(address)


def built(name: str, constants: Constants, folder: Path, **changes: object) -> Build:
    board = dataclasses.replace(load_board(name), **changes)  # type: ignore[arg-type]
    return generate_constants(constants, board, folder, find_toolchain(board.core, "gcc"))


def booted(name: str, build: Build, oscillator_starts: bool = True) -> tuple[Machine, Stm32]:
    """Return a machine that has run the build until it waits for input."""
    board = load_board(name)
    assert board.memory is not None
    soc = SOCS[name](board)
    core = Machine(soc, load_image(build.folder / "firmware.elf", board.memory))
    soc.rcc.is_alive = oscillator_starts
    assert core.run(20.0) is Stop.IDLE
    assert core.line.collect().endswith(b"ready\n")
    return core, soc


@pytest.fixture(params=SOCS)
def running(
    request: pytest.FixtureRequest, echo_constants: Make, tmp_path: Path
) -> tuple[str, Build, Machine, Stm32]:
    """Each board with the stand-in firmware, waiting for input."""
    name = request.param
    build = built(name, echo_constants(), tmp_path / "echo")
    return (name, build, *booted(name, build))


def variable(build: Build, name: str) -> int:
    """Return the address of a variable of the firmware."""
    found = [s for s in read_image(build.folder / "firmware.elf").symbols if s.name == name]
    assert len(found) == 1
    return found[0].address


@needs_gcc
def test_the_clocks_and_the_rate_are_right(running: tuple[str, Build, Machine, Stm32]) -> None:
    name, _, _, soc = running
    board = load_board(name)
    assert soc.rcc.core_hz == board.clock_hz
    assert soc.usart.baud == pytest.approx(board.link.baud, rel=0.005)
    assert soc.rcc.apb1_hz <= 54_000_000 or board.core == "cortex-m33"


@needs_gcc
def test_lost_bytes_are_counted_and_the_receiver_goes_on(
    running: tuple[str, Build, Machine, Stm32], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More comes between two looks at the DMA than the ring holds."""
    _, build, core, soc = running
    with monkeypatch.context() as patch:
        patch.setattr("sernet_edge.emulator.stm32_usart._BURST", 3000)
        core.line.to_device.extend(b"lost" * 750)
        core.run(1.0)
    assert core.line.collect() == b""
    soc.usart.errors = 0x8
    core.line.to_device.extend(b"abc" * 3000)
    assert core.run(5.0) is Stop.IDLE
    assert core.line.collect() == b"bcd" * 3000
    counted = core.uc.mem_read(variable(build, "overruns"), 4)
    assert int.from_bytes(counted, "little") == 3000 + 1
    assert soc.usart.errors == 0


@needs_gcc
def test_without_the_boards_oscillator_the_internal_one_does(
    echo_constants: Make, tmp_path: Path
) -> None:
    build = built("nucleo_f446re", echo_constants(), tmp_path / "echo")
    _, soc = booted("nucleo_f446re", build, oscillator_starts=False)
    assert soc.rcc.core_hz == 180_000_000
    assert not soc.read(PLLCFGR) & 1 << 22  # from HSI
    assert soc.usart.baud == pytest.approx(460_800, rel=0.005)


@needs_gcc
def test_the_ring_of_the_f7_lies_where_no_cache_is(echo_constants: Make, tmp_path: Path) -> None:
    """Also with a kept clip that reaches far beyond the DTCM."""
    constants = echo_constants(kept_samples=150_000, arena_bytes=40_000)
    build = built("nucleo_f767zi", constants, tmp_path / "echo")
    assert variable(build, "sn_ring") + 2048 <= DTCM_END
    assert variable(build, "sn_kept_clip") + 300_000 > DTCM_END
    core, _ = booted("nucleo_f767zi", build)
    assert core._ppb[0xED14] == 3 << 16  # CCR: both caches


# What each family's firmware must not do once it runs, as (address, word): what is said of it.
F4_AT_WORK = {
    "too few wait states": (ACR, 0x704, "with 4 wait states of the flash, which needs 5"),
    "a factor of the PLL": (PLLCFGR, PLL_180 + 1, "changes the PLL's factors while it is on"),
    "no PLL": (CR, 0x02070083, "turns a clock off that the core runs from"),
    "no oscillator": (CR, 0x03060083, "turns a clock off that the core runs from"),
    "a fast bus": (CFGR, 0x000A, "lets APB1 run at 180 MHz: 45 at most"),
    "a low voltage": (PWR, 0x38000, "changes the voltage scale while the PLL is on"),
    "a rate": (0x40004408, 99, "changes the rate of USART2 while it is on"),
    "a count": (0x4002608C, 5, "changes stream 5 of DMA1 while it is on"),
    "a reserved bit": (
        RCC + 0x44,
        1 << 31,
        "over bits that are reserved or read only (0x80000000)",
    ),
    "a register": (0x40004418, 0, "uses a register of USART2, at offset 0x18, that its model does"),
    "a peripheral": (0x40012000, 0, "uses 0x40012000, where its model has no peripheral"),
    "no clock": (0x40011008, 0, "uses USART1 while its clock is off (RCC.APB2ENR)"),
}


@needs_gcc
def test_a_running_f4_refuses_mistakes(echo_constants: Make, tmp_path: Path) -> None:
    build = built("nucleo_f446re", echo_constants(), tmp_path / "echo")
    _, soc = booted("nucleo_f446re", build)
    for address, word, text in F4_AT_WORK.values():
        with pytest.raises(EmulatorError) as caught:
            soc.write(address, word)
        assert text in str(caught.value)
        assert "A real chip may fail where this model stops: see RM0390" in str(caught.value)


U5_AT_WORK = {
    "too few wait states": (U5_ACR, 0x103, "with 3 wait states of the flash, which needs 4"),
    "a factor of the PLL": (U5_RCC + 0x34, 0x010202A0, "changes the PLL's factors while it is on"),
    "no oscillator": (U5_RCC, 0x03000435, "turns a clock off that the core runs from"),
    "its channel": (0x40020098, 5, "changes channel 0 of GPDMA1 while it is on"),
    "its end": (0x40020064, 0, "clears EN of channel 0 of GPDMA1, which only a reset does"),
    "its reset": (0x40020064, 2, "resets channel 0 of GPDMA1 before it is suspended"),
    "no clock": (0x40004404, 0, "uses USART2 while its clock is off (RCC.APB1ENR1)"),
}


@needs_gcc
def test_a_running_u5_refuses_mistakes(echo_constants: Make, tmp_path: Path) -> None:
    build = built("nucleo_u575zi", echo_constants(), tmp_path / "echo")
    _, soc = booted("nucleo_u575zi", build)
    for address, word, text in U5_AT_WORK.values():
        with pytest.raises(EmulatorError) as caught:
            soc.write(address, word)
        assert text in str(caught.value)


# Steps of a start as (address, word), with None to wait; the last one is refused.
STARTS = {
    "PLL before its source": (
        "nucleo_f446re",
        [(PLLCFGR, PLL_180), (CR, 0x01000083)],
        "turns the PLL on before its source is ready",
    ),
    "a clock that is not ready": (
        "nucleo_f446re",
        [(CR, 0x00050083), (CFGR, 1)],
        "switches the core to a clock that is not ready",
    ),
    "a crystal that is none": (
        "nucleo_f446re",
        [(CR, 0x00010083), None, (CFGR, 1)],
        "switches the core to a clock that is not ready",
    ),
    "an over-drive that is not ready": (
        "nucleo_f446re",
        [ENABLE_PWR, (PWR, 0x1C000), (PWR, 0x3C000)],
        "switches to the over-drive before it is ready",
    ),
    "no over-drive": (
        "nucleo_f446re",
        [
            (ACR, 0x705),
            (CR, 0x50083),
            None,
            (PLLCFGR, PLL_180),
            (CR, 0x1070083),
            None,
            (CFGR, 0x9402),
        ],
        "lets the core run at 180 MHz, where the voltage allows 168 MHz at most",
    ),
    "no wait states": (
        "netduinoplus2",
        [(PLLCFGR, PLL_168_HSI), (CR, 0x01000083), None, (CFGR, 0x9402)],
        "lets the core run at 168 MHz with 0 wait states of the flash, which needs 5",
    ),
    "a PLL's input": (
        "netduinoplus2",
        [(PLLCFGR, PLL_168_HSI - 9), (CR, 0x01000083)],
        "gives the PLL an input of 2.28571 MHz, not 1 to 2 MHz",
    ),
    "a PLL's VCO": (
        "nucleo_f767zi",
        [(PLLCFGR, 16 | 440 << 6 | 9 << 24 | 2 << 28), (CR, 0x01000083)],
        "lets the PLL's VCO run at 440 MHz",
    ),
    "an over-drive that there is not": (
        "netduinoplus2",
        [ENABLE_PWR, (PWR, 0x14000)],
        "over bits that are reserved or read only (0x00010000)",
    ),
    "a booster without a clock": (
        "nucleo_u575zi",
        [U5_ENABLE_PWR, (U5_VOSR, 0x38000), None, (U5_VOSR, 0x78000)],
        "gives the booster a clock of 0 MHz, not 4 to 16",
    ),
    "a booster without its voltage": (
        "nucleo_u575zi",
        [U5_ENABLE_PWR, (U5_RCC + 0x28, 1), (U5_VOSR, 0x48000)],
        "turns the booster on before voltage range 1 is ready",
    ),
    "a PLL's input range": (
        "nucleo_u575zi",
        [(U5_RCC + 0x28, 0x1), (U5_RCC + 0x28, 0x101), (U5_RCC, 0x01000035)],
        "gives the PLL an input of 2 MHz, where its range is 4 to 8 MHz",
    ),
    "a voltage that is not ready": (
        "nucleo_u575zi",
        [U5_ENABLE_PWR, (U5_VOSR, 0x38000), (U5_ACR, 4)],
        "changes a clock before the voltage range is ready",
    ),
}


@pytest.mark.parametrize("start", STARTS)
def test_a_start_in_a_wrong_order_is_refused(start: str) -> None:
    name, steps, text = STARTS[start]
    soc = asleep(name)
    clocks = (U5_RCC, U5_RCC + 0x1C) if name == "nucleo_u575zi" else (CR, CFGR)
    for step in steps[:-1]:
        if step is None:
            wait(soc, *clocks, *([U5_VOSR] if (U5_ENABLE_PWR in steps) else []))
        else:
            soc.write(*step)
    with pytest.raises(EmulatorError) as caught:
        soc.write(*steps[-1])
    assert text in str(caught.value)


WRONG_BOARDS = {
    "a pin that sends nothing": (
        "nucleo_f446re",
        {"link": Link("uart", 460_800, "PA3", "PA4")},
        "No USART of the STM32 port sends on this pin",
    ),
    "pins of two USARTs": (
        "nucleo_u575zi",
        {"link": Link("uart", 460_800, "PA3", "PA9")},
        "USART1, which sends on this pin, receives on PA10 and PB07 only.",
    ),
    "no pins": (
        "nucleo_f767zi",
        {"link": Link("uart", 460_800)},
        "The file of this board lacks link.rx and link.tx.",
    ),
    "a clock": (
        "nucleo_f446re",
        {"clock_hz": 216_000_000},
        "The clocks of the STM32F4 port are whole MHz from 50 to 180 MHz: clock_hz is another.",
    ),
    "the rate of an oscillator": (
        "nucleo_f767zi",
        {"oscillator": Oscillator(12_500_000, "crystal")},
        "The oscillator of an STM32F4 or F7 has whole MHz from 4 to 50: oscillator.hz is another.",
    ),
    "an oscillator": (
        "nucleo_u575zi",
        {"oscillator": Oscillator(16_000_000, "crystal")},
        "The STM32U5 port runs from the internal oscillator: take the table oscillator out.",
    ),
}


@needs_gcc
@pytest.mark.parametrize("mistake", WRONG_BOARDS)
def test_what_a_port_cannot_do_is_said_by_the_build(
    mistake: str, echo_constants: Make, tmp_path: Path
) -> None:
    name, changes, text = WRONG_BOARDS[mistake]
    with pytest.raises(ToolchainError) as caught:
        built(name, echo_constants(), tmp_path / "echo", **changes)
    assert text in str(caught.value)


def test_a_part_without_a_model_is_named() -> None:
    board = dataclasses.replace(load_board("nucleo_f446re"), part="STM32F411RE")
    with pytest.raises(InputError) as caught:
        Stm32F4(board)
    assert str(caught.value) == (
        "nucleo_f446re has the part STM32F411RE, which this emulator does not have.\n"
        "  It has: STM32F405RG, STM32F446RE, STM32F767ZI, STM32U575ZI."
    )

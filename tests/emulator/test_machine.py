"""The emulated core and its peripherals, with a few hand-assembled Thumb instructions."""

import dataclasses
import struct
from pathlib import Path

import pytest

from sernet_cal.errors import InputError, LinkError
from sernet_edge.emulator.image import FirmwareImage, Segment, load_image
from sernet_edge.emulator.line import Line
from sernet_edge.emulator.nrf52 import Gpio, Nrf52, Ppi
from sernet_edge.emulator.nrf_timer import Timer
from sernet_edge.emulator.nrf_uarte import Uarte
from sernet_gen.board import load_board

pytest.importorskip("unicorn", reason="needs the Python package unicorn")

from sernet_edge.emulator.machine import EmulatorError, Machine, Stop
from sernet_edge.emulator.protocol_emu import UnicornBackend

ORIGIN = 0x10000
MEMORY = load_board("nano33").memory
assert MEMORY is not None
STACK = 0x20001000
WFI, NOP, UDF, SVC, B_BACK = 0xBF30, 0xBF00, 0xDE00, 0xDF00, 0xE7FD
SLEEP = (WFI, B_BACK)
STORE_TO_NOWHERE = (0x2090, 0x0600, 0x6000)  # movs r0, #0x90; lsls r0, #24; str r0, [r0]
STORE_TO_FLASH = (0x2001, 0x0400, 0x6000)  # movs r0, #1; lsls r0, #16; str r0, [r0]
JUMP_TO_NOWHERE = (0x2061, 0x0600, 0x3001, 0x4700)  # r0 = 0x61000001; bx r0
PUSH_64_BYTES = (0xB5FF, 0xB5FF, *SLEEP)  # push {r0-r7, lr} twice: 72 bytes
ASK_FOR_RESET = (0x4801, 0x4902, 0x6001, NOP, 0xED0C, 0xE000, 0x0004, 0x05FA)


def image(reset: tuple[int, ...], handler: tuple[int, ...] = SLEEP) -> FirmwareImage:
    """Return an image that runs `reset`, with `handler` for every exception."""
    vectors = [STACK, ORIGIN + 0x41, *[ORIGIN + 0x81] * 14]
    code = struct.pack(f"<{len(reset)}H", *reset).ljust(0x40, b"\0")
    after = struct.pack(f"<{len(handler)}H", *handler)
    return FirmwareImage(ORIGIN, (Segment(ORIGIN, struct.pack("<16I", *vectors) + code + after),))


def machine(reset: tuple[int, ...], handler: tuple[int, ...] = SLEEP) -> Machine:
    return Machine(Nrf52(), image(reset, handler))


@pytest.mark.parametrize(
    ("program", "at"),
    [
        (STORE_TO_NOWHERE, ORIGIN + 0x44),
        (STORE_TO_FLASH, ORIGIN + 0x44),
        (JUMP_TO_NOWHERE, 0x61000000),
        ((UDF,), ORIGIN + 0x40),
        ((SVC,), ORIGIN + 0x42),
    ],
    ids=["unmapped", "flash", "jump", "undefined", "svc"],
)
def test_a_fault_goes_through_the_vector_table(program: tuple[int, ...], at: int) -> None:
    core = machine(program)
    assert core.run(5.0) is Stop.ASLEEP
    assert core.pc in (ORIGIN + 0x82, ORIGIN + 0x80)
    frame = struct.unpack("<8I", core.uc.mem_read(STACK - 32, 32))
    assert frame[6] == at


def test_a_silent_halt_names_the_place() -> None:
    backend = UnicornBackend(machine(STORE_TO_NOWHERE))
    with pytest.raises(EmulatorError) as caught:
        backend.receive(5.0)
    assert "The firmware halted at pc 0x000100" in str(caught.value)
    assert "addr2line" in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_second_fault_locks_up() -> None:
    with pytest.raises(EmulatorError, match="locked up: a second fault at pc 0x00010080"):
        machine((UDF,), (UDF,)).run(5.0)


def test_the_stacks_depth_is_seen() -> None:
    core = machine(PUSH_64_BYTES)
    assert core.stack_high_water_bytes() == 0
    core.run(5.0)
    assert core.stack_high_water_bytes() == 72


def test_a_firmware_may_reset_itself() -> None:
    assert machine(ASK_FOR_RESET).run(0.2) is Stop.TIMEOUT


def test_an_endless_loop_ends_with_the_time() -> None:
    assert machine((0xE7FE,)).run(0.1) is Stop.TIMEOUT


def test_instructions_are_counted_exactly() -> None:
    pytest.importorskip("capstone", reason="needs the Python package capstone")
    from sernet_edge.emulator.counting import InstructionCounter

    # movs r0, #200; 1: subs r0, #1; nop.w; it eq; moveq r1, r0; cmp r0, #0; bne 1b
    loop = (0x20C8, 0x3801, 0xF3AF, 0x8000, 0xBF08, 0x4601, 0x2800, 0xD1F8, *SLEEP)
    core = machine(loop)
    counter = InstructionCounter(core)
    assert core.run(5.0) is Stop.ASLEEP
    assert counter.instructions == 1 + 200 * 6 + 1


def test_blocks_are_counted_as_capstone_disassembles_them() -> None:
    capstone = pytest.importorskip("capstone", reason="needs the Python package capstone")
    core = machine((0x2005, 0x3801, 0xF3AF, 0x8000, 0xD1FB, 0xF04F, 0x0107, *SLEEP))
    from sernet_edge.emulator.counting import InstructionCounter

    counter = InstructionCounter(core)
    disassembler = capstone.Cs(
        capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS
    )
    blocks: list[int] = []

    def on_block(uc: object, address: int, size: int, data: object) -> None:
        code = bytes(core.uc.mem_read(address, size))
        blocks.append(len(list(disassembler.disasm(code, address))))

    core.uc.hook_add(core._api.UC_HOOK_BLOCK, on_block)
    core.run(5.0)
    assert sum(blocks) == counter.instructions > 15


def test_an_image_beyond_the_flash_is_refused() -> None:
    outside = FirmwareImage(ORIGIN, (*image(SLEEP).segments, Segment(0xFFFF0, bytes(64))))
    with pytest.raises(InputError, match="64 bytes at 0xffff0; the flash is 0x0 to 0x100000"):
        Machine(Nrf52(), outside)


def test_images_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no firmware image at .*No such file"):
        load_image(tmp_path / "none.elf", MEMORY)
    broken = tmp_path / "broken.elf"
    broken.write_bytes(b"\x7fELF" + bytes(9))
    with pytest.raises(InputError, match="is a damaged ELF file"):
        load_image(broken, MEMORY)
    empty = tmp_path / "empty.bin"
    empty.write_bytes(b"\0\0")
    with pytest.raises(InputError, match="has no vector table at 0x10000: it was linked for"):
        load_image(empty, MEMORY)


def test_a_program_of_this_machine_is_no_image(tmp_path: Path) -> None:
    import sys

    if not Path(sys.executable).read_bytes().startswith(b"\x7fELF"):
        pytest.skip("needs a machine with ELF programs")
    with pytest.raises(InputError, match=r"is an ELF file for .*; the emulator runs Arm's"):
        load_image(Path(sys.executable).resolve(), MEMORY)


# --- peripherals without a core ----------------------------------------------------------------


class Bench:
    """A UARTE with memory and a line."""

    def __init__(self) -> None:
        self.memory = bytearray(256)
        self.line = Line()
        self.vain = 0
        self.uarte = Uarte(self.line, self._read, self._write, self._poll)
        self.uarte.write(0x500, 8)

    def _read(self, address: int, count: int) -> bytes:
        return bytes(self.memory[address : address + count])

    def _write(self, address: int, data: bytes) -> None:
        self.memory[address : address + len(data)] = data

    def _poll(self) -> None:
        self.vain += 1

    def start(self, pointer: int, count: int, shorts: int = 0) -> None:
        for offset, value in ((0x534, pointer), (0x538, count), (0x200, shorts), (0x000, 1)):
            self.uarte.write(offset, value)


def test_uarte_fills_a_buffer_and_says_so() -> None:
    bench = Bench()
    bench.start(16, 4)
    assert bench.uarte.read(0x14C) == 1  # RXSTARTED
    assert bench.uarte.read(0x110) == 0
    assert bench.vain == 1
    bench.line.to_device += b"abcdef"
    assert bench.uarte.read(0x110) == 1  # ENDRX
    assert bench.uarte.read(0x53C) == 4  # AMOUNT
    assert bench.memory[16:20] == b"abcd"
    assert bench.line.to_device == b"ef"


def test_uarte_takes_the_next_pointer_by_the_short() -> None:
    bench = Bench()
    bench.start(0, 2, shorts=1 << 5)
    bench.uarte.write(0x534, 100)
    bench.line.to_device += b"wxyz"
    bench.uarte.read(0x108)
    assert bench.memory[0:2] == b"wx"
    assert bench.line.to_device == b"yz"  # waits for the firmware's attention
    bench.uarte.write(0x14C, 0)
    bench.uarte.read(0x108)
    assert bench.memory[100:102] == b"yz"


def test_uarte_stops_and_flushes() -> None:
    bench = Bench()
    bench.start(0, 8, shorts=1 << 6)
    bench.line.to_device += b"ab"
    bench.uarte.read(0x108)
    bench.uarte.write(0x004, 1)
    assert (bench.uarte.read(0x144), bench.uarte.read(0x53C)) == (1, 2)
    bench.uarte.write(0x02C, 1)
    assert bench.uarte.words[0x53C] == 0


def test_uarte_sends_from_memory_and_only_when_enabled() -> None:
    bench = Bench()
    bench.memory[5:8] = b"hey"
    for offset, value in ((0x544, 5), (0x548, 3), (0x008, 1)):
        bench.uarte.write(offset, value)
    assert bench.line.collect() == b"hey"
    assert bench.uarte.read(0x120) == 1  # ENDTX
    bench.uarte.write(0x500, 0)
    bench.uarte.write(0x008, 1)
    assert bench.line.collect() == b""


def test_uarte_errors_are_cleared_by_ones() -> None:
    bench = Bench()
    bench.uarte.words[0x480] = 0b101
    bench.uarte.write(0x480, 0b001)
    assert bench.uarte.read(0x480) == 0b100


def test_timer_counts_events_and_compares() -> None:
    unchanged: list[int] = []
    timer = Timer(lambda: None, lambda: unchanged.append(1))
    for offset, value in ((0x504, 1), (0x508, 3), (0x540, 2), (0x000, 1)):
        timer.write(offset, value)
    for _ in range(3):
        timer.write(0x008, 1)
    assert timer.read(0x140) == 1
    timer.write(0x044, 1)
    assert timer.read(0x544) == 3
    assert not unchanged
    timer.read(0x544)
    assert unchanged
    timer.write(0x00C, 1)
    timer.write(0x044, 1)
    assert timer.read(0x544) == 0


def test_a_timer_stands_still() -> None:
    timer = Timer(lambda: None, lambda: None)
    timer.write(0x000, 1)
    timer.write(0x040, 1)
    assert timer.read(0x540) == 0


def test_ppi_connects_while_enabled() -> None:
    ppi = Ppi()
    ppi.write(0x510, 0x40002108)
    ppi.write(0x514, 0x40009008)
    assert ppi.routes == {}
    ppi.write(0x504, 1)
    assert ppi.routes == {0x40002108: [0x40009008]}
    ppi.write(0x508, 1)
    assert ppi.routes == {}


def test_gpio_sets_and_clears() -> None:
    gpio = Gpio()
    gpio.write(0x508, 0b110)
    gpio.write(0x50C, 0b010)
    gpio.write(0x808, 0b1)
    assert (gpio.read(0x504), gpio.read(0x804)) == (0b100, 0b1)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("emu://posix", "posix has no emulator in this program; emu:// knows microbit_v2, "),
        ("emu://nano33?speed=9", "has the option 'speed', which emu:// does not know."),
        ("qemu://nano33", "QEMU has no machine for nano33; known: mps2-an385, mps2-an386"),
    ],
)
def test_urls_that_mean_nothing(url: str, text: str) -> None:
    from sernet_edge.link.transport import open_port

    with pytest.raises(LinkError) as caught:
        open_port(url, 0)
    assert text in str(caught.value)


def test_without_qemu_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from sernet_edge.link.transport import open_port

    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LinkError) as caught:
        open_port("qemu://mps2-an386", 0)
    assert "qemu-system-arm is not on PATH" in str(caught.value)
    assert "sudo apt install qemu-system-arm" in str(caught.value)


def test_a_board_that_does_not_say_where_its_uart_is() -> None:
    from sernet_edge.emulator.mps2 import Mps2

    board = dataclasses.replace(load_board("mps2-an385"), peripherals=None)
    with pytest.raises(InputError) as caught:
        Mps2(board)
    assert str(caught.value) == "mps2-an385 lacks the table peripherals: where is its UART?"


# --- parts and registers -----------------------------------------------------------------------


def test_the_parts_of_the_family_differ_in_their_memories() -> None:
    small, large = Nrf52("nRF52833"), Nrf52("nRF52840")
    assert (small.flash.size, small.ram.size) == (512 * 1024, 128 * 1024)
    assert (large.flash.size, large.ram.size) == (1024 * 1024, 256 * 1024)
    with pytest.raises(InputError) as caught:
        Nrf52("nRF52811")
    assert str(caught.value) == (
        "This program has no model of the nRF52811; it has nRF52833, nRF52840.\n"
        '  Correct the key part in the board\'s file, or write there:  emulator = "none"'
    )


# movs r0, #page; lsls r0, #24; movs r1, #high; lsls r1, #shift; adds r0, r1; ldr r2, [r0, #4 * n]
def load_from(page: int, high: int, shift: int, word: int) -> tuple[int, ...]:
    register = 0x6802 | word << 6
    return (0x2000 | page, 0x0600, 0x2100 | high, 0x0009 | shift << 6, 0x1840, register, *SLEEP)


@pytest.mark.parametrize(
    ("program", "address"),
    [
        (load_from(0x40, 0x1C, 12, 0), 0x4001C000),  # a peripheral without a model
        (load_from(0x40, 0x02, 12, 7), 0x4000201C),  # a register that the UARTE does not have
        (load_from(0x50, 0x0A, 8, 10), 0x50000A28),  # P1.10, which the nRF52833 does not have
    ],
    ids=["peripheral", "register", "pin"],
)
def test_a_register_without_a_model_is_an_error(program: tuple[int, ...], address: int) -> None:
    core = Machine(Nrf52("nRF52833"), image(program))
    with pytest.raises(EmulatorError) as caught:
        core.run(5.0)
    assert str(caught.value).startswith(
        f"The firmware uses the register at 0x{address:08x}, which the model of the nRF52833 in "
        "this program does not have."
    )

"""A Cortex-M microcontroller in unicorn: memory, exceptions, and a serial line.

The firmware polls, so no interrupt is ever needed. Emulation stops when the firmware looks for
input and there is none, and goes on when there is: nothing waits, and every run is the same.
"""

import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from sernet_cal.errors import InputError, LinkError, require_extra
from sernet_edge.emulator.image import FirmwareImage
from sernet_edge.emulator.line import Line

RAM_PAINT = 0xA5

# A poll that finds nothing may end a burst; several in a row mean waiting.
_IDLE_POLLS = 4
_AIRCR, _VTOR, _SHCSR = 0xED0C, 0xED08, 0xED24  # in the private peripheral bus
_AIRCR_RESET = 0x05FA0004
_HARD, _BUS, _USAGE, _SVC = 3, 5, 6, 11
_UNICORNS_SVC = 2  # its number of the exception, as QEMU's EXCP_SWI
_SHCSR_ENABLES = {_BUS: 17, _USAGE: 18}
_EXC_RETURN = 0xFFFFFFF9  # thread mode, main stack, no floating-point frame
_THUMB_STATE = 1 << 24
_PAGE_BYTES = 65536
_NEVER = 0xFFFFFFFE  # an address that is never reached

# Core -> unicorn's model of it; the M0+ has the instructions of the M0.
_MODELS = {
    "cortex-m0plus": "M0",
    "cortex-m3": "M3",
    "cortex-m4f": "M4",
    "cortex-m7": "M7",
    "cortex-m33": "M33",
}

ReadRegister = Callable[[int], int]
WriteRegister = Callable[[int, int], None]


def has_model(core: str) -> bool:
    """Return whether there is a model of `core`."""
    return core in _MODELS


class EmulatorError(LinkError):
    """The emulated core cannot go on."""


class Stop(Enum):
    """Why `Machine.run` came back."""

    IDLE = "the firmware waits for input"
    TIMEOUT = "the time was over"
    ASLEEP = "the core sleeps and nothing will wake it"


@dataclass(frozen=True)
class Region:
    """A piece of memory: `origin` address and `size` in bytes (multiples of 65,536)."""

    origin: int
    size: int

    def holds(self, address: int, size: int) -> bool:
        """Return whether `size` bytes from `address` on lie inside."""
        return self.origin <= address and address + size <= self.origin + self.size


# Debug, trace and system control: read back what was written, so that CYCCNT stands still.
_PPB = Region(0xE0000000, 0x100000)


class Soc(Protocol):
    """A microcontroller family: its core, its memories and peripherals.

    `boot_stage`: the code that its boot ROM runs first, None where that is the reset vector's.
    """

    core: str
    flash: Region
    ram: Region
    boot_stage: int | None

    def connect(self, machine: "Machine") -> None:
        """Map the peripherals into the machine."""

    def reset(self) -> None:
        """Put the peripherals into their state after a reset."""


class Machine:
    """One microcontroller with a firmware in its flash.

    Raises InputError for an image that does not fit the flash.
    """

    def __init__(self, soc: Soc, image: FirmwareImage) -> None:
        try:
            import unicorn
            from unicorn import arm_const
        except ImportError as error:
            raise require_extra("unicorn", "sim", "emulate a board") from error
        api: Any = unicorn
        self._api, self._regs = api, arm_const
        self._soc, self._image = soc, image
        self.line = Line()
        # Not UC_MODE_MCLASS: it makes every model an M33.
        self.uc: Any = api.Uc(api.UC_ARCH_ARM, api.UC_MODE_THUMB)
        # Few large pages that are looked up once, for reading and writing: ten times as fast.
        self.uc.ctl_set_page_size(_PAGE_BYTES)
        self.uc.ctl_set_cpu_model(getattr(arm_const, f"UC_CPU_ARM_CORTEX_{_MODELS[soc.core]}"))
        self.uc.ctl_set_tlb_mode(api.UC_TLB_VIRTUAL)
        self._map_memory()
        self.uc.hook_add(api.UC_HOOK_INTR, self._on_interrupt)
        self.uc.hook_add(api.UC_HOOK_TLB_FILL, self._fill_page)
        self._ppb: dict[int, int] = {}
        self._exceptions = 0
        self._stopped = self._reset_asked = False
        self._raised: int | None = None
        self._error: EmulatorError | None = None
        self._pc = 0
        soc.connect(self)
        self.reset()

    def run(self, timeout_s: float) -> Stop:
        """Run until the firmware waits for input, sleeps, or `timeout_s` is over.

        Raises EmulatorError where a real core would lock up, and for registers without a model.
        """
        self.line.polls_in_vain = 0
        deadline = time.monotonic() + timeout_s
        while (left_s := deadline - time.monotonic()) > 0:
            self._stopped, self._raised, self._error = False, None, None
            fault = self._run_some(left_s) or self._raised
            if self._error is not None:
                raise self._error
            if self._reset_asked:
                self.reset()
            elif fault is not None:
                self._enter_exception(fault)
            elif self._stopped:
                return Stop.IDLE
            elif self._sleeps():
                return Stop.ASLEEP
        return Stop.TIMEOUT

    def reset(self) -> None:
        """Start the firmware from its vector table; memory stays as it is."""
        self._ppb = {_VTOR: self._image.origin}
        self._exceptions = 0
        self._reset_asked = False
        self._soc.reset()
        stack, entry = self._vector(0), self._vector(1)
        self.uc.reg_write(self._regs.UC_ARM_REG_IPSR, 0)
        self.uc.reg_write(self._regs.UC_ARM_REG_SP, stack)
        self._pc = self._soc.boot_stage or entry & ~1
        self._paint(stack)

    @property
    def pc(self) -> int:
        """The address of the next instruction."""
        return self._pc

    def stack_high_water_bytes(self) -> int:
        """Return how deep the stack has been since the reset, below the vector table's SP."""
        top = self._vector(0)
        stack = bytes(self.uc.mem_read(self._soc.ram.origin, top - self._soc.ram.origin))
        untouched = len(stack) - len(stack.lstrip(bytes([RAM_PAINT])))
        return len(stack) - untouched

    def map_io(self, region: Region, read: ReadRegister, write: WriteRegister) -> None:
        """Map registers: read(offset) -> word, and write(offset, word); either may end the run with
        an EmulatorError."""

        def on_read(_uc: Any, offset: int, _size: int, _data: Any) -> int:
            try:
                return read(offset) & 0xFFFFFFFF
            except EmulatorError as error:
                return self._fail(error)

        def on_write(_uc: Any, offset: int, _size: int, value: int, _data: Any) -> None:
            try:
                write(offset, value)
            except EmulatorError as error:
                self._fail(error)

        self.uc.mmio_map(region.origin, region.size, on_read, None, on_write, None)

    def _fail(self, error: EmulatorError) -> int:
        """End the run with `error`; no exception can pass through unicorn's C code."""
        self._error = error
        self.uc.emu_stop()
        return 0

    def is_ram(self, address: int, size: int) -> bool:
        """Return whether `size` bytes from `address` on lie in the RAM."""
        return self._soc.ram.holds(address, size)

    def poll_in_vain(self) -> None:
        """Note that the firmware looked for input and there was none."""
        self.line.polls_in_vain += 1
        if self.line.polls_in_vain >= _IDLE_POLLS and not self.line.to_device:
            self._stopped = True
            self.uc.emu_stop()

    def _map_memory(self) -> None:
        flash, ram = self._soc.flash, self._soc.ram
        read_execute = self._api.UC_PROT_READ | self._api.UC_PROT_EXEC
        self.uc.mem_map(flash.origin, flash.size, read_execute)
        self.uc.mem_write(flash.origin, b"\xff" * flash.size)
        # Without the right to execute, unicorn need not look for changed code at every store.
        self._ram_rights = self._api.UC_PROT_READ | self._api.UC_PROT_WRITE
        self.uc.mem_map(ram.origin, ram.size, self._ram_rights)
        for segment in self._image.segments:
            if not flash.holds(segment.address, len(segment.content)):
                raise InputError(
                    f"The image has {len(segment.content)} bytes at 0x{segment.address:x}; the "
                    f"flash is 0x{flash.origin:x} to 0x{flash.origin + flash.size:x}.",
                    "Build it anew:  sernet-edge build --board NAME",
                )
            self.uc.mem_write(segment.address, segment.content)
        self.map_io(_PPB, self._read_ppb, self._write_ppb)

    def _paint(self, stack: int) -> None:
        ram = self._soc.ram
        if ram.origin < stack <= ram.origin + ram.size:
            self.uc.mem_write(ram.origin, bytes([RAM_PAINT]) * (stack - ram.origin))

    def _run_some(self, timeout_s: float) -> int | None:
        """Run until anything stops the core; returns the exception that it took, if any."""
        fault = None
        try:
            self.uc.emu_start(self._pc | 1, _NEVER, timeout=max(1, round(timeout_s * 1e6)))
        except self._api.UcError as error:
            invalid = error.errno == self._api.UC_ERR_INSN_INVALID
            fault = _USAGE if invalid else _BUS
        self._pc = int(self.uc.reg_read(self._regs.UC_ARM_REG_PC))
        return fault

    def _fill_page(self, _uc: Any, address: int, _access: int, entry: Any, _data: Any) -> bool:
        """Map each page onto itself; what may be done there is checked where it is mapped."""
        entry.paddr = address & -_PAGE_BYTES
        in_ram = self._soc.ram.holds(address, 1)
        entry.perms = self._ram_rights if in_ram else self._api.UC_PROT_ALL
        return True

    def _on_interrupt(self, _uc: Any, number: int, _data: Any) -> None:
        # Whatever else the core model raises (an unaligned word on an M0, no FPU) is a usage fault.
        self._raised = _SVC if number == _UNICORNS_SVC else _USAGE
        self.uc.emu_stop()

    def _sleeps(self) -> bool:
        wfi = b"\x30\xbf"
        return bytes(self.uc.mem_read(self._pc - 2, 2)) == wfi or (
            bytes(self.uc.mem_read(self._pc, 2)) == wfi
        )

    def _enter_exception(self, number: int) -> None:
        """Do what the core does: push eight registers, go through the vector table."""
        regs = self._regs
        if self._exceptions:
            raise EmulatorError(
                f"The emulated core locked up: a second fault at pc 0x{self._pc:08x}, "
                "inside the handler of the first.",
                "Find the line:  arm-none-eabi-addr2line -e build/BOARD/firmware.elf "
                f"0x{self._pc:x}",
            )
        self._exceptions += 1
        names = ("R0", "R1", "R2", "R3", "R12", "LR")
        saved = [int(self.uc.reg_read(getattr(regs, f"UC_ARM_REG_{name}"))) for name in names]
        status = int(self.uc.reg_read(regs.UC_ARM_REG_XPSR)) | _THUMB_STATE
        stack = (int(self.uc.reg_read(regs.UC_ARM_REG_SP)) - 32) & ~7
        frame = struct.pack("<8I", *saved, self._pc, status)
        if self._soc.ram.holds(stack, len(frame)):
            self.uc.mem_write(stack, frame)
        self.uc.reg_write(regs.UC_ARM_REG_SP, stack)
        self.uc.reg_write(regs.UC_ARM_REG_LR, _EXC_RETURN)
        enabled = number not in _SHCSR_ENABLES or (
            self._ppb.get(_SHCSR, 0) >> _SHCSR_ENABLES[number] & 1
        )
        taken = number if enabled else _HARD
        self.uc.reg_write(regs.UC_ARM_REG_IPSR, taken)
        self._pc = self._vector(taken) & ~1

    def _vector(self, index: int) -> int:
        address = self._ppb[_VTOR] + 4 * index
        return int.from_bytes(self.uc.mem_read(address, 4), "little")

    def _read_ppb(self, offset: int) -> int:
        return self._ppb.get(offset, 0)

    def _write_ppb(self, offset: int, value: int) -> None:
        self._ppb[offset] = value
        if offset == _AIRCR and value == _AIRCR_RESET:
            self._reset_asked = True
            self.uc.emu_stop()

"""Firmware images: the ELF that the linker wrote, or the bare binary that is flashed."""

import io
from dataclasses import dataclass
from pathlib import Path

from sernet_cal.errors import InputError
from sernet_gen.board import Memory

_ELF_MAGIC = b"\x7fELF"


@dataclass(frozen=True)
class Segment:
    """Bytes and the flash address where they lie."""

    address: int
    content: bytes


@dataclass(frozen=True)
class FirmwareImage:
    """What a flash tool would write; `origin` is where the vector table lies."""

    origin: int
    segments: tuple[Segment, ...]

    def vector(self, index: int) -> int:
        """Return a word of the vector table."""
        address = self.origin + 4 * index
        segment = next(s for s in self.segments if 0 <= address - s.address < len(s.content) - 3)
        start = address - segment.address
        return int.from_bytes(segment.content[start : start + 4], "little")


def load_image(path: Path, memory: Memory) -> FirmwareImage:
    """Read an ELF or a bare binary for a board with this `memory`.

    Raises InputError for a file that is missing, unreadable, or no image.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"There is no firmware image at {path} ({error.strerror}).",
            "Make it:  sernet-edge build --board NAME",
        ) from error
    if content.startswith(_ELF_MAGIC):
        segments = _elf_segments(path, content)
    else:
        segments = (Segment(memory.image_origin, content),)
    origin = memory.flash.origin
    covering = [s for s in segments if s.address <= origin < s.address + len(s.content) - 7]
    if not covering:
        raise InputError(
            f"{path} has no vector table at 0x{origin:x}: it was linked for another board.",
            "Build it anew:  sernet-edge build --board NAME",
        )
    return FirmwareImage(origin, segments)


def _elf_segments(path: Path, content: bytes) -> tuple[Segment, ...]:
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile

    try:
        elf = ELFFile(io.BytesIO(content))
        machine = elf["e_machine"]
        loadable = [item for item in elf.iter_segments() if item["p_type"] == "PT_LOAD"]
        found = tuple(Segment(int(s["p_paddr"]), s.data()) for s in loadable if s["p_filesz"])
    except (ELFError, ValueError) as error:
        raise InputError(f"{path} is a damaged ELF file: {error}.") from error
    if machine != "EM_ARM":
        raise InputError(
            f"{path} is an ELF file for {machine}; the emulator runs Arm's Cortex-M only.",
            "A firmware for this machine runs as a process:  --port proc://PATH",
        )
    return found

"""What we need of an ELF image: symbols, sizes, code, and the bytes that go into flash."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from sernet_cal.errors import InputError

_WRITABLE = 0x1
_ALLOCATED = 0x2


@dataclass(frozen=True)
class Symbol:
    """A named address; functions have bit 0 (Thumb) already cleared. `size` in bytes.

    `file`: the name of the source of a local symbol, "" for a global one.
    """

    name: str
    address: int
    size: int
    is_function: bool
    file: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the image that lies in the device's memory; `content` is empty for .bss."""

    name: str
    address: int
    size: int
    content: bytes
    writable: bool


@dataclass(frozen=True)
class Segment:
    """Bytes as the loader (or the flash) holds them at the physical address `load`."""

    load: int
    content: bytes


@dataclass(frozen=True)
class Image:
    """A linked image. `code_marks`: sorted (address, is_code) of Arm's mapping symbols."""

    symbols: tuple[Symbol, ...]
    sections: tuple[Section, ...]
    segments: tuple[Segment, ...]
    code_marks: tuple[tuple[int, bool], ...]

    @property
    def flash_bytes(self) -> int:
        """Bytes that are programmed: code, constants, initial values."""
        return sum(len(segment.content) for segment in self.segments)

    @property
    def ram_bytes(self) -> int:
        """Bytes of all variables, .data and .bss."""
        return sum(section.size for section in self.sections if section.writable)

    def content(self, address: int, size: int) -> bytes:
        """Return `size` bytes from `address` on; none outside the sections with content."""
        for section in self.sections:
            start = address - section.address
            if start >= 0 and start + size <= len(section.content):
                return section.content[start : start + size]
        return b""

    def symbol_size(self, name: str) -> int:
        """Return the size of the symbol `name`, 0 when there is none."""
        return sum(symbol.size for symbol in self.symbols if symbol.name == name)


def read_image(path: Path) -> Image:
    """Read the ELF file at `path`; raises InputError when it is none."""
    try:
        elf = ELFFile(BytesIO(path.read_bytes()))
    except (OSError, ELFError) as error:
        raise InputError(f"{path} is no readable ELF image: {error}.") from error
    symbols: list[Symbol] = []
    marks: list[tuple[int, bool]] = []
    table = elf.get_section_by_name(".symtab")
    file = ""
    for entry in table.iter_symbols() if isinstance(table, SymbolTableSection) else ():
        kind, value = entry["st_info"]["type"], entry["st_value"]
        if kind == "STT_FILE":  # names the source of the local symbols behind it
            file = entry.name
        if entry.name.partition(".")[0] in ("$t", "$d"):
            marks.append((value, entry.name.startswith("$t")))
        elif entry["st_shndx"] != "SHN_UNDEF" and kind not in ("STT_FILE", "STT_SECTION"):
            is_function = kind == "STT_FUNC"
            address = value & ~1 if is_function else value
            source = file if entry["st_info"]["bind"] == "STB_LOCAL" else ""
            symbols.append(Symbol(entry.name, address, entry["st_size"], is_function, source))
    sections = tuple(
        Section(
            section.name,
            section["sh_addr"],
            section["sh_size"],
            b"" if section["sh_type"] == "SHT_NOBITS" else section.data(),
            bool(section["sh_flags"] & _WRITABLE),
        )
        for section in elf.iter_sections()
        if section["sh_flags"] & _ALLOCATED and section["sh_size"]
    )
    segments = tuple(
        Segment(segment["p_paddr"], segment.data())
        for segment in elf.iter_segments("PT_LOAD")
        if segment["p_filesz"]
    )
    ordered = sorted(symbols, key=lambda symbol: (symbol.address, symbol.name))
    return Image(tuple(ordered), sections, segments, tuple(sorted(marks)))


def flash_image(image: Image) -> bytes:
    """Return the .bin: all segments from the lowest load address on, gaps filled with zeros."""
    start = min(segment.load for segment in image.segments)
    end = max(segment.load + len(segment.content) for segment in image.segments)
    binary = bytearray(end - start)
    for segment in image.segments:
        binary[segment.load - start : segment.load - start + len(segment.content)] = segment.content
    return bytes(binary)


def symbol_map(image: Image) -> str:
    """Return firmware.map: address, size and name of every symbol and section, no paths."""
    lines = ["# address size section"]
    lines += [f"{part.address:08x} {part.size:8d} {part.name}" for part in image.sections]
    lines += ["", "# address size symbol"]
    lines += [f"{part.address:08x} {part.size:8d} {part.name}" for part in image.symbols]
    return "\n".join(lines) + "\n"

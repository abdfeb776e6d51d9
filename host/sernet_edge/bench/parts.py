"""Which code is which part: operators by their tables, the front-end's steps by their functions.

The engine calls a kernel with the table of an operator, or of a group that runs as one, as first
argument: the symbol operator_N, N the tensor that it makes. So the profiler learns at a kernel's
first instruction whose work begins. Helpers of kernels and the compiler's library belong to
whatever part called them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from sernet_edge.emulator.profile import MARK_BY_ARGUMENT, MARK_STAY, CodeMarks
from sernet_gen.elf import Image, Symbol

NETWORK, FRONT_END, LINK = "network", "front_end", "link"
SCHEDULE = "schedule"

_TABLE = "operator_"
_ENGINE, _ENGINE_FOLDER, _FRONT_END_FOLDER = "sn_engine", "engine", "frontend"
_CLASSIFIER = "sn_classifier"
# Source file -> step of the front-end, in the order of the steps; the other files are "framing".
_STEPS = {
    "sn_window": "window",
    "sn_fft": "fft",
    "sn_spectrum": "magnitude",
    "sn_mel": "mel",
    "sn_log2": "log",
    "sn_dct": "dct",
    "sn_quantize": "quantize",
}
_FRAMING = "framing"
_FIRST_PART = MARK_STAY + 1


@dataclass(frozen=True)
class Part:
    """A part of the firmware: the `group` that it counts to, and its name."""

    group: str
    name: str


@dataclass(frozen=True)
class CodeMap:
    """All parts, and where their code is. The marks have numbers: part k of `parts` is k + 1."""

    parts: tuple[Part, ...]
    marks: CodeMarks

    def number(self, part: Part) -> int:
        """Return the number of `part` in the marks."""
        return _FIRST_PART + self.parts.index(part)


LINK_PART = Part(LINK, "link")


def map_code(image: Image, sources: Iterable[str], tensors: tuple[str, ...]) -> CodeMap:
    """Return the parts of a firmware: its network's operators, then the front-end, then the link.

    `sources`: the paths of the build's files. `tensors`: their names in the order of sn_tap.
    """
    folders = {
        PurePosixPath(path).stem: PurePosixPath(path).parent.name
        for path in sources
        if path.endswith(".c")
    }
    tables = {
        int(symbol.name.removeprefix(_TABLE)): symbol.address
        for symbol in image.symbols
        if symbol.name.startswith(_TABLE) and symbol.name.removeprefix(_TABLE).isdecimal()
    }
    steps = [Part(FRONT_END, name) for name in (_FRAMING, *_STEPS.values())]
    fixed = [Part(NETWORK, SCHEDULE), *steps, LINK_PART]
    parts = (*(Part(NETWORK, tensors[place]) for place in sorted(tables)), *fixed)
    arguments = {tables[place]: _FIRST_PART + i for i, place in enumerate(sorted(tables))}
    functions = [s for s in image.symbols if s.is_function and s.size]
    first, end = functions[0].address, max(s.address + s.size for s in functions)
    marks = np.zeros((end - first + 1) // 2, np.uint16)
    for symbol in functions:
        file, start = _file_of(symbol, folders), (symbol.address - first) // 2
        part = _part_of(file, folders)
        if part is not None:
            marks[start : start + (symbol.size + 1) // 2] = _FIRST_PART + parts.index(part)
        elif folders.get(file) == _ENGINE_FOLDER:
            marks[start] = MARK_BY_ARGUMENT
    return CodeMap(parts, CodeMarks(first, marks, arguments))


def _file_of(symbol: Symbol, folders: dict[str, str]) -> str:
    """Return the stem of the file that defines a function: a global one begins with its name."""
    if symbol.file:
        return PurePosixPath(symbol.file).stem
    if symbol.name == "main":
        return "sn_main"
    stems = [stem for stem in folders if symbol.name.startswith((stem, f"sn_{stem}"))]
    return max(stems, key=len, default="")


def _part_of(file: str, folders: dict[str, str]) -> Part | None:
    """Return the part that all code of `file` belongs to; None where the caller decides."""
    if file == _ENGINE:
        return Part(NETWORK, SCHEDULE)
    if file == _CLASSIFIER:
        return Part(FRONT_END, _FRAMING)
    folder = folders.get(file)
    if folder is None or folder == _ENGINE_FOLDER:
        return None
    if folder == _FRONT_END_FOLDER:
        return Part(FRONT_END, _STEPS.get(file, _FRAMING))
    return LINK_PART

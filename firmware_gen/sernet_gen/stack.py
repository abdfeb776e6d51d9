"""The worst stack of an image: every function's frame along the deepest chain of calls.

Frames come from the compiler's .su files where it writes them (GCC), and from the pushes in the
code otherwise (zig, library functions, functions of assembly alone). A call through a pointer may
reach every function whose address the image holds. A chain never holds a function twice: the
runtime does not recurse, and recursion by direct calls is an error.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sernet_cal.errors import ToolchainError
from sernet_gen.elf import Image, Section, Symbol
from sernet_gen.thumb import Step, decode

# Eight core registers, 17 of the FPU, and a word that keeps the stack aligned to 8 bytes.
EXCEPTION_FRAME_BYTES = 4 * (8 + 17 + 1)
ENTRY = "sn_start"
# A compiler sets the stack pointer from a copy of it within so many instructions.
_COPY_STEPS = 3


# Bytes, and the addresses of the functions from the caller down.
Chain = tuple[int, tuple[int, ...]]


@dataclass(frozen=True)
class _Function:
    """One function: its frame in bytes, the addresses that it calls, and whether it calls
    through a pointer."""

    name: str
    frame: int
    calls: frozenset[int]
    calls_pointer: bool


@dataclass(frozen=True)
class StackUse:
    """The deepest chain: its bytes with one exception's frame on top, and its (name, bytes)."""

    total_bytes: int
    chain: tuple[tuple[str, int], ...]


def read_frames(folder: Path) -> dict[str, int]:
    """Return bytes per function from all .su files below `folder`; largest for equal names.

    Raises ToolchainError for a frame without a known size.
    """
    frames: dict[str, int] = {}
    for path in sorted(folder.rglob("*.su")):
        for line in path.read_text(encoding="utf-8").splitlines():
            place, size, kind = line.split("\t")
            name = place.rsplit(":", 1)[1]
            if kind not in ("static", "dynamic,bounded"):
                raise ToolchainError(f"The stack of {name} has no fixed size ({kind}).")
            frames[name] = max(frames.get(name, 0), int(size))
    return frames


def worst_stack(image: Image, frames: Mapping[str, int], entry: str = ENTRY) -> StackUse:
    """Return the deepest chain of calls from `entry`.

    Raises ToolchainError for recursion and for frames that grow by a register's value.
    """
    graph, taken = _call_graph(image, frames)
    starts = [symbol.address for symbol in image.symbols if symbol.name == entry]
    if not starts:
        raise ToolchainError(f"The image has no function {entry}.")
    _refuse_recursion(graph)
    bytes_used, chain = _Search(graph, taken).deepest(starts[0])
    named = tuple((graph[address].name, graph[address].frame) for address in chain)
    return StackUse(bytes_used + EXCEPTION_FRAME_BYTES, named)


def _call_graph(
    image: Image, frames: Mapping[str, int]
) -> tuple[dict[int, _Function], frozenset[int]]:
    functions = {s.address: s for s in image.symbols if s.is_function and s.size}
    graph: dict[int, _Function] = {}
    taken = _stored_words(image)
    for symbol in functions.values():
        steps = list(_steps(image, symbol))
        targets = {step.target for step in steps if step.target in functions}
        graph[symbol.address] = _Function(
            symbol.name,
            _frame(symbol, steps, frames),
            frozenset(a for a in targets if a is not None and not _inside(symbol, a)),
            any(step.indirect for step in steps),
        )
        taken |= _built_addresses(steps)
    return graph, frozenset(a for a in functions if a | 1 in taken)


def _frame(symbol: Symbol, steps: Sequence[Step], frames: Mapping[str, int]) -> int:
    if frames.get(symbol.name):
        return frames[symbol.name]
    # No frame, or a function of assembly alone: the compiler does not see that one's pushes.
    growth = 0
    copies: dict[int, tuple[int, int]] = {}  # register -> (usable up to this step, bytes)
    for place, step in enumerate(steps):
        growth += step.growth
        if step.frame_copy is not None:
            copies[step.frame_copy[0]] = (place + _COPY_STEPS, step.frame_copy[1])
        last, most = (place, 0) if step.stack_from is None else copies.get(step.stack_from, (-1, 0))
        if step.unbounded or place > last:
            raise ToolchainError(f"The stack of {symbol.name} has no fixed size.")
        growth += most
    return growth


def _inside(symbol: Symbol, address: int) -> bool:
    return symbol.address <= address < symbol.address + symbol.size


def _steps(image: Image, symbol: Symbol) -> Iterator[Step]:
    """Yield the instructions of a function, without the constants between them."""
    section = next(s for s in image.sections if _holds(s, symbol.address))
    address, end = symbol.address, symbol.address + symbol.size
    while address < end:
        mark = bisect_right(image.code_marks, (address, True)) - 1
        if mark >= 0 and not image.code_marks[mark][1]:  # constants, up to the next mark
            later = image.code_marks[mark + 1 : mark + 2]
            address = later[0][0] if later else end
            continue
        offset = address - section.address
        first = int.from_bytes(section.content[offset : offset + 2], "little")
        second = int.from_bytes(section.content[offset + 2 : offset + 4], "little")
        step = decode(first, second, address)
        yield step
        address += step.size


def _holds(section: Section, address: int) -> bool:
    return section.address <= address < section.address + section.size


def _built_addresses(steps: Sequence[Step]) -> set[int]:
    """Return the words that MOVW and MOVT pairs put into registers."""
    low: dict[int, int] = {}
    built = set()
    for step in steps:
        if step.low is not None:
            low[step.low[0]] = step.low[1]
        if step.high is not None and step.high[0] in low:
            built.add(step.high[1] << 16 | low[step.high[0]])
    return built


def _stored_words(image: Image) -> set[int]:
    """Return all aligned words of the image but the vector table, which only hardware reads."""
    vectors = [s for s in image.symbols if s.name == "sn_vectors"]
    words = set()
    for section in image.sections:
        for offset in range(0, len(section.content) - 3, 4):
            if not any(_inside(symbol, section.address + offset) for symbol in vectors):
                words.add(int.from_bytes(section.content[offset : offset + 4], "little"))
    return words


def _refuse_recursion(graph: Mapping[int, _Function]) -> None:
    state: dict[int, bool] = {}

    def visit(address: int, path: tuple[int, ...]) -> None:
        if address in state:
            if not state[address]:
                loop = [graph[a].name for a in path[path.index(address) :]]
                raise ToolchainError(
                    f"The firmware recurses, so its stack has no bound: {' -> '.join(loop)}."
                )
            return
        state[address] = False
        for callee in sorted(graph[address].calls):
            visit(callee, (*path, callee))
        state[address] = True

    for start in sorted(graph):
        visit(start, (start,))


class _Search:
    """The search for the deepest chain; remembers what it has found."""

    def __init__(self, graph: Mapping[int, _Function], taken: frozenset[int]) -> None:
        self._callees = {
            address: function.calls | (taken if function.calls_pointer else frozenset())
            for address, function in graph.items()
        }
        self._frames = {address: function.frame for address, function in graph.items()}
        self._reached = {address: self._reach(address) for address in graph}
        self._known: dict[tuple[int, frozenset[int]], Chain] = {}

    def deepest(self, address: int, above: frozenset[int] = frozenset()) -> Chain:
        """Return the bytes and addresses of the deepest chain from `address` without `above`."""
        key = (address, above & self._reached[address])
        if key not in self._known:
            best: Chain = (0, ())
            seen = above | {address}
            for callee in sorted(self._callees[address] - seen):
                best = max(best, self.deepest(callee, seen))
            self._known[key] = (self._frames[address] + best[0], (address, *best[1]))
        return self._known[key]

    def _reach(self, start: int) -> frozenset[int]:
        reached = {start}
        waiting = [start]
        while waiting:
            new = self._callees[waiting.pop()] - reached
            reached |= new
            waiting += new
        return frozenset(reached)

"""The flags of a firmware build: the same words in the Makefile, the manifest and our own run."""

from dataclasses import dataclass

from sernet_gen.board import Board
from sernet_gen.compiler import Compiler

INCLUDES = ("-Igenerated", "-Iruntime", "-Iports")
LINKER_SCRIPT = "link.ld"

# One function may take this much; the sum over the call graph is the report's business.
_FRAME_LIMIT = 1024

WARNINGS = (
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Wundef",
    "-Wvla",
    "-Wcast-qual",
    "-Wmissing-prototypes",
    "-Wdouble-promotion",
    "-Werror",
)
# Measured on the bundled model: -O3 and -funroll-loops take 2 % fewer instructions and up to 4 %
# more flash; the kernels are unrolled by hand where it pays.
_COMMON = ("-std=c99", "-O2", "-g0", "-ffunction-sections", "-fdata-sections", "-fno-common")
_BARE = ("-ffreestanding", "-fomit-frame-pointer", "-fno-asynchronous-unwind-tables")


@dataclass(frozen=True)
class Flags:
    """Words for compiling one source and for linking the objects (`libraries` come last)."""

    compile: tuple[str, ...]
    link: tuple[str, ...]
    libraries: tuple[str, ...]


def build_flags(board: Board, compiler: Compiler) -> Flags:
    """Return the flags for `board`; `compiler` decides only what the families spell differently."""
    is_zig = compiler.family == "zig"
    compile_flags = [*compiler.target_flags, *_COMMON, *WARNINGS]
    if compiler.family == "gcc":
        compile_flags += [f"-Wstack-usage={_FRAME_LIMIT}", "-fstack-usage"]
    else:
        compile_flags += [f"-Wframe-larger-than={_FRAME_LIMIT}"]
    if is_zig:  # it would trap undefined behaviour, and protect stacks, with code of its own
        compile_flags += ["-fno-sanitize=undefined", "-fno-stack-protector"]
    if board.is_host:
        return Flags((*compile_flags, *INCLUDES), compiler.target_flags, ())
    link_flags = ["-nostartfiles", f"-Wl,-T,{LINKER_SCRIPT}", "-Wl,--gc-sections"]
    link_flags += ["-Wl,--entry=sn_reset", "-Wl,--build-id=none"]
    if not is_zig:
        link_flags.append("-nodefaultlibs")
    return Flags(
        (*compile_flags, *_BARE, *INCLUDES),
        (*compiler.target_flags, *link_flags),
        () if is_zig else ("-lgcc",),
    )

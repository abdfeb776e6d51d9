"""Compiles the emitted Arduino library and sketches, as an Arduino core would, for tests.

What the core is told comes from the Mbed core's board and platform files: each source below src/
alone, src/ as the folder of includes, for size, with unsigned char.
"""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sernet_gen.arduino import SOURCES

CORE = Path(__file__).parent / "arduino_core"
FREESTANDING = CORE / "freestanding"
M4 = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=softfp", "-mfpu=fpv4-sp-d16")
_ZIG_M4 = ("-target", "thumb-freestanding-eabi", "-mcpu=cortex_m4+vfp4d16sp", "-mfloat-abi=softfp")
_COMMON = ("-Os", "-funsigned-char", "-Wall", "-Wextra", "-Wvla", "-Werror")
_SECTIONS = ("-ffunction-sections", "-fdata-sections", "-fomit-frame-pointer")
_PLAIN = ("-fno-delete-null-pointer-checks", "-fno-exceptions", "-fmessage-length=0", "-g1")
_CXX = ("-std=gnu++14", "-fno-rtti")
# This machine has none of the instructions that the library insists on; it runs the C beside them.
_HOST = ("-D__ARM_FEATURE_DSP=1",)

ARM_GCC, ARM_GXX = "arm-none-eabi-gcc", "arm-none-eabi-g++"


class Compilers:
    """A C and a C++ compiler, and the flags that choose their target."""

    def __init__(self, c: Sequence[str], cxx: Sequence[str], target: Sequence[str]) -> None:
        self.c, self.cxx, self.target = tuple(c), tuple(cxx), tuple(target)

    def compile(self, source: Path, output: Path, includes: Sequence[Path]) -> None:
        """Compile one C, C++ or .ino file into an object; warnings are errors."""
        is_c = source.suffix == ".c"
        language = ["-std=gnu11"] if is_c else [*_CXX]
        if source.suffix == ".ino":  # the Arduino builder puts the include before a sketch
            language += ["-include", "Arduino.h", "-x", "c++"]
        start = [*(self.c if is_c else self.cxx), *self.target]
        words = [*start, *_COMMON, *_SECTIONS, *_PLAIN, *language]
        folders = [word for folder in includes for word in ("-I", str(folder))]
        run([*words, *folders, "-c", str(source), "-o", str(output)])


def host_compilers() -> Compilers | None:
    """Return this machine's compilers, None where there is none for C++."""
    if shutil.which("gcc") and shutil.which("g++"):
        return Compilers(["gcc"], ["g++"], _HOST)
    if importlib.util.find_spec("ziglang") is not None:
        return Compilers(*_zig(), _HOST)
    return None


def arm_gcc() -> Compilers:
    """Return the compilers that the Arduino core has, in the version of this machine."""
    return Compilers([ARM_GCC], [ARM_GXX], M4)


def arm_zig() -> Compilers:
    """Return zig for the same target; it comes without a C library."""
    return Compilers(*_zig(), (*_ZIG_M4, "-I", str(FREESTANDING)))


def _zig() -> tuple[list[str], list[str]]:
    start = [sys.executable, "-m", "ziglang"]
    return [*start, "cc"], [*start, "c++"]


def run(command: Sequence[str]) -> str:
    """Run `command`; returns stdout and stderr, fails the test with both."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
    return done.stdout


def library_sources(build: Path) -> list[Path]:
    """Return what an Arduino core compiles of the library in `build`: all below src/."""
    sources = build / SOURCES
    return sorted(path for path in sources.rglob("*") if path.suffix in (".c", ".cpp"))


def compile_library(build: Path, compilers: Compilers, out: Path) -> list[str]:
    """Compile every source of the library in `build` into the folder `out`; returns the objects."""
    includes = [build / SOURCES, CORE]
    objects = []
    for source in library_sources(build):
        name = "_".join(source.relative_to(build / SOURCES).parts)
        compilers.compile(source, out / f"{name}.o", includes)
        objects.append(str(out / f"{name}.o"))
    return objects


def link_process(build: Path, sketch: Path, library: Sequence[str], out: Path) -> Path:
    """Compile `sketch` for this machine and link it with the objects of the library."""
    compilers = host_compilers()
    assert compilers is not None
    objects = []
    for source in (sketch, CORE / "process.cpp"):
        objects.append(str(out / f"{source.name}.o"))
        compilers.compile(source, Path(objects[-1]), [build / SOURCES, CORE])
    program = out / sketch.stem
    run([*compilers.cxx, *objects, *library, "-Wl,--gc-sections", "-o", str(program)])
    return program


# What a port provides; the bare firmware's is linked under other names than the library's.
_PORT = ("init", "read", "write", "overruns", "ticks", "ticks_per_second", "has_bytes")
_RENAMED = tuple(f"-Dsn_port_{name}=board_port_{name}" for name in _PORT)


def link_board(build: Path, sketch: Path, library: Sequence[str], out: Path) -> Path:
    """Compile `sketch` for the emulated nano33 and link it with the objects of the library."""
    core = arm_gcc()
    port = Compilers(core.c, core.cxx, (*core.target, *_RENAMED))
    includes = [build / SOURCES, CORE, build / "ports"]
    # The library has the cycle counter itself.
    ports = [path for path in sorted((build / "ports").rglob("*.c")) if path.name != "cyccnt.c"]
    objects = []
    for source in [sketch, CORE / "board.cpp", *ports]:
        objects.append(str(out / f"{source.name}.o"))
        (port if source in ports else core).compile(source, Path(objects[-1]), includes)
    image = out / f"{sketch.stem}.elf"
    words = ["-nostartfiles", "-nodefaultlibs", "-Wl,--gc-sections", "-Wl,--entry=sn_reset"]
    script = ["-T", str(build / "link.ld")]
    run([ARM_GCC, *M4, *words, *script, *objects, *library, "-lgcc", "-o", str(image)])
    return image

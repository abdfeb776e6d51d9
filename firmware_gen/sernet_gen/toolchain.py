"""Finding a C compiler: the user's path, the one on PATH, or the one that pip installed."""

import importlib.util
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from sernet_cal.errors import ToolchainError
from sernet_gen.compiler import Compiler
from sernet_gen.cores import Core, find_core

ARM_GCC = "arm-none-eabi-gcc"
_HOST_COMPILERS = ("cc", "gcc", "clang")
_PROBE_TIMEOUT_S = 60.0  # zig unpacks itself on its first start
_CURES = (
    "Install the one that comes with pip:  pip install ziglang\n"
    f"or {ARM_GCC}:  apt install gcc-arm-none-eabi\n"
    "or name one:  --toolchain PATH"
)


def host_compiler() -> Compiler:
    """Return the compiler for this machine: cc, gcc or clang on PATH, else zig from pip.

    Raises ToolchainError with the cures when there is none.
    """
    for name in _HOST_COMPILERS:
        path = shutil.which(name)
        compiler = _probe(name, (path,)) if path else None
        if compiler is not None:
            return compiler
    compiler = _zig_from_pip()
    if compiler is not None:
        return compiler
    raise ToolchainError(
        f"No C compiler for this machine: {', '.join(_HOST_COMPILERS)} are not on PATH, "
        "and the Python package ziglang is not installed.",
        "Install the one that comes with pip:  pip install ziglang\nor any other:  apt install gcc",
    )


def find_toolchain(core: str, user_path: str | None = None) -> Compiler:
    """Return the compiler for `core`, told to build for it.

    `user_path`: the user's choice, a path or one of the words "gcc" and "zig"; without it
    arm-none-eabi-gcc on PATH, then zig. The core "host" takes `host_compiler`.
    Raises ToolchainError naming what is missing and what mends it.
    """
    target = find_core(core)
    if user_path is not None:
        return _for_core(_users_choice(user_path, target), target)
    if target.is_host:
        return host_compiler()
    compiler = _gcc_on_path(target) or _zig_from_pip()
    if compiler is None:
        raise ToolchainError(
            f"No compiler for {core}: {ARM_GCC} is not on PATH, "
            "and the Python package ziglang is not installed.",
            _CURES,
        )
    return _for_core(compiler, target)


def _gcc_on_path(core: Core) -> Compiler | None:
    name = "gcc" if core.is_host else ARM_GCC
    path = shutil.which(name)
    return _probe(name, (path,)) if path else None


def _users_choice(user_path: str, core: Core) -> Compiler:
    if user_path in ("gcc", "zig"):
        compiler = _gcc_on_path(core) if user_path == "gcc" else _zig_from_pip()
        if compiler is not None:
            return compiler
        where = "on PATH" if user_path == "gcc" else "installed by pip, nor on PATH"
        raise ToolchainError(
            f"--toolchain {user_path}: there is no {user_path} for {core.name} {where}.", _CURES
        )
    path = Path(user_path)
    if path.is_dir():
        path = _compiler_in(path, core)
    if not path.is_file():
        raise ToolchainError(f"--toolchain {user_path}: there is no such file.", _CURES)
    absolute = str(path.absolute())
    command = (absolute, "cc") if path.stem == "zig" else (absolute,)
    compiler = _probe(path.name, command)
    if compiler is None:
        raise ToolchainError(
            f"--toolchain {user_path}: this is no C compiler (it does not answer to --version "
            "as GCC, clang or zig do).",
            _CURES,
        )
    return compiler


def _compiler_in(folder: Path, core: Core) -> Path:
    names = ("gcc", "cc", "clang", "zig") if core.is_host else (ARM_GCC, "zig")
    for name in names:
        for place in (folder, folder / "bin"):
            found = shutil.which(name, path=str(place))
            if found:
                return Path(found)
    raise ToolchainError(
        f"--toolchain {folder}: this folder has no {' or '.join(names)}, nor has its bin/.", _CURES
    )


def _for_core(compiler: Compiler, core: Core) -> Compiler:
    if core.is_host:
        return compiler
    if compiler.family == "zig":
        return replace(compiler, target_flags=core.zig_flags)
    machine = compiler.run(["-dumpmachine"], "name its target").strip()
    if compiler.family != "gcc" or not machine.startswith("arm-"):
        raise ToolchainError(
            f"{compiler.title} compiles for {machine} and is no GCC for Arm; "
            f"{core.name} needs {ARM_GCC} or zig.",
            _CURES,
        )
    return replace(compiler, target_flags=core.gcc_flags)


def _zig_from_pip() -> Compiler | None:
    """Return zig as the Python package ziglang brings it, else a `zig` on PATH."""
    if importlib.util.find_spec("ziglang") is not None:
        return _probe("zig", (sys.executable, "-m", "ziglang", "cc"))
    path = shutil.which("zig")
    return _probe("zig", (path, "cc")) if path else None


def _probe(name: str, command: tuple[str, ...]) -> Compiler | None:
    """Ask a command for its version; None when it does not start or is no compiler."""
    if command[-1] == "cc" and len(command) > 1:
        version = _answer((*command[:-1], "version"))
        return Compiler(name, version, "zig", command) if version else None
    banner = _answer((*command, "--version"))
    clang = re.search(r"clang version (\d+(?:\.\d+)*)", banner)
    if clang:
        return Compiler(name, clang[1], "clang", command)
    if "Free Software Foundation" not in banner:
        return None
    version = _answer((*command, "-dumpfullversion"))
    return Compiler(name, version, "gcc", command) if version else None


def _answer(command: tuple[str, ...]) -> str:
    """Return what `command` prints; empty when it does not start, fails or hangs."""
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PROBE_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""

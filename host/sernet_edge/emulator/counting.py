"""Exact instruction counts: a native function in unicorn's block hook.

A Python callback takes a microsecond for each block, minutes for one clip; a few lines of C,
compiled with the host's compiler when somebody asks, take nanoseconds.
"""

import ctypes
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

from sernet_edge.emulator.machine import Machine
from sernet_gen.toolchain import host_compiler

_SOURCE = "block_count.c"
_EVERYWHERE = (1, 0)  # unicorn's way to say so


class _CounterHead(ctypes.Structure):
    """The first fields of sn_block_counter."""

    _fields_ = (
        ("read_memory", ctypes.c_void_p),
        ("instructions", ctypes.c_uint64),
        ("misses", ctypes.c_uint64),
    )


class InstructionCounter:
    """Counts every instruction that `machine` executes from now on.

    Instructions that a condition (IT) skips are counted, as the core fetches them all the same.
    Raises ToolchainError where this machine has no C compiler.
    """

    def __init__(self, machine: Machine) -> None:
        api, library = unicorn_library()
        self._library = compile_hook(_SOURCE)
        self._library.sn_block_counter_size.restype = ctypes.c_size_t
        self._memory = ctypes.create_string_buffer(self._library.sn_block_counter_size())
        self._head = _CounterHead.from_buffer(self._memory)
        self._head.read_memory = ctypes.cast(library.uc_mem_read, ctypes.c_void_p).value
        add_hook(machine, api.UC_HOOK_BLOCK, self._library.sn_count_block, self._memory)

    @property
    def instructions(self) -> int:
        """Instructions since the start."""
        return int(self._head.instructions)


def unicorn_library() -> tuple[Any, Any]:
    """Return unicorn's Python module and its C library."""
    import unicorn
    from unicorn.unicorn_py3 import unicorn as binding

    return unicorn, binding.uclib


def add_hook(
    machine: Machine,
    kind: int,
    function: Any,
    memory: Any,
    addresses: tuple[int, int] = _EVERYWHERE,
) -> None:
    """Let unicorn call the C `function` with `memory` (ctypes) for events of `kind`.

    `addresses`: the first and the last that matter. Raises unicorn's UcError.
    """
    api, library = unicorn_library()
    handle = ctypes.c_size_t()
    status = library.uc_hook_add(
        machine.uc._uch,
        ctypes.byref(handle),
        kind,
        ctypes.cast(function, ctypes.c_void_p),
        ctypes.cast(memory, ctypes.c_void_p),
        ctypes.c_uint64(addresses[0]),
        ctypes.c_uint64(addresses[1]),
    )
    if status != api.UC_ERR_OK:
        raise api.UcError(status)
    # Blocks that were translated before know nothing of the hook.
    machine.uc.ctl_flush_tb()


def compile_hook(name: str) -> ctypes.CDLL:
    """Compile and load the C file `name` of this package; raises ToolchainError."""
    source = resources.files("sernet_edge.emulator") / name
    with resources.as_file(source) as path, tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "hook.so"
        host_compiler().compile_shared([path], [], library, ["-O2"])
        return ctypes.CDLL(str(library))

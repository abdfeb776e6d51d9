"""The profile of a firmware in QEMU, for cores that unicorn does not model: a plugin counts.

The plugin and this program share a file, so that this one can say when to count and for which
phase, and reads the blocks where they are.
"""

import ctypes
import mmap
import os
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from types import TracebackType

import numpy as np

from sernet_cal.errors import SernetError
from sernet_edge.emulator.profile import CodeMarks, Profile, ProfiledBlock, read_blocks
from sernet_gen.toolchain import host_compiler

_SOURCE = "qemu_profile.c"


class _Shared(ctypes.Structure):
    """sn_shared_profile."""

    _fields_ = (
        ("is_counting", ctypes.c_uint32),
        ("waits", ctypes.c_uint32),
        ("sizes", ctypes.c_void_p),
        ("profile", Profile),
    )


class QemuProfiler:
    """Compiles the plugin and lays out the shared file; `url_options` start QEMU with both.

    `sizes`: bytes of each table in `marks.arguments`, by its address. Counting begins with `start`,
    for `part` at first. A context manager; raises ToolchainError without a host compiler.
    """

    def __init__(self, marks: CodeMarks, sizes: Mapping[int, int], part: int) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        plugin, shared = folder / "plugin.so", folder / "profile"
        with resources.as_file(resources.files("sernet_edge.emulator") / _SOURCE) as source:
            host_compiler().compile_shared([source], [], plugin, ["-O2"])
        library = ctypes.CDLL(str(plugin), mode=os.RTLD_LAZY)  # QEMU's functions are not here
        library.sn_shared_profile_size.restype = ctypes.c_size_t
        if library.sn_shared_profile_size() != ctypes.sizeof(_Shared):
            raise SernetError(f"{_SOURCE} and {__name__} disagree on the profile's fields.")
        addresses = list(marks.arguments)
        tail = np.ascontiguousarray(marks.marks, np.uint16)
        tail = np.append(tail, np.zeros(len(tail) % 2, np.uint16))  # words follow
        tables = np.array([addresses, [sizes[address] for address in addresses]], np.uint32)
        content = tail.tobytes() + tables.tobytes()
        shared.write_bytes(bytes(ctypes.sizeof(_Shared)) + content)
        with shared.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        self._shared = _Shared.from_buffer(self._map)
        profile = self._shared.profile
        profile.first_code, profile.mark_count = marks.first, len(tail)
        profile.argument_count = len(addresses)
        profile.first_argument_part = min(marks.arguments.values(), default=0)
        profile.part = part
        self.url_options = f"&plugin={plugin}&profile={shared}"

    def __enter__(self) -> "QemuProfiler":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del self._shared
        self._map.close()
        self._folder.cleanup()

    def start(self) -> None:
        """Count from now on."""
        self._shared.is_counting = 1

    def next_phase(self) -> None:
        """Count what follows for the second phase."""
        self._shared.profile.phase = 1

    def blocks(self) -> tuple[ProfiledBlock, ...]:
        """Return what ran so far, by address, size and part; raises SernetError if some is lost."""
        return read_blocks(self._shared.profile)

"""The processor cores that a board may name, and what each compiler must be told for them."""

import difflib
from dataclasses import dataclass

from sernet_cal.errors import InputError

HOST_CORE = "host"


@dataclass(frozen=True)
class Core:
    """One core: how GCC and zig call it, and which instruction sets the build must find.

    `gcc_flags` and `zig_flags` select the target; `has_dsp` cores fail the build when the compiler
    does not define `__ARM_FEATURE_DSP` (zig then builds the plain-C kernels without a word).
    """

    name: str
    gcc_flags: tuple[str, ...]
    zig_flags: tuple[str, ...]
    has_dsp: bool
    has_fpu: bool

    @property
    def is_host(self) -> bool:
        """Whether the firmware is a process of this machine."""
        return self.name == HOST_CORE


_CORES = {
    core.name: core
    for core in (
        Core(HOST_CORE, (), (), has_dsp=False, has_fpu=True),
        Core(
            "cortex-m4f",
            ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"),
            # Plain cortex_m4 has no FPU in zig.
            ("-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m4+vfp4d16sp"),
            has_dsp=True,
            has_fpu=True,
        ),
    )
}


def core_names() -> tuple[str, ...]:
    """Return the names of all known cores."""
    return tuple(_CORES)


def find_core(name: str) -> Core:
    """Return the core called `name`; raises InputError with the nearest names."""
    if name in _CORES:
        return _CORES[name]
    near = difflib.get_close_matches(name, _CORES, n=3, cutoff=0.4)
    raise InputError(
        f"There is no core {name!r}.",
        f"Did you mean {' or '.join(near)}?" if near else f"Known cores: {', '.join(_CORES)}.",
    )

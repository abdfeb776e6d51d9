"""The processor cores that a board may name, and what each compiler must be told for them."""

import difflib
from dataclasses import dataclass

from sernet_cal.errors import InputError

HOST_CORE = "host"


@dataclass(frozen=True)
class Core:
    """One core: how GCC and zig call it, and which instruction sets the build must find.

    `gcc_flags` and `zig_flags` select the target; the build fails when the compiler does not define
    `__ARM_FEATURE_DSP` for a core with `has_dsp`, or `__ARM_FEATURE_MVE` for one with `has_mve`
    (zig then builds the plain-C kernels without a word).
    """

    name: str
    gcc_flags: tuple[str, ...]
    zig_flags: tuple[str, ...]
    has_dsp: bool = False
    has_fpu: bool = False
    has_mve: bool = False

    @property
    def is_host(self) -> bool:
        """Whether the firmware is a process of this machine."""
        return self.name == HOST_CORE


_SOFT = ("-mthumb", "-mfloat-abi=soft")
_HARD = ("-mthumb", "-mfloat-abi=hard")
_ZIG_SOFT = ("-target", "thumb-freestanding-eabi")
_ZIG_HARD = ("-target", "thumb-freestanding-eabihf")

_CORES = {
    core.name: core
    for core in (
        Core(HOST_CORE, (), (), has_fpu=True),
        Core(
            "cortex-m0plus",
            # GCC reads the assembly of Thumb without -2 in an old syntax unless it is told not to.
            ("-mcpu=cortex-m0plus", *_SOFT, "-masm-syntax-unified"),
            (*_ZIG_SOFT, "-mcpu=cortex_m0plus"),
        ),
        Core("cortex-m3", ("-mcpu=cortex-m3", *_SOFT), (*_ZIG_SOFT, "-mcpu=cortex_m3")),
        Core(
            "cortex-m4f",
            ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"),
            # Plain cortex_m4 has no FPU in zig.
            (*_ZIG_HARD, "-mcpu=cortex_m4+vfp4d16sp"),
            has_dsp=True,
            has_fpu=True,
        ),
        Core(
            "cortex-m7",
            ("-mcpu=cortex-m7", *_HARD, "-mfpu=fpv5-sp-d16"),
            (*_ZIG_HARD, "-mcpu=cortex_m7+fp_armv8d16sp"),
            has_dsp=True,
            has_fpu=True,
        ),
        Core(
            "cortex-m33",
            ("-mcpu=cortex-m33", *_HARD, "-mfpu=fpv5-sp-d16"),
            # Plain cortex_m33 has no DSP instructions in zig.
            (*_ZIG_HARD, "-mcpu=cortex_m33+dsp+fp_armv8d16sp"),
            has_dsp=True,
            has_fpu=True,
        ),
        Core(
            "cortex-m55",
            ("-mcpu=cortex-m55", *_HARD, "-mfpu=auto"),
            (*_ZIG_HARD, "-mcpu=cortex_m55+mve_fp+fp_armv8d16"),
            has_dsp=True,
            has_fpu=True,
            has_mve=True,
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

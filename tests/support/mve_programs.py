"""Runs the strip kernels with Helium in QEMU, which models a core that unicorn does not."""

import shutil
import subprocess

import numpy as np
import pytest
from strip_layers import expected_rows
from strip_programs import SUPPORT, WARNINGS, case_source, case_sources

from sernet_gen.assets import runtime_dir
from sernet_gen.csyntax import c_array
from sernet_gen.toolchain import ARM_GCC, find_toolchain

QEMU = "qemu-system-arm"
NEEDS_HELIUM = pytest.mark.skipif(
    not (shutil.which(QEMU) and shutil.which(ARM_GCC)), reason=f"needs {QEMU} and {ARM_GCC}"
)
TIME_LIMIT_S = 60
SCRIPT = """
SECTIONS { .text 0 : { KEEP(*(.vectors)) *(.text*) *(.rodata*) *(.data*) }
 .bss 0x20000000 : { *(.bss*) *(COMMON) }
 stack_top = 0x20080000;
 /DISCARD/ : { *(.ARM.exidx*) *(.ARM.attributes) } }
"""


def run_cases(folder, model, layers, clips, flags=()):
    """Return the number of wrong bytes of each layer; `clips`: of one length, one for each."""
    expected = [expected_rows(model, *pair) for pair in zip(layers, clips, strict=True)]
    sources = case_sources(folder, model, layers)
    return run_text(folder, case_source(model, layers), sources, clips, expected, flags)


def run_text(folder, text, sources, clips, expected, flags=()):
    """Return the number of wrong bytes of each of the cases that `text` lists."""
    text += (
        c_array("int8_t", "clips", np.concatenate([c.ravel() for c in clips]), static=False)
        + c_array("int8_t", "expected", np.concatenate([e.ravel() for e in expected]), static=False)
        + f"const uint32_t clip_rows = {len(clips[0])};\n"
        + f"const uint32_t case_count = {len(clips)};\n"
    )
    (folder / "cases.c").write_text("#include <stdint.h>\n" + text)
    (folder / "link.ld").write_text(SCRIPT)
    image = folder / "mve.elf"
    words = ["-std=c99", "-O2", "-ffreestanding", *WARNINGS, "-Wno-pedantic", *flags]
    words += [f"-I{path}" for path in (folder, runtime_dir(), SUPPORT)]
    words += [str(path) for path in (*sources, SUPPORT / "mve_program.c", folder / "cases.c")]
    words += ["-nostartfiles", "-nodefaultlibs", "-lgcc", f"-Wl,-T,{folder / 'link.ld'}"]
    find_toolchain("cortex-m55", "gcc").run([*words, "-o", str(image)], "build for Helium")
    return _run(image, len(clips))


def _run(image, count):
    machine = ["-machine", "mps3-an547", "-nographic", "-monitor", "none", "-serial", "none"]
    semihosting = ["-semihosting-config", "enable=on,target=native"]
    done = subprocess.run(
        [QEMU, *machine, *semihosting, "-kernel", str(image)],
        capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False,
    )  # fmt: skip
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("case")]
    assert len(lines) == count, done.stdout + done.stderr
    return [int(line.split(": ")[1], 16) for line in lines]

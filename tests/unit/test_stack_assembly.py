"""The stack report of functions of assembly alone, whose frames GCC gives as 0."""

import shutil
from pathlib import Path

import pytest

from sernet_gen.elf import read_image
from sernet_gen.stack import read_frames, worst_stack
from sernet_gen.toolchain import ARM_GCC, find_toolchain

NAKED = """
static volatile int sink;
__attribute__((naked, noinline)) static void pushes(void) {
    __asm__ volatile("push {r4-r11, lr}\\n vpush {s16-s31}\\n vpop {s16-s31}\\n pop {r4-r11, pc}");
}
void sn_start(void);
void sn_start(void) { pushes(); sink = 1; }
"""


@pytest.mark.skipif(not shutil.which(ARM_GCC), reason=f"needs {ARM_GCC}")
def test_pushes_of_assembly_are_counted(tmp_path: Path) -> None:
    (tmp_path / "x.c").write_text(NAKED)
    flags = ["-O2", "-ffreestanding", "-fstack-usage", "-g0", "-nostartfiles", "-nodefaultlibs"]
    compiler = find_toolchain("cortex-m4f", "gcc")
    compiler.run([*flags, "-Wl,--entry=sn_start", "x.c", "-o", "x.elf"], "link", cwd=tmp_path)
    frames = read_frames(tmp_path)
    assert frames["pushes"] == 0
    use = worst_stack(read_image(tmp_path / "x.elf"), frames)
    assert dict(use.chain)["pushes"] == 4 * (9 + 16)

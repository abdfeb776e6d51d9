"""Runs the strip kernels on an emulated core: the assembly, or (SN_PORTABLE) its C twins."""

import importlib.util
import shutil

import numpy as np
import pytest
from strip_programs import WARNINGS, case_sources, tables
from unicorn import UC_ARCH_ARM, UC_HOOK_BLOCK, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn.arm_const import (
    UC_ARM_REG_LR,
    UC_ARM_REG_R0,
    UC_ARM_REG_R1,
    UC_ARM_REG_R2,
    UC_ARM_REG_R3,
    UC_ARM_REG_SP,
    UC_CPU_ARM_CORTEX_M0,
    UC_CPU_ARM_CORTEX_M4,
)

from sernet_gen.assets import runtime_dir
from sernet_gen.elf import read_image
from sernet_gen.toolchain import ARM_GCC, find_toolchain

RAM, RAM_BYTES, FLASH_BYTES = 0x2000_0000, 1 << 20, 1 << 22
STOP = FLASH_BYTES - 16
SCRIPT = """
MEMORY { FLASH (rx) : ORIGIN = 0x0, LENGTH = 4M
 RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 1M }
SECTIONS { .text : { *(.text*) *(.rodata*) } > FLASH
 .data : { *(.data*) *(.bss*) *(COMMON) } > RAM
 /DISCARD/ : { *(.ARM.exidx*) *(.ARM.attributes) } }
"""
FLAGS = ("-std=c99", "-O2", "-ffreestanding", "-fno-asynchronous-unwind-tables")
NEEDS_GCC = pytest.mark.skipif(not shutil.which(ARM_GCC), reason=f"needs {ARM_GCC}")
NEEDS_ZIG = pytest.mark.skipif(
    importlib.util.find_spec("ziglang") is None, reason="needs the Python package ziglang"
)
UNICORN_CORES = {"cortex-m4f": UC_CPU_ARM_CORTEX_M4, "cortex-m0plus": UC_CPU_ARM_CORTEX_M0}
# (compiler, flags)
ARM_BUILDS = [
    pytest.param(("gcc", ()), marks=NEEDS_GCC, id="gcc"),
    pytest.param(("gcc", ("-DSN_PORTABLE",)), marks=NEEDS_GCC, id="portable"),
    pytest.param(("zig", ()), marks=NEEDS_ZIG, id="zig"),
]
ARGUMENTS = (UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3)


class ArmImage:
    """The C `text` and `sources`, compiled for an emulated core; `folder` is searched first."""

    def __init__(self, folder, text, sources, family="gcc", flags=(), core="cortex-m4f"):
        (folder / "link.ld").write_text(SCRIPT)
        data = folder / "tables.c"
        data.write_text(text.replace("static const sn_", "const sn_"))
        compiler = find_toolchain(core, family)
        words = [*FLAGS, *WARNINGS, *flags, f"-I{folder}", f"-I{runtime_dir()}"]
        if family == "zig":
            words += ["-fno-sanitize=undefined", "-fno-stack-protector"]
            words += ["-Wno-unused-command-line-argument"]
        paths = [str(path) for path in (*sources, data)]
        link = ["-nostartfiles", f"-Wl,-T,{folder / 'link.ld'}", "-Wl,--entry=0"]
        link += ["-nodefaultlibs", "-lgcc"] if family == "gcc" else ["-Wl,--no-gc-sections"]
        image = folder / f"image_{family}.elf"
        compiler.run([*words, *paths, *link, "-o", str(image)], "build the strips")
        linked = read_image(image)
        self.sizes = {symbol.name: symbol.size for symbol in linked.symbols}
        self.symbols = self._load(linked, UNICORN_CORES[core])

    def _load(self, image, core):
        self._core = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self._core.ctl_set_cpu_model(core)
        self._core.mem_map(0, FLASH_BYTES)
        self._core.mem_map(RAM, RAM_BYTES)
        for segment in image.segments:
            if segment.load < RAM + RAM_BYTES:  # zig's linker loads the ELF headers far above
                self._core.mem_write(segment.load, segment.content)
        self._free = RAM + RAM_BYTES // 2
        return {symbol.name: symbol.address for symbol in image.symbols}

    def put(self, content):
        """Return the address of a copy of `content` in RAM, aligned to 4."""
        address = self._free
        self._free += -(-len(content) // 4) * 4
        self._core.mem_write(address, bytes(content))
        return address

    def pointers(self, addresses):
        """Return the address of an array of pointers."""
        return self.put(np.array(addresses, "<u4").tobytes())

    def call(self, name, *arguments):
        """Run a function to its end; `count_blocks` sees it."""
        for register, value in zip(ARGUMENTS, arguments, strict=False):
            self._core.reg_write(register, value)
        self._core.reg_write(UC_ARM_REG_SP, RAM + RAM_BYTES // 2 - 64)
        self._core.reg_write(UC_ARM_REG_LR, STOP | 1)
        self._core.emu_start(self.symbols[name] | 1, STOP)

    def count_blocks(self, edges):
        """Count the steps (address, size) -> (address, size) of all later calls in `edges`."""
        last = [None]

        def block(_core, address, size, _data):
            edges[last[0], (address, size)] += 1
            last[0] = (address, size)

        self._core.hook_add(UC_HOOK_BLOCK, block)
        self._core.ctl_flush_tb()

    def code(self, address, size):
        """Return the bytes of a block of code."""
        return bytes(self._core.mem_read(address, size))


class ArmStrips(ArmImage):
    """An image with the tables of `layers`, in an emulated core."""

    def __init__(self, folder, model, layers, family="gcc", flags=(), core="cortex-m4f"):
        self.model = model
        sources = case_sources(folder, model, layers)
        super().__init__(folder, tables(model, layers), sources, family, flags, core)

    def run_layer(self, kernel, layer, values):
        """Return what the image makes of a clip, int8 [rows, width * channels]."""
        group, choice, start = layer.group, layer.choice, self._free
        made_bytes = self.model.traced[group.output].row_bytes
        output_rows = -(-len(values) // layer.stride)
        rows = [self.put(row.tobytes()) for row in values]
        made = [self.put(bytes(made_bytes)) for _ in range(output_rows)]
        workspace = self.put(bytes(kernel.workspace_bytes(self.model, group, choice)))
        guard = self.put(b"\xa5" * 64)
        table = self.symbols[f"operator_{group.output}"]
        for first, first_row in layer.runs(output_rows):
            window = range(first_row, first_row + layer.run_window)
            reads = [rows[at] if 0 <= at < len(rows) else 0 for at in window]
            writes = range(first, first + choice.rows)
            writes = [made[at] if 0 <= at < output_rows else 0 for at in writes]
            arguments = self.pointers(reads), workspace, self.pointers(writes)
            self.call(f"sn_{choice.algorithm}_strip", table, *arguments)
        assert self.code(guard, 64) == b"\xa5" * 64
        self._free = start
        found = [np.frombuffer(self.code(address, made_bytes), np.int8) for address in made]
        return np.stack(found)

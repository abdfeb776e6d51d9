"""The front-end's assembly and its C twins, step by step and as a whole, in emulated cores.

Everything is compared with the numpy twin: on a Cortex-M4F with its assembly and with the C that
-DSN_PORTABLE leaves, and on a Cortex-M0+, which multiplies to 32 bits only.
"""

import dataclasses
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from sernet_cal import mfcc_kernels, mfcc_tables
from sernet_cal.features import FrontEnd
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_gen.assets import runtime_dir
from sernet_gen.elf import read_image
from sernet_gen.frontend_source import FILE_NAME, render_frontend
from sernet_gen.toolchain import ARM_GCC, find_toolchain

unicorn = pytest.importorskip("unicorn", reason="needs the Python package unicorn")
from unicorn import arm_const  # noqa: E402

RAM, RAM_BYTES, FLASH_BYTES = 0x2000_0000, 1 << 20, 1 << 20
STOP = FLASH_BYTES - 16
SCRIPT = """
MEMORY { FLASH (rx) : ORIGIN = 0x0, LENGTH = 1M
 RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 1M }
SECTIONS { .text : { *(.text*) *(.rodata*) } > FLASH
 .data : { *(.data*) *(.bss*) *(COMMON) } > RAM
 /DISCARD/ : { *(.ARM.exidx*) *(.ARM.attributes) } }
"""
M4 = ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
M0 = ("-mcpu=cortex-m0plus", "-mthumb")
BUILDS = {
    "m4-assembly": ("gcc", M4, (), arm_const.UC_CPU_ARM_CORTEX_M4),
    "m4-portable": ("gcc", M4, ("-DSN_PORTABLE",), arm_const.UC_CPU_ARM_CORTEX_M4),
    "m4-assembly-zig": ("zig", None, (), arm_const.UC_CPU_ARM_CORTEX_M4),
    "m0plus": ("gcc", M0, (), arm_const.UC_CPU_ARM_CORTEX_M0),
}
FRONT_END = FrontEnd(
    "stream",
    "hann",
    (-80.0, *np.linspace(6.0, 0.0, 39)),
    (22.0, *np.linspace(7.0, 0.9, 39)),
    4.0,
)
WINDOW = mfcc_tables.window_table("hann")
REVERSED = np.array([int(f"{n:09b}"[::-1], 2) for n in range(512)])


class Core:
    """The front-end of one build in an emulated core, with the buffers of frontend_steps.c."""

    def __init__(self, folder, name):
        family, target, flags, model = BUILDS[name]
        compiler = find_toolchain("cortex-m4f", family)
        if target is not None:
            compiler = dataclasses.replace(compiler, target_flags=target)
        (folder / "link.ld").write_text(SCRIPT)
        constants = folder / FILE_NAME
        constants.write_text(render_frontend(FRONT_END, 8 / 255, -1))
        steps = Path(__file__).parents[1] / "support" / "frontend_steps.c"
        sources = [*sorted((runtime_dir() / "frontend").glob("*.c")), constants, steps]
        words = ["-std=c99", "-O2", "-ffreestanding", "-fno-asynchronous-unwind-tables", *flags]
        link = ["-nostartfiles", f"-Wl,-T,{folder / 'link.ld'}", "-Wl,--entry=0"]
        if family == "gcc":
            link += ["-nodefaultlibs", "-lgcc"]
        else:
            words += ["-fno-sanitize=undefined", "-fno-stack-protector"]
            words += ["-Wno-unused-command-line-argument"]
            link.append("-Wl,--no-gc-sections")
        image = folder / "frontend.elf"
        paths = [str(path) for path in sources]
        compiler.run([*words, f"-I{runtime_dir()}", *paths, *link, "-o", str(image)], "build")
        self._load(read_image(image), model)

    def _load(self, image, model):
        self._core = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self._core.ctl_set_cpu_model(model)
        self._core.mem_map(0, FLASH_BYTES)
        self._core.mem_map(RAM, RAM_BYTES)
        for segment in image.segments:
            if segment.load < RAM + RAM_BYTES:  # zig's linker loads the ELF headers far above
                self._core.mem_write(segment.load, segment.content)
        self._symbols = {symbol.name: symbol.address for symbol in image.symbols}

    def call(self, name, *arguments):
        registers = (arm_const.UC_ARM_REG_R0, arm_const.UC_ARM_REG_R1)
        for register, value in zip(registers, arguments, strict=False):
            self._core.reg_write(register, value)
        self._core.reg_write(arm_const.UC_ARM_REG_SP, RAM + RAM_BYTES - 64)
        self._core.reg_write(arm_const.UC_ARM_REG_LR, STOP | 1)
        self._core.emu_start(self._symbols[name] | 1, STOP)
        return self._core.reg_read(arm_const.UC_ARM_REG_R0)

    def write(self, name, values, kind="<i4"):
        self._core.mem_write(self._symbols[name], np.ascontiguousarray(values, kind).tobytes())

    def read(self, name, shape, kind="<i4"):
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        content = bytes(self._core.mem_read(self._symbols[name], size))
        return np.frombuffer(content, kind).reshape(shape).astype(np.int64)

    def rows(self, samples, block):
        self.write("samples", samples, "<i2")
        assert self.call("run_clip", len(samples), block) == 0
        (count,) = struct.unpack("<I", self.read("row_count", 1, "<u4").astype("<u4").tobytes())
        return self.read("rows", (count, 40), "i1")


@pytest.fixture(scope="module", params=BUILDS)
def core(request, tmp_path_factory):
    family = BUILDS[request.param][0]
    if family == "gcc" and not shutil.which(ARM_GCC):
        pytest.skip(f"needs {ARM_GCC}")
    if family == "zig":
        pytest.importorskip("ziglang", reason="needs the Python package ziglang")
    return Core(tmp_path_factory.mktemp(request.param), request.param)


def frames():
    """Return frames of samples at the edges of what they can be, int64 [n, 1024]."""
    rng = np.random.default_rng(5)
    time = np.arange(1024)
    loud = rng.integers(-32768, 32768, (3, 1024))
    at_the_edge = np.where(time < 4, 1, 0)
    kinds = [
        *(np.zeros(1024), np.full(1024, -32768), np.full(1024, 32767), time == 511, at_the_edge),
        *(np.where(time % 2, 32767, -32768), np.where(time // 37 % 2, -32768, 32767)),
        *(rng.integers(-1, 2, 1024), rng.integers(-300, 300, 1024)),
    ]
    return np.stack([*loud, *kinds]).astype(np.int64)


def spectra():
    """Return packed points that reach the ends of their range, int64 [n, 512, 2]."""
    rng = np.random.default_rng(6)
    largest = 2**30
    ends = rng.choice([-largest, largest - 1], (4, 512, 2))
    small = rng.integers(-3, 4, (1, 512, 2))
    any_size = rng.integers(-largest, largest, (8, 512, 2)) >> rng.integers(0, 31, (8, 512, 1))
    same = np.full((1, 512, 2), -largest)
    return np.concatenate([ends, small, any_size, same])


@pytest.mark.parametrize("hop", range(4))
def test_window_on_the_core_is_the_twins(core, hop):
    for frame in frames():
        core.write("samples", np.roll(frame, 256 * hop), "<i2")
        core.call("run_window", 256 * hop)
        before, after = core.read("shift", 2)
        points = core.read("points", (512, 2))[REVERSED] << after
        expected, shift = mfcc_kernels.windowed(frame[None], WINDOW)
        assert before + after == shift[0]
        np.testing.assert_array_equal(points.reshape(1024), expected[0])


@pytest.mark.parametrize("after", [0, 1, 17])
def test_fft_on_the_core_is_the_twins(core, after):
    for points in spectra():
        given = points >> after
        core.write("points", given[REVERSED])
        core.call("run_fft", after)
        expected = mfcc_kernels.fft((given << after).reshape(1, 1024))
        found = core.read("points", (512, 2))
        np.testing.assert_array_equal(found, np.stack([part[0] for part in expected], axis=1))


def test_magnitudes_and_mel_sums_on_the_core_are_the_twins(core):
    first = int(mfcc_tables.mel_filters().first[0])
    for points in spectra():
        core.write("points", points)
        core.call("run_spectrum")
        bins = core.read("points", (512, 2))[:, 0]
        expected = mfcc_kernels.magnitudes(points[None, :, 0], points[None, :, 1])
        np.testing.assert_array_equal(bins[first:487], expected[0, first:487])
        core.call("run_mel")
        low, high = core.read("points", (512, 2))[1:129].T
        sums = (high << 32) + (low & 0xFFFFFFFF)
        np.testing.assert_array_equal(sums, mfcc_kernels.mel_sums(expected)[0])


@pytest.mark.parametrize("shift", [15, 30, 47])
def test_logarithms_on_the_core_are_the_twins(core, shift):
    rng = np.random.default_rng(shift)
    sums = rng.integers(0, 2**50, 128) >> rng.integers(0, 50, 128)
    core.write("points", np.stack([sums & 0xFFFFFFFF, sums >> 32], axis=1), "<u4")
    core.call("run_log_mel", shift)
    epsilon = (mfcc_tables.epsilon() << (shift - 15)) >> 16
    expected = mfcc_kernels.log2(sums + epsilon) - ((mfcc_tables.MEL_BITS + shift) << 20)
    np.testing.assert_array_equal(core.read("log_mel", 128), expected)


def test_cosine_sums_on_the_core_are_the_twins(core):
    rng = np.random.default_rng(7)
    table = mfcc_tables.dct_table()
    ends = [np.concatenate([np.sign(row), np.sign(row[::-1])]) * 2**25 for row in table[[0, 2, 4]]]
    odd = [np.concatenate([np.sign(row), -np.sign(row[::-1])]) * 2**25 for row in table[[1, 39]]]
    for values in [*rng.integers(-(2**25), 2**25, (5, 128)), *ends, *odd]:
        core.write("log_mel", values)
        core.call("run_dct")
        np.testing.assert_array_equal(core.read("sums", 40), mfcc_kernels.dct(values[None])[0])


@pytest.mark.parametrize("block", [100, 512, 8192])
def test_rows_on_the_core_are_the_twins(core, block):
    twin = IntegerFrontEnd(FRONT_END, 8 / 255, -1)
    rng = np.random.default_rng(block)
    samples = (rng.integers(-32768, 32768, 4000) >> rng.integers(0, 14, 4000)).astype(np.int16)
    samples[1500:2600] = 0
    np.testing.assert_array_equal(core.rows(samples, block), twin.clip_rows(samples, 1024))

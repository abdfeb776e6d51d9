"""The engine's C under sanitizers: each kernel, the whole network, misuse, and its arithmetic."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest
from engine_programs import (
    SUPPORT,
    WARNINGS,
    EnginePrograms,
    assert_same,
    run_program,
    write_shapes,
)
from tiny_models import NONE, RELU6, NetworkWriter, head, random_rows, small_sernet

from sernet_cal import kernels, requantize
from sernet_cal.errors import InputError, ToolchainError
from sernet_cal.qmodel import read_qmodel
from sernet_cal.reference import run_reference
from sernet_gen.assets import runtime_dir
from sernet_gen.choices import host_choices
from sernet_gen.hostlib import host_library
from sernet_gen.plan import plan_model
from sernet_gen.toolchain import find_toolchain, host_compiler


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    return EnginePrograms(tmp_path_factory.mktemp("engine"))


def assert_c_equals_numpy(programs, flatbuffer, width=8, counts=(1, 2, 7, 8, 21)):
    model, program = programs.link(flatbuffer, width)
    for count in counts:
        rows = random_rows(count, count, width)
        assert_same(model, run_program(model, program, rows), run_reference(model, rows))


def test_the_sanitizers_are_on(programs):
    if not programs.sanitizers:
        pytest.skip("the host's C compiler has no address sanitizer")
    assert "-fsanitize=address,undefined" in programs.sanitizers


@pytest.mark.parametrize("pool", ["AVERAGE", "MAX"])
def test_small_sernet_for_every_row_count(programs, pool):
    assert_c_equals_numpy(programs, small_sernet(1, pool=pool), counts=range(1, 50))


@pytest.mark.parametrize(
    ("kernel", "channels", "width"),
    [
        ((1, 1), 1, 1),
        ((3, 3), 4, 8),
        ((2, 4), 5, 7),
        ((11, 1), 3, 5),
        ((1, 9), 2, 4),
        ((32, 2), 1, 3),
    ],
)
def test_convolution(programs, kernel, channels, width):
    net = NetworkWriter(2, width=width)
    body = net.convolution(net.input, channels, kernel, NONE)
    body = net.convolution(body, 3, (3, 3), RELU6, per_channel=False)
    assert_c_equals_numpy(programs, head(net, body), width)


@pytest.mark.parametrize("kind", ["AVERAGE", "MAX"])
@pytest.mark.parametrize(
    ("kernel", "stride"), [((2, 2), (2, 2)), ((3, 5), (1, 2)), ((1, 1), (2, 3)), ((2, 3), (3, 1))]
)
def test_pool(programs, kind, kernel, stride):
    net = NetworkWriter(3, width=7)
    body = net.pool(net.convolution(net.input, 3, activation=NONE), kind, kernel, stride, RELU6)
    assert_c_equals_numpy(programs, head(net, body), 7)


def test_concatenation_that_reads_the_input_itself(programs):
    net = NetworkWriter(4, scale=0.02, zero_point=5)
    path = net.convolution(net.input, 3, (7, 1), NONE)
    net.tensors[path].quantization = net.tensors[net.input].quantization
    assert_c_equals_numpy(programs, head(net, net.concatenation([path, net.input, path])))


def test_mean_dense_and_softmax(programs):
    net = NetworkWriter(5)
    mean = net.mean(net.convolution(net.input, 33), keep_dims=True)
    net.softmax(net.dense(net.dense(net.reshape(mean, (1, 33)), 50), 11), beta=1.5)
    assert_c_equals_numpy(programs, net.finish())


def test_extreme_rows_and_weights(programs):
    net = NetworkWriter(6, zero_point=-128)
    body = net.convolution(net.input, 4)
    weights = net.tensors[net.operators[0].inputs[1]].buffer
    net.buffers[weights].data = np.full(36, 0x81, np.uint8)
    model, program = programs.link(head(net, body), 8)
    for value in (-128, 127):
        rows = np.full((9, 8), value, np.int8)
        assert_same(model, run_program(model, program, rows), run_reference(model, rows))


def test_misuse_is_noticed(programs):
    net = NetworkWriter(7)
    model_data, _ = programs.link(head(net, net.convolution(net.input, 2, (1, 1))), 8, "misused")
    assert model_data.classes == 4
    misuse = programs.compile(SUPPORT / "engine_misuse.c")
    objects = [programs.folder / "misused_data.o", programs.folder / "sn_engine.o", misuse]
    others = [p for p in programs.folder.glob("sn_*.o") if p.name != "sn_engine.o"]
    program = programs.folder / "misuse"
    words = [str(path) for path in (*objects, *others)]
    programs.compiler.run([*programs.sanitizers, *words, "-o", str(program)], "link misuse")
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


ARITHMETIC = """
#include "engine/sn_requantize.h"
int32_t twice(int32_t v, int32_t m, int32_t s);
int32_t once(int32_t v, int32_t m, int32_t s);
int32_t shift_right(int32_t v, int32_t s);
int32_t shift_left(int32_t v, int32_t s);
int32_t divide(int32_t v, int32_t c);
int32_t twice(int32_t v, int32_t m, int32_t s) { return sn_multiply_double_rounding(v, m, s); }
int32_t once(int32_t v, int32_t m, int32_t s) { return sn_multiply_single_rounding(v, m, s); }
int32_t shift_right(int32_t v, int32_t s) { return sn_rounding_shift_right(v, s); }
int32_t shift_left(int32_t v, int32_t s) { return sn_saturating_shift_left(v, s); }
int32_t divide(int32_t v, int32_t c) { return sn_divide_rounding(v, c); }
"""


@pytest.fixture(scope="module")
def arithmetic(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arithmetic")
    source = folder / "arithmetic.c"
    source.write_text(ARITHMETIC)
    target = folder / "arithmetic.so"
    host_compiler().compile_shared([source], [runtime_dir()], target, WARNINGS)
    return ctypes.CDLL(str(target))


def test_multiplications_equal_the_python_ones(arithmetic):
    random = np.random.default_rng(8)
    sums = [0, 1, -1, 2**22 - 1, -(2**22), *random.integers(-(2**22), 2**22, 60)]
    multipliers = [2**30, 2**31 - 1, 1518500250, *random.integers(2**30, 2**31, 9)]
    for shift in range(-31, 8):
        for multiplier in multipliers:
            for value in map(int, sums[:: 1 + shift % 7]):
                wide = np.array([value], np.int64)
                factor = int(multiplier)
                twice = requantize.multiply_double_rounding(wide, factor, shift)[0]
                once = requantize.multiply_single_rounding(wide, factor, shift)[0]
                assert arithmetic.twice(value, factor, shift) == twice
                assert arithmetic.once(value, factor, shift) == once


def test_shifts_and_divisions_equal_the_python_ones(arithmetic):
    extremes = [-(2**31), 1 - 2**31, -3, -2, -1, 0, 1, 2, 3, 2**31 - 2, 2**31 - 1]
    for value in extremes:
        wide = np.array([value], np.int64)
        for shift in range(32):
            expected = requantize.rounding_shift_right(wide, shift)[0]
            assert arithmetic.shift_right(value, shift) == expected
        for shift in range(3):
            expected = max(-(2**31), min(2**31 - 1, value << shift))
            assert arithmetic.shift_left(value, shift) == expected
    for value in range(-600, 600):
        for count in (1, 2, 3, 4, 6, 9, 25):
            expected = kernels.divide_rounding(np.array([value]), count)[0]
            assert arithmetic.divide(value, count) == expected


@pytest.mark.parametrize("compiler", ["gcc", "zig"])
def test_the_runtime_compiles_for_the_m4_without_a_warning(tmp_path, compiler):
    if compiler == "gcc" and shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    try:
        found = find_toolchain("cortex-m4f", compiler)
    except ToolchainError as error:
        pytest.skip(f"no {compiler} for the M4: {error.message}")
    write_shapes(tmp_path)
    sources = sorted((runtime_dir() / "engine").glob("*.c"))
    mains = [runtime_dir() / "sn_classifier.c", runtime_dir() / "sn_live.c"]
    for source in [*sources, *mains]:
        target = tmp_path / f"{source.stem}.o"
        includes = [f"-I{runtime_dir()}", f"-I{tmp_path}"]
        flags = ["-std=c99", "-O2", "-ffreestanding", *WARNINGS, *includes]
        found.run([*flags, "-c", str(source), "-o", str(target)], f"compile {source.name}")


def test_host_library_gives_nothing_for_tensors_that_are_not_made():
    model = read_qmodel(small_sernet(9), 8)
    choices = host_choices(model)
    made = plan_model(model, choices).made
    rows = random_rows(1, 12)
    with host_library(model, flags=("-O1",), choices=choices) as library:
        expected = run_reference(model, rows)
        assert_same(model, library.run_rows(rows), expected, made)
        np.testing.assert_array_equal(library.score_rows(rows), expected[-1])
    assert 0 < sum(made) < len(made)


def test_host_library_runs_rows_and_scores_them():
    model = read_qmodel(small_sernet(9), 8)
    rows = random_rows(1, 12)
    with host_library(model, flags=("-O0",)) as library:
        expected = run_reference(model, rows)
        assert_same(model, library.run_rows(rows), expected)
        np.testing.assert_array_equal(library.score_rows(rows), expected[-1])
        with pytest.raises(InputError, match="takes int8 rows of 8 values, one at least; these"):
            library.run_rows(rows[:0])

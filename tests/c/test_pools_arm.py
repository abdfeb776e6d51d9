"""The pools on emulated cores, many channels at a time and one at a time, as the reference's."""

import numpy as np
import pytest
from arm_strips import ARM_BUILDS, ArmImage
from mve_programs import NEEDS_HELIUM, run_text

from sernet_cal import kernels
from sernet_cal.qmodel_types import Pool, QModel, Tensor, row_geometry, same_padding
from sernet_gen.assets import runtime_dir
from sernet_gen.operator_source import render_operator

WIDTH, ROWS = 7, 5
SHAPES = [((2, 2), (2, 2)), ((2, 1), (2, 1)), ((3, 5), (1, 2)), ((1, 1), (2, 3)), ((31, 9), (1, 1))]


def made_pools():
    """Return a model of pools of both kinds, of one to nine channels."""
    tensors, pools = [], []
    for number, (kernel, stride) in enumerate(SHAPES * 2):
        channels, kind = (1, 4, 7, 40, 9)[number % 5], ("average", "max")[number // 5]
        limits = (-128, 127) if number % 3 else (-50, 60)
        out = same_padding(WIDTH, kernel[1], stride[1])[0]
        for shape in ((ROWS, WIDTH, channels), (ROWS, out, channels)):
            tensors.append(Tensor(f"t{len(tensors)}", "", shape, 0.1, 0))
        place = len(tensors) - 2
        pools.append(Pool(kind, place, place + 1, kernel, stride, *limits))
    return QModel(tuple(tensors), tuple(pools))


def run(core, model, pool, values):
    """Return what the image makes of `values`, int8 [rows, width, channels]."""
    window, stride, above = row_geometry(pool)
    rows = [core.put(row.tobytes()) for row in values]
    made = []
    for first in range(-above, len(values) - above, stride):
        reads = [rows[at] if 0 <= at < len(rows) else 0 for at in range(first, first + window)]
        size = model.traced[pool.output].row_bytes
        output = core.put(bytes(size))
        table = core.symbols[f"operator_{pool.output}"]
        core.call(f"sn_{pool.kind}_pool_row", table, core.pointers(reads), output)
        made.append(np.frombuffer(core.code(output, size), np.int8))
    return np.stack(made).reshape(len(made), -1, values.shape[2])


def reference(pool, values):
    """Return what the reference makes of `values`."""
    return (kernels.max_pool if pool.kind == "max" else kernels.average_pool)(pool, values)


def made_clips(model):
    """Return int8 values for each pool."""
    random = np.random.default_rng(1)
    shapes = [(ROWS, *model.traced[pool.input].shape[1:]) for pool in model.operators]
    return [random.integers(-128, 128, shape).astype(np.int8) for shape in shapes]


def made_tables(model):
    """Return the C of the tables of all pools."""
    tables = "".join(render_operator(model, pool, 0) for pool in model.operators)
    return '#include "engine/sn_model.h"\n' + tables


def pool_sources():
    """Return the C files of the pools."""
    return [runtime_dir() / "engine" / f"sn_{kind}_pool.c" for kind in ("average", "max")]


@NEEDS_HELIUM
def test_pools_equal_the_reference_with_helium(tmp_path):
    model = made_pools()
    text, cases = made_tables(model) + '#include "strip_cases.h"\n', []
    for kind in ("average", "max"):
        text += f'#include "engine/sn_{kind}_pool.h"\n'
        text += f"""static void run_{kind}(const void *table, const int8_t *const *input,
            void *workspace, int8_t *const *outputs) {{
            (void)workspace;
            sn_{kind}_pool_row(table, input, outputs[0]);
        }}\n"""
    for pool in model.operators:
        window, stride, above = row_geometry(pool)
        sizes = [model.traced[place].row_bytes for place in (pool.input, pool.output)]
        numbers = ", ".join(str(n) for n in (4, *sizes, 1, 0, stride, above, window))
        cases.append(f"    {{&operator_{pool.output}, run_{pool.kind}, {numbers}}},\n")
    text += "const strip_case strip_cases[] = {\n" + "".join(cases) + "};\n"
    clips = made_clips(model)
    expected = [reference(*pair) for pair in zip(model.operators, clips, strict=True)]
    found = run_text(tmp_path, text, pool_sources(), clips, expected)
    assert found == [0] * len(clips)


@pytest.mark.parametrize("build", ARM_BUILDS)
def test_pools_equal_the_reference(tmp_path, build):
    family, flags = build
    model = made_pools()
    core = ArmImage(tmp_path, made_tables(model), pool_sources(), family, flags)
    for pool, values in zip(model.operators, made_clips(model), strict=True):
        np.testing.assert_array_equal(run(core, model, pool, values), reference(pool, values))

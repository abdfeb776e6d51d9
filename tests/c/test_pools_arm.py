"""The pools on an emulated core, four channels at a time and one at a time, as the reference's."""

import numpy as np
import pytest
from arm_strips import ARM_BUILDS, ArmImage

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
        channels, kind = (1, 4, 7, 8, 9)[number % 5], ("average", "max")[number // 5]
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


@pytest.mark.parametrize("build", ARM_BUILDS)
def test_pools_equal_the_reference(tmp_path, build):
    family, flags = build
    model = made_pools()
    text = '#include "engine/sn_model.h"\n' + "".join(
        render_operator(model, pool, 0) for pool in model.operators
    )
    engine = runtime_dir() / "engine"
    sources = [engine / "sn_average_pool.c", engine / "sn_max_pool.c"]
    core = ArmImage(tmp_path, text, sources, family, flags)
    random = np.random.default_rng(1)
    for pool in model.operators:
        shape = (ROWS, *model.traced[pool.input].shape[1:])
        values = random.integers(-128, 128, shape).astype(np.int8)
        expected = (kernels.max_pool if pool.kind == "max" else kernels.average_pool)(pool, values)
        np.testing.assert_array_equal(run(core, model, pool, values), expected)

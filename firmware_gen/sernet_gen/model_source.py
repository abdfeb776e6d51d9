"""Renders the network's constant tables: the text of sn_model_data.c, and sn_shapes.h."""

from collections.abc import Iterable

from sernet_cal.qmodel_types import QModel, VectorOperator
from sernet_gen.csyntax import abi_lock, c_array, c_struct
from sernet_gen.kernels.choice import Group
from sernet_gen.kernels.registry import group_kernel_names, kernel_of
from sernet_gen.layout import SCRATCH_BYTES
from sernet_gen.operator_source import kernel_names, render_operator
from sernet_gen.plan import Plan
from sernet_gen.steps import Step

# The kernels that a network may do without: X of SN_KERNEL_X in sn_model.h.
ROW_KERNELS = (
    "AVERAGE_POOL",
    "CONCATENATION",
    "DIRECT",
    "FIRST_LAYER",
    "MAX_POOL",
    "WINOGRAD",
)

_HEADER = """\
// The network's tables, generated from the int8 model. Do not edit: generate again.
#include "engine/sn_model.h"
#include "sn_status.h"

"""
_SHAPES_HEADER = """\
// Which parts of the runtime this network needs, kernels in assembly for which shapes of layers.
// Do not edit: generate again.
#ifndef SN_SHAPES_H
#define SN_SHAPES_H

"""


def render_model(model: QModel, plan: Plan) -> str:
    """Return sn_model_data.c, which defines `const sn_model sn_generated_model`.

    The same model and plan give the same text. Weights keep the order that sn_model.h states.
    """
    parts = [_HEADER, abi_lock(), "\n"]
    for place, slots in enumerate(plan.slots):
        if slots:
            parts.append(c_array("uint32_t", f"slots_{place}", slots))
    tables = {step.output: _step_tables(model, plan, step) for step in plan.steps}
    for operator in plan.vector_operators:
        tables[operator.output] = render_operator(model, operator, plan.sums)
    for place in sorted(tables):
        parts.append(f"\n// {model.traced[place].name}\n{tables[place]}")
    parts += ["\n", _tensor_table(model, plan)]
    rows = (_step_entry(step, plan.schedule.lags[step.output]) for step in plan.steps)
    parts += ["\n", _operator_table("row_operators", rows)]
    parts += ["\n", _operator_table("vector_operators", map(_vector_entry, plan.vector_operators))]
    parts += ["\n", _model_struct(model, plan)]
    return "".join(parts)


def render_shapes(model: QModel, plan: Plan) -> str:
    """Return sn_shapes.h: SN_HAS_X, 1 or 0, for each kernel X that rows may need; SN_LIVE, whether
    the plan is for streams without an end as well; and for each list that a kernel asks for,
    `#define LIST(X) X(..) X(..)`."""
    lists: dict[str, set[str]] = {}
    for step in plan.steps:
        if isinstance(step.part, Group):
            kernel = kernel_of(step.choice.algorithm)
            for name, shape in kernel.shapes(model, step.part, step.choice):
                lists.setdefault(name, set()).add(shape)
    needed = {_kernel_names(step)[0] for step in plan.steps}
    lines = [
        *(f"#define SN_HAS_{name} {int(f'SN_KERNEL_{name}' in needed)}\n" for name in ROW_KERNELS),
        f"#define SN_LIVE {int(plan.live)}\n",
        *(
            f"#define {name}(X) {' '.join(f'X({shape})' for shape in sorted(lists[name]))}\n"
            for name in sorted(lists)
        ),
    ]
    return f"{_SHAPES_HEADER}{''.join(lines)}\n#endif\n"


def _step_tables(model: QModel, plan: Plan, step: Step) -> str:
    if not isinstance(step.part, Group):
        return render_operator(model, step.part, plan.sums)
    kernel = kernel_of(step.choice.algorithm)
    return kernel.render(model, step.part, step.choice, plan.workspaces[step.output])


def _tensor_table(model: QModel, plan: Plan) -> str:
    lines = []
    for place, (tensor, slots) in enumerate(zip(model.traced, plan.slots, strict=True)):
        ring = f"{len(slots)}, slots_{place}" if slots else "0, 0"
        lines.append(
            f"    {{{tensor.period}, {tensor.width}, {tensor.channels}, {ring}}},"
            f"  // {tensor.name}\n"
        )
    return "static const sn_tensor tensors[] = {\n" + "".join(lines) + "};\n"


def _operator_table(name: str, entries: Iterable[str]) -> str:
    return f"static const sn_operator {name}[] = {{\n{''.join(entries)}}};\n"


def _kernel_names(step: Step) -> tuple[str, str]:
    if isinstance(step.part, Group):
        return group_kernel_names(step.choice.algorithm)
    return kernel_names(step.part)


def _step_entry(step: Step, lag: int) -> str:
    pace = (lag, step.run_ticks, step.rows, step.early)
    window = (step.window, step.stride, step.above)
    return _entry(_kernel_names(step), step.inputs[0], step.output, pace, window)


def _vector_entry(operator: VectorOperator) -> str:
    names = kernel_names(operator)
    return _entry(names, operator.input, operator.output, (0, 1, 1, 0), (1, 1, 0))


def _entry(
    names: tuple[str, str],
    source: int,
    output: int,
    pace: tuple[int, int, int, int],
    window: tuple[int, int, int],
) -> str:
    kernel, member = names
    numbers = ", ".join(str(number) for number in (source, output, *pace, *window))
    return f"    {{{kernel}, {numbers},\n     {{.{member} = &operator_{output}}}}},\n"


def _model_struct(model: QModel, plan: Plan) -> str:
    fields: dict[str, object] = {
        "arena_bytes": plan.arena_bytes,
        "scratch": plan.scratch,
        "scratch_bytes": SCRATCH_BYTES,
        "max_rows": plan.max_rows,
        "classes": model.classes,
        "tensor_count": len(model.traced),
        "row_operator_count": len(plan.schedule.steps),
        "vector_operator_count": len(plan.vector_operators),
        "tensors": "tensors",
        "row_operators": "row_operators",
        "vector_operators": "vector_operators" if plan.vector_operators else "0",
    }
    return c_struct("sn_model", "sn_generated_model", fields, static=False)

"""Groups of operators, the runs of steps, and what may be chosen."""

import re
from dataclasses import fields

import pytest
from tiny_models import NetworkWriter, head, small_sernet

from sernet_cal.errors import InputError, ModelError
from sernet_cal.qmodel import read_qmodel
from sernet_edge.model.bundled import resolve_model
from sernet_gen.assets import runtime_dir
from sernet_gen.choices import host_choices, read_choices, write_choices
from sernet_gen.groups import fusable_groups, group_at
from sernet_gen.kernels.choice import Choice
from sernet_gen.model_source import ROW_KERNELS, render_model, render_shapes
from sernet_gen.plan import plan_model


@pytest.fixture(scope="module")
def sernet():
    return read_qmodel(resolve_model(None).int8)


def place(model, name):
    return next(at for at, tensor in enumerate(model.traced) if tensor.name == name)


def step(plan, name):
    return next(s for s in plan.steps if plan.schedule.model.traced[s.output].name == name)


def names(model, groups):
    return [model.traced[group.output].name for group in groups]


def test_the_groups_of_light_sernet(sernet):
    groups = fusable_groups(sernet)
    assert names(sernet, groups) == [
        *("concat", "max_pool_4", "max_pool_5", "max_pool_6", "max_pool_7", "conv_8"),
    ]
    assert [len(group.convolutions) for group in groups] == [3, 1, 1, 1, 1, 1]
    assert (groups[0].input, groups[-1].pools) == (0, ())


def test_average_pools_are_fused_in_the_first_layer_only():
    model = read_qmodel(small_sernet(1, pool="AVERAGE"), 8)
    assert names(model, fusable_groups(model)) == ["concat", "conv_4", "conv_5", "conv_6"]


def test_what_others_read_is_not_fused():
    net = NetworkWriter(1)
    stem = net.convolution(net.input, 4)
    other = net.convolution(stem, 4)
    net.tensors[other].quantization = net.tensors[stem].quantization
    paths = [net.pool(stem, "MAX"), net.pool(other, "MAX")]
    model = read_qmodel(head(net, net.concatenation(paths)), 8)
    assert names(model, fusable_groups(model)) == ["conv_1", "max_pool_2"]
    with pytest.raises(ModelError):
        group_at(model, place(model, "max_pool_1"))


def test_a_choice_for_what_is_no_group(sernet):
    with pytest.raises(ModelError) as caught:
        plan_model(sernet, {place(sernet, "mean"): Choice()})
    assert str(caught.value) == (
        "An algorithm was chosen for what makes mean, which is neither a convolution nor "
        "convolutions with their pools.\n"
        "  Choose for these:  concat, max_pool_4, max_pool_5, max_pool_6, max_pool_7, conv_8"
    )
    with pytest.raises(ModelError, match="chosen for tensor 99, which"):
        plan_model(sernet, {99: Choice()})


def test_one_operator_in_two_groups(sernet):
    both = {place(sernet, name): Choice() for name in ("conv_4", "max_pool_4")}
    with pytest.raises(ModelError) as caught:
        plan_model(sernet, both)
    assert str(caught.value) == (
        "An algorithm was chosen for conv_4, and one for max_pool_4, which is made with it.\n"
        "  Choose for one of them."
    )


@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        (
            Choice(),
            "run as direct sums in one with its pools: that is for a convolution alone",
        ),
        (
            Choice("winograd", 2, 2),
            "make 2 rows a run with 2 above the clip: fewer than all of them may lie there, and "
            "not less than none",
        ),
        (
            Choice("winograd", 16),
            "make 16 rows a run, which reads 34 rows: a run makes 16 rows at most and reads 32",
        ),
        (Choice("magic"), "run by the algorithm magic: there is none of this name"),
    ],
)
def test_a_choice_that_cannot_be(sernet, choice, reason):
    with pytest.raises(ModelError) as caught:
        plan_model(sernet, {place(sernet, "max_pool_4"): choice})
    assert str(caught.value) == (
        f"Layer max_pool_4 cannot {reason}.\n"
        "  Choose another way for it, or none: then each of its convolutions runs alone."
    )


def test_tensors_inside_a_group_are_not_made(sernet):
    plan = plan_model(sernet, {place(sernet, "max_pool_4"): Choice("winograd", 2)})
    missing = [t.name for t, made in zip(sernet.traced, plan.made, strict=True) if not made]
    assert missing == ["conv_4"]
    text = render_model(sernet, plan)
    assert "slots_8[" not in text
    assert "    {2, 20, 64, 0, 0},  // conv_4\n" in text


def test_a_strip_waits_for_its_last_row(sernet):
    plan = plan_model(sernet, {place(sernet, "max_pool_4"): Choice("winograd", 4, 1)})
    strip, schedule = step(plan, "max_pool_4"), plan.schedule
    # Rows -1..2 of the pool: rows -3..6 of the input, whose rows are at 6, 8, 10, ...
    assert (strip.first_read(0), strip.last_read(0), strip.run_window) == (-3, 6, 10)
    assert schedule.lags[strip.output] == schedule.lags[place(sernet, "concat")] + 2 * 6
    assert schedule.capacity(place(sernet, "concat")) == 10


def test_row_steps_take_what_a_strip_makes_at_once(sernet):
    plan = plan_model(sernet, {place(sernet, "conv_4"): Choice("direct", 4, 1)})
    strip, pool = step(plan, "conv_4"), step(plan, "max_pool_4")
    assert (pool.rows, pool.early) == (2, 1)
    assert plan.schedule.lags[pool.output] == plan.schedule.lags[strip.output]
    # Row 4k + 3 of the strip begins a pair whose other row the next strip makes.
    assert plan.schedule.capacity(strip.output) == 5


def test_every_step_behind_a_strip_keeps_its_pace(sernet):
    plan = plan_model(sernet, {place(sernet, "conv_8"): Choice("direct", 3)})
    assert (step(plan, "conv_8").rows, step(plan, "mean").rows) == (3, 3)
    assert plan.schedule.capacity(place(sernet, "conv_8")) == 3


def test_a_step_that_cannot_keep_pace_runs_row_by_row(sernet):
    plan = plan_model(sernet, {place(sernet, "conv_4"): Choice("direct", 3)})
    assert step(plan, "max_pool_4").rows == 1


def test_shapes_are_listed_once_and_sorted(sernet):
    text = render_shapes(sernet, plan_model(sernet, host_choices(sernet)))
    assert re.search(r"\n#define SN_FIRST_LAYER_STEPS_LIST\(X\) X\(5\b.*\) X\(6\b.*\)\n", text)
    assert "LIST" not in render_shapes(sernet, plan_model(sernet))


def test_the_engine_is_told_which_kernels_to_leave_out(sernet):
    text = render_shapes(sernet, plan_model(sernet))
    found = dict(re.findall(r"#define SN_HAS_(\w+) (\d)\n", text))
    assert found.keys() == set(ROW_KERNELS)
    assert {name for name, value in found.items() if value == "1"} == {
        *("DIRECT", "MAX_POOL", "CONCATENATION"),
    }
    header = (runtime_dir() / "engine" / "sn_model.h").read_text()
    assert all(f"    SN_KERNEL_{name},\n" in header for name in ROW_KERNELS)


def test_choices_are_written_and_read(sernet):
    choices = host_choices(sernet)
    content = write_choices(sernet, choices)
    assert content["conv_8"].keys() == {field.name for field in fields(Choice)}
    assert read_choices(sernet, content) == choices


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([], "Choices for the layers are an object, not list."),
        ({"x": {}}, "There is a choice for x, but the model has no layer of this name."),
        ({"conv_8": {}}, "The choice for conv_8 is none: {}."),
        ({"conv_8": 3}, "The choice for conv_8 is none: 3."),
        ({"conv_8": {"algorithm": "magic"}}, "The choice for conv_8 is none: {'algorithm'"),
        ({"conv_8": {"algorithm": "direct", "rows": 1.5}}, "It has an algorithm (direct, "),
        ({"conv_8": {"algorithm": "direct", "apart": "4"}}, "It has an algorithm (direct, "),
        ({"conv_8": {"algorithm": "winograd", "tile": "3x3"}}, "a tile (4x4 or 4x2 or 2x4 or 2x2)"),
        ({"conv_8": {"algorithm": "winograd", "by_batch": 1}}, "and by_batch (true or false)."),
    ],
)
def test_choices_that_are_none(sernet, content, text):
    with pytest.raises(InputError) as caught:
        read_choices(sernet, content)
    assert text in str(caught.value)

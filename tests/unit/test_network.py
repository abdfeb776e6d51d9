"""Light-SERNet in Keras: its shapes and sizes as published, its options, its training state."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sernet_cal.errors import InputError
from sernet_edge.train.recipe import load_recipe
from sernet_edge.train.recipe_groups import NetworkSettings

keras = pytest.importorskip("keras", reason="keras is not installed (extra [train])")
pytest.importorskip("tensorflow", reason="tensorflow is not installed (extra [train])")

from sernet_edge.train.loss import class_shares, make_loss  # noqa: E402
from sernet_edge.train.network import build_network, build_training_network  # noqa: E402
from sernet_edge.train.trainer import Trainer, fix_seeds  # noqa: E402

STREAM = load_recipe("stream").changed({"schedule.epochs": 3, "schedule.batch": 4})
PUBLISHED = STREAM.network
TINY = STREAM.changed({"network.width": 0.1, "network.pooling": "average"})
EVEN = np.array([0.5, 0.5])


def batches(epoch: int) -> list[tuple[np.ndarray, np.ndarray]]:
    random = np.random.Generator(np.random.PCG64(epoch))
    labels = np.eye(2, dtype=np.float32)[[0, 1, 1, 0]]
    return [(random.standard_normal((4, 12, 40, 1)).astype(np.float32), labels) for _ in range(2)]


def trainer(fingerprint: str = "same", **settings: Any) -> Trainer:
    fix_seeds(7)
    recipe = TINY.changed({name.replace("__", "."): value for name, value in settings.items()})
    return Trainer(recipe, 2, 7, 6, make_loss(recipe.loss, EVEN), fingerprint)


def test_it_has_the_published_number_of_parameters() -> None:
    model = build_network(PUBLISHED, 7)
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == 461_607


@pytest.mark.parametrize(
    ("rows", "after_pools"), [(184, (92, 46, 23, 12, 6)), (434, (217, 109, 55, 28, 14))]
)
def test_rows_and_widths_after_the_pools(rows: int, after_pools: tuple[int, ...]) -> None:
    model = build_network(PUBLISHED, 7)
    names = ("path_time_pool", "body1_pool", "body2_pool", "body3_pool", "body4_pool")
    outputs = [model.get_layer(name).output for name in names]
    shapes = keras.Model(model.input, outputs).compute_output_shape((1, rows, 40, 1))
    assert tuple(shape[1] for shape in shapes) == after_pools
    assert [shape[2] for shape in shapes] == [20, 10, 5, 5, 5]
    assert model.get_layer("paths").output.shape[-1] == 96
    assert model.compute_output_shape((1, rows, 40, 1)) == (1, 7)


def network(**settings: Any) -> NetworkSettings:
    return TINY.changed({f"network.{name}": value for name, value in settings.items()}).network


def kinds(settings: NetworkSettings) -> list[str]:
    return [type(layer).__name__ for layer in build_network(settings, 2).layers]


def test_settings_change_the_layers() -> None:
    assert kinds(network()).count("AveragePooling2D") == 7
    assert kinds(network(pooling="max")).count("MaxPooling2D") == 7
    assert kinds(network(pooling="max")).count("AveragePooling2D") == 0
    assert len(build_network(network(l2=1e-6), 2).losses) == 9
    assert not build_network(network(l2=0.0), 2).losses
    changed = build_network(network(dropout=0.7, momentum=0.8, width=0.2), 2)
    assert changed.get_layer("dropout").rate == 0.7
    assert changed.get_layer("body1_bn").momentum == 0.8
    assert changed.get_layer("body1").filters == 13


def test_one_class_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        build_network(TINY.network, 1)
    assert str(caught.value) == "A network needs at least 2 classes; 1 given."


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_training_network_is_the_same_function(precision: str) -> None:
    plain = build_network(TINY.network, 2)
    fast = build_training_network(TINY.network, 2, precision, 1)
    assert [w.shape for w in plain.weights] == [w.shape for w in fast.weights]
    fast.set_weights(plain.get_weights())
    rows = batches(0)[0][0]
    logits = np.asarray(fast(rows, training=False), np.float64)
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    tolerance = 1e-5 if precision == "float32" else 0.02
    assert np.allclose(scores, np.asarray(plain(rows, training=False)), atol=tolerance)


def test_fused_normalization_moves_the_statistics_as_keras_does() -> None:
    values = np.random.Generator(np.random.PCG64(1)).standard_normal((4, 6, 5, 3))
    rows = (3.0 * values + 2.0).astype(np.float32)
    ours = build_training_network(TINY.network, 2, "float32", 1).get_layer("body1_bn").__class__
    layers = [kind(momentum=0.9) for kind in (ours, keras.layers.BatchNormalization)]
    outputs = [np.asarray(layer(rows, training=True)) for layer in layers]
    assert np.allclose(*outputs, atol=1e-4)
    for name in ("moving_mean", "moving_variance"):
        one, other = (np.asarray(getattr(layer, name)) for layer in layers)
        assert np.allclose(one, other, rtol=0.02)  # fused: the unbiased variance


def test_only_kernels_decay() -> None:
    made = trainer()
    optimizer, variables = made._optimizer, made.network.trainable_variables
    decaying = [weight.path for weight in variables if optimizer._use_weight_decay(weight)]
    assert decaying == [weight.path for weight in variables if weight.path.endswith("/kernel")]
    assert len(decaying) == 9
    assert optimizer.weight_decay == TINY.optimizer.weight_decay


def test_settings_change_the_optimizer() -> None:
    adam = trainer(optimizer__name="adam", optimizer__epsilon=1e-3)._optimizer
    assert type(adam).__name__ == "Adam"
    assert adam.epsilon == 1e-3
    assert trainer(optimizer__weight_decay=0.5)._optimizer.weight_decay == 0.5
    policy = trainer(optimizer__precision="float32").network.get_layer("body1").dtype_policy
    assert policy.name == "float32"
    assert trainer().network.get_layer("body1").dtype_policy.name == "mixed_bfloat16"


def test_without_average_the_last_weights_are_the_result() -> None:
    made = trainer(optimizer__average_decay=0.0)
    made.run_epoch(batches(0))
    pairs = zip(weights(made.result()), weights(made.network), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


LABELS, LOGITS = np.array([[1.0, 0.0]], np.float32), np.array([[1.0, -1.0]], np.float32)


def loss_of(shares: np.ndarray = EVEN, **settings: Any) -> float:
    chosen = TINY.changed({"loss.label_smoothing": 0.0, "loss.prior_share": 0.0})
    chosen = chosen.changed({f"loss.{name}": value for name, value in settings.items()})
    return float(make_loss(chosen.loss, shares)(LABELS, LOGITS))


def test_losses() -> None:
    right = 1.0 / (1.0 + np.exp(-2.0))
    assert loss_of() == pytest.approx(-np.log(right), rel=1e-5)
    assert loss_of(kind="focal", focal_gamma=2.0) == pytest.approx(
        -((1 - right) ** 2) * np.log(right), rel=1e-5
    )
    assert loss_of(label_smoothing=0.2) == pytest.approx(
        -0.9 * np.log(right) - 0.1 * np.log(1 - right), rel=1e-5
    )
    rare = 1.0 / (1.0 + np.exp(-2.0) * 3.0)
    assert loss_of(np.array([0.25, 0.75]), prior_share=1.0) == pytest.approx(
        -np.log(rare), rel=1e-5
    )


def test_classes_without_clips_count_as_one() -> None:
    assert class_shares(np.array([0, 0, 0]), 2).tolist() == [0.75, 0.25]


def weights(model: Any) -> list[np.ndarray]:
    return [np.asarray(weight) for weight in model.get_weights()]


def test_a_resumed_training_ends_where_an_unbroken_one_does(tmp_path: Path) -> None:
    unbroken = trainer()
    losses = [unbroken.run_epoch(batches(epoch)) for epoch in range(3)]
    first = trainer()
    for epoch in range(2):
        first.run_epoch(batches(epoch))
    first.save(tmp_path / "state.npz", [np.arange(3)])
    second = trainer()
    (kept,) = second.resume(tmp_path / "state.npz")
    assert kept.tolist() == [0, 1, 2]
    assert (second.epoch, second.step) == (2, 4)
    assert second.run_epoch(batches(2)) == losses[2]
    for left, right in zip(weights(unbroken.result()), weights(second.result()), strict=True):
        assert np.array_equal(left, right)


def test_checkpoints_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "state.npz"
    trainer("other").save(path)
    cases = {"belongs to a training with other settings or recordings.": path}
    missing, damaged = tmp_path / "none.npz", tmp_path / "bad.npz"
    damaged.write_bytes(b"not an archive")
    cases |= {f"There is no checkpoint at {missing} to resume from.": missing}
    cases |= {f"The checkpoint {damaged} is damaged: ": damaged}
    for message, chosen in cases.items():
        with pytest.raises(InputError) as caught:
            trainer().resume(chosen)
        assert message in str(caught.value)
        cure = "delete it." if chosen == damaged else "leave out --resume."
        assert str(caught.value).endswith(f"\n  Start anew: {cure}")

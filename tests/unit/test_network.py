"""Light-SERNet in Keras: its shapes and sizes as published, its options, its training state."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sernet_cal.errors import InputError
from sernet_edge.train.options import NetworkOptions
from sernet_edge.train.recipe import Recipe

keras = pytest.importorskip("keras", reason="keras is not installed (extra [train])")
pytest.importorskip("tensorflow", reason="tensorflow is not installed (extra [train])")

from sernet_edge.train.network import build_network  # noqa: E402
from sernet_edge.train.trainer import Trainer, fix_seeds  # noqa: E402

TINY = NetworkOptions(2, width=0.1)


def batches(epoch: int) -> list[tuple[np.ndarray, np.ndarray]]:
    random = np.random.Generator(np.random.PCG64(epoch))
    labels = np.eye(2, dtype=np.float32)[[0, 1, 1, 0]]
    return [(random.standard_normal((4, 12, 40, 1)).astype(np.float32), labels) for _ in range(2)]


def trainer(fingerprint: str = "same") -> Trainer:
    fix_seeds(7)
    return Trainer(build_network(TINY), Recipe(epochs=3, batch=4), 6, fingerprint)


def test_it_has_the_published_number_of_parameters() -> None:
    model = build_network(NetworkOptions(7))
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == 461_607


@pytest.mark.parametrize(
    ("rows", "after_pools"), [(184, (92, 46, 23, 12, 6)), (434, (217, 109, 55, 28, 14))]
)
def test_rows_and_widths_after_the_pools(rows: int, after_pools: tuple[int, ...]) -> None:
    model = build_network(NetworkOptions(7))
    names = ("path_time_pool", "body1_pool", "body2_pool", "body3_pool", "body4_pool")
    outputs = [model.get_layer(name).output for name in names]
    shapes = keras.Model(model.input, outputs).compute_output_shape((1, rows, 40, 1))
    assert tuple(shape[1] for shape in shapes) == after_pools
    assert [shape[2] for shape in shapes] == [20, 10, 5, 5, 5]
    assert model.get_layer("paths").output.shape[-1] == 96
    assert model.compute_output_shape((1, rows, 40, 1)) == (1, 7)


def kinds(options: NetworkOptions) -> list[str]:
    return [type(layer).__name__ for layer in build_network(options).layers]


def test_options_change_the_layers() -> None:
    assert kinds(TINY).count("AveragePooling2D") == 7
    largest = NetworkOptions(2, pooling="max", width=0.1)
    assert kinds(largest).count("MaxPooling2D") == 7
    assert kinds(largest).count("AveragePooling2D") == 0
    assert len(build_network(NetworkOptions(2, l2=1e-6, width=0.1)).losses) == 9
    assert not build_network(TINY).losses
    assert build_network(TINY).get_layer("dropout").rate == 0.3


def test_only_kernels_decay() -> None:
    made = trainer()
    optimizer, variables = made._optimizer, made.model.trainable_variables
    decaying = [weight.path for weight in variables if optimizer._use_weight_decay(weight)]
    assert decaying == [weight.path for weight in variables if weight.path.endswith("/kernel")]
    assert len(decaying) == 9
    assert optimizer.weight_decay == 0.02


def weights(model: Any) -> list[np.ndarray]:
    return [np.asarray(weight) for weight in model.get_weights()]


def test_a_resumed_training_ends_where_an_unbroken_one_does(tmp_path: Path) -> None:
    unbroken = trainer()
    losses = [unbroken.run_epoch(batches(epoch)) for epoch in range(3)]
    first = trainer()
    for epoch in range(2):
        first.run_epoch(batches(epoch))
    first.save(tmp_path / "state.npz")
    second = trainer()
    second.resume(tmp_path / "state.npz")
    assert (second.epoch, second.step) == (2, 4)
    assert second.run_epoch(batches(2)) == losses[2]
    for model in (unbroken, second):
        model.take_average()
    for left, right in zip(weights(unbroken.model), weights(second.model), strict=True):
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
        assert str(caught.value).endswith("\n  Start anew: leave out --resume.")

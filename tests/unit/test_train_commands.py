"""`train` and `quantize` from end to end, on a small corpus made here."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from sernet_cal.bundle import load_bundle
from sernet_cal.errors import SernetError
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_edge.commands import quantize, train
from sernet_edge.model.bundled import bundled_model
from sernet_edge.train.present import print_accuracy

pytest.importorskip("tensorflow", reason="tensorflow is not installed (extra [train])")
pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra [train])")

SHORT = ["--clip-seconds", "0.5", "--epochs", "2", "--held-out", "c"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three speakers, each saying something voiced twice and something noisy twice."""
    folder = tmp_path_factory.mktemp("made")
    clips = {clip.name: clip.samples for clip in synthetic_clips()}
    lines = ["file,emotion,speaker"]
    for number, speaker in enumerate("abc"):
        for label, name in (("calm", "voiced-a-110"), ("harsh", "unvoiced-high")):
            for take in range(2):
                start = 2000 * number + 6000 * take
                file = f"{speaker}-{label}-{take}.wav"
                soundfile.write(folder / file, clips[name][start : start + 9000], 16_000)
                lines.append(f"{file},{label},{speaker}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def invoke(command: Any, *words: Any) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=True)


def succeeded(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def failed(result: Result) -> str:
    assert isinstance(result.exception, SernetError), (result.output, result.exception)
    assert result.exception.exit_code == 2
    assert result.stdout == ""
    return str(result.exception)


@pytest.fixture(scope="module")
def trained(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    out = tmp_path_factory.mktemp("models") / "made-half-second"
    result = invoke(train.command, "--data", f"made={corpus}", "--out", out, *SHORT, "--json")
    return out, json.loads(succeeded(result))


def test_training_writes_a_bundle_and_its_card(trained: tuple[Path, Any], corpus: Path) -> None:
    out, printed = trained
    bundle = load_bundle(out)
    assert sorted(path.name for path in out.iterdir()) == [
        "card.json",
        "model.keras",
        "model_float.tflite",
        "model_int8.tflite",
    ]
    assert (bundle.name, bundle.classes, bundle.model_rows) == (
        "made-half-second",
        ("calm", "harsh"),
        28,
    )
    card = bundle.card
    assert card["command"] == (
        "sernet-edge train --data made=DIR --held-out c --recipe stream --clip-seconds 0.5 "
        "--epochs 2 --seed 1 --out made-half-second"
    )
    assert card["training"]["speakers"] == ["a", "b"]
    assert card["training"]["held_out_speakers"] == card["accuracy"]["speakers"] == ["c"]
    assert (card["training"]["clips"], card["accuracy"]["clips"]) == (8, 4)
    assert len(card["quantization"]["tensors"]) == 20
    assert str(corpus) not in json.dumps(card)
    assert printed["accuracy"] == card["accuracy"]
    assert set(printed) == {"name", "classes", "clip_seconds", "training", "accuracy", "loso"}
    assert printed["loso"] is None


def test_the_same_training_gives_the_same_bytes(
    trained: tuple[Path, Any], corpus: Path, tmp_path: Path
) -> None:
    out = tmp_path / "made-half-second"
    text = succeeded(invoke(train.command, "--data", f"made={corpus}", "--out", out, *SHORT))
    assert "4 clips of speakers that were held out:" in text
    assert "float32" in text
    assert "Same prediction, float and int8: " in text
    assert f"The model bundle lies in {out}." in text
    for path in trained[0].iterdir():
        assert (out / path.name).read_bytes() == path.read_bytes(), path.name


def test_quantizing_for_another_length_keeps_the_weights(
    trained: tuple[Path, Any], corpus: Path, tmp_path: Path
) -> None:
    out = tmp_path / "made-1s"
    words = ["--model", trained[0], "--data", f"made={corpus}", "--out", out]
    text = succeeded(
        invoke(quantize.command, *words, "--clip-seconds", 1, "--calibration-clips", 3, "--report")
    )
    for heading in ("tensor", "layer", "zero point", "clipped %", "path_time_relu", "softmax"):
        assert heading in text
    bundle = load_bundle(out)
    assert (bundle.name, bundle.model_rows) == ("made-1s", 59)
    assert bundle.card["quantization"]["calibration_clips"] == 3
    assert bundle.card["command"] == (
        "sernet-edge quantize --data made=DIR --model MODEL --clip-seconds 1 --held-out c "
        "--calibration-clips 3 --no-bias-correction --out made-1s"
    )
    assert bundle.card["trained_by"] == trained[1].get("command", bundle.card["trained_by"])
    assert (out / "model.keras").read_bytes() == (trained[0] / "model.keras").read_bytes()


def test_quantizing_without_held_out_speakers_has_no_accuracy(
    trained: tuple[Path, Any], corpus: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "source"
    shutil.copytree(trained[0], folder)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    del card["training"]
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    words = ["--model", folder / "model.keras", "--data", corpus, "--out", tmp_path / "out"]
    printed = json.loads(succeeded(invoke(quantize.command, *words, "--json")))
    assert printed["accuracy"] is None
    assert printed["quantization"]["calibration_clips"] == 12


def test_a_model_with_an_unknown_operator_is_refused(
    trained: tuple[Path, Any], corpus: Path, tmp_path: Path
) -> None:
    import keras

    inputs = keras.Input((None, 40, 1))
    tensor = keras.layers.Conv2D(2, 3, padding="same", name="first")(inputs)
    tensor = keras.layers.LeakyReLU(name="leak")(tensor)
    tensor = keras.layers.GlobalAveragePooling2D()(tensor)
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(tensor))
    model.save(tmp_path / "odd.keras")
    shutil.copy(trained[0] / "card.json", tmp_path / "odd.json")
    words = ["--model", tmp_path / "odd.keras", "--data", corpus, "--out", tmp_path / "out"]
    message = failed(invoke(quantize.command, *words))
    assert "/leak" in message
    assert "operator LEAKY_RELU is not supported" in message
    assert not (tmp_path / "out").exists()


def test_labels_that_the_model_does_not_know(corpus: Path, tmp_path: Path) -> None:
    words = ["--model", bundled_model(), "--data", corpus, "--out", tmp_path / "out"]
    message = failed(invoke(quantize.command, *words, "--held-out", "c"))
    assert message == (
        "The recording c-calm-0 is labelled calm; the model knows anger, boredom, disgust, fear, "
        "happiness, neutral, sadness.\n"
        "  Give a corpus with the model's classes, or hold other speakers out."
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--held-out", "z"], "The corpus made has no speaker z; it has a, b, c."),
        (["--held-out", "a,b,c"], "No recordings are left to train on."),
        (["--epochs", "0"], "schedule.epochs is 0; at least 1 can be used."),
        (["--set", "loss.kind=hinge"], "loss.kind is 'hinge'; cross_entropy or focal can be used."),
        (["--recipe", "strem"], "There is no recipe strem: neither one of stream, paper, small "),
        (["--seed", "-1"], "The seed must be 0 to 4294967295; -1 given."),
        (["--seed", "4294967296"], "The seed must be 0 to 4294967295; 4294967296 given."),
        (["--clip-seconds", "0.01"], "A clip length of 0.01 s cannot be used;"),
        (["--calibration-clips", "0"], "At least 1 clip is needed to calibrate on; 0 given."),
        (["--resume"], "There is no checkpoint at "),
    ],
)
def test_choices_that_cannot_be_used(
    corpus: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    base = ["--data", f"made={corpus}", "--out", tmp_path / "out"]
    assert message in failed(invoke(train.command, *base, *words))


def test_a_folder_that_cannot_be_made_is_named_before_the_training(
    corpus: Path, tmp_path: Path
) -> None:
    out = tmp_path / "file"
    out.write_bytes(b"")
    message = failed(invoke(train.command, "--data", corpus, "--out", out, *SHORT))
    assert message == f"{out} cannot be made a folder: File exists.\n  Choose another:  --out DIR"


def test_a_recording_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for label in ("x", "y"):
        (tmp_path / label).mkdir()
        soundfile.write(tmp_path / label / "1.wav", np.ones(9000, np.int16), 1_000)
    words = ["--data", f"made={tmp_path}", "--out", tmp_path / "out", "--epochs", 1]
    message = failed(invoke(train.command, *words))
    assert message.startswith(
        "2 of 2 files of made cannot be used:\n    x/1 is sampled at 1000 Hz;"
    )
    assert message.endswith("\n  Mend them, or go on without them:  --skip-bad")


def test_no_accuracy_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    print_accuracy(None)
    assert capsys.readouterr().out == "No speaker was held out, so there is no accuracy to show.\n"

"""`quantize --run`, and what the setting of the quantization changes, on a corpus made here."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import soundfile
from click.testing import CliRunner, Result

from sernet_cal.bundle import load_bundle
from sernet_cal.errors import SernetError
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_edge.commands import quantize, train
from sernet_edge.protocol.run_folder import read_run
from sernet_edge.train.recipe_groups import PLAIN_QUANTIZATION
from sernet_edge.train.source import read_source

pytest.importorskip("tensorflow", reason="tensorflow is not installed (extra [train])")
pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra [train])")
pytest.importorskip("joblib", reason="joblib is not installed (extra [train])")
pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra [train])")

SHORT = ["--clip-seconds", 0.5, "--epochs", 1, "--set", "network.width=0.1"]
FOLDS = ["--protocol", "loso", "--folds", 1, "--jobs", 1, *SHORT]
CORRECTED = ["--set", "quantization.bias_correction=true"]


def invoke(command: Any, *words: Any) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def succeeded(command: Any, *words: Any) -> str:
    result = invoke(command, *words)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def failed(*words: Any) -> str:
    result = invoke(quantize.command, *words)
    assert isinstance(result.exception, SernetError), (result.output, result.exception)
    assert (result.exception.exit_code, result.stdout) == (2, "")
    return str(result.exception)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two speakers, each saying something voiced and something noisy."""
    folder = tmp_path_factory.mktemp("made")
    clips = {clip.name: clip.samples for clip in synthetic_clips()}
    lines = ["file,emotion,speaker"]
    for number, speaker in enumerate("ab"):
        for label, name in (("calm", "voiced-a-110"), ("harsh", "unvoiced-high")):
            file = f"{speaker}-{label}.wav"
            soundfile.write(folder / file, clips[name][2000 * number :][:9000], 16_000)
            lines.append(f"{file},{label},{speaker}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run with one of two folds, quantized plainly."""
    out = tmp_path_factory.mktemp("runs") / "plain"
    succeeded(train.command, "--data", f"made={corpus}", *FOLDS, "--out", out)
    return out


def fold_of(folder: Path) -> Any:
    return json.loads((folder / "folds" / "seed1-a" / "fold.json").read_text(encoding="utf-8"))


def test_a_run_is_quantized_anew_as_the_training_would_have_done_it(
    corpus: Path, run: Path, tmp_path: Path
) -> None:
    data, out, trained = f"made={corpus}", tmp_path / "again", tmp_path / "trained"
    words = ["--run", run, "--data", data, "--out", out, "--jobs", 1, "--calibration-clips", 200]
    printed = json.loads(succeeded(quantize.command, *words, "--bias-correction", "--json"))
    succeeded(train.command, "--data", data, *FOLDS, *CORRECTED, "--out", trained)
    first, second, plain = fold_of(out), fold_of(trained), fold_of(run)
    assert first["fingerprint"] == second["fingerprint"] != plain["fingerprint"]
    for name in ("model.keras", "model_float.tflite", "model_int8.tflite", "answers.npz"):
        assert first["sha256"][name] == second["sha256"][name], name
    for name in ("model.keras", "model_float.tflite"):
        assert first["sha256"][name] == plain["sha256"][name], name
    assert first["sha256"]["model_int8.tflite"] != plain["sha256"]["model_int8.tflite"]
    assert first["epoch"] == plain["epoch"] == 1
    assert printed == read_run(out).content
    assert printed["recipe"]["quantization"] == {"bias_correction": True}
    assert printed["command"] == (
        "sernet-edge quantize --data made=DIR --run RUN --calibration-clips 200 "
        "--bias-correction --out again"
    )
    assert printed["trained_by"] == read_run(run).content["command"]
    assert (len(printed["folds"]), printed["folds_planned"], printed["complete"]) == (1, 2, False)
    card = load_bundle(out / "folds" / "seed1-a").card
    assert card["quantization"]["bias_correction"] is True
    assert load_bundle(run / "folds" / "seed1-a").card["quantization"]["bias_correction"] is False


def test_the_same_settings_quantize_to_the_same_bytes(
    corpus: Path, run: Path, tmp_path: Path
) -> None:
    out = tmp_path / "same"
    words = ["--run", run, "--data", f"made={corpus}", "--out", out, "--jobs", 1]
    text = succeeded(quantize.command, *words)
    assert "made, recipe stream, protocol loso, 1 of 2 folds:" in text
    assert f"Folds, figures and pictures lie in {out}." in text
    left, right = fold_of(out), fold_of(run)
    assert left["sha256"]["model_int8.tflite"] == right["sha256"]["model_int8.tflite"]
    assert left["fingerprint"] == right["fingerprint"]
    # The training goes on from there: nothing is left to do for this fold.
    result = invoke(train.command, "--data", f"made={corpus}", *FOLDS, "--out", out)
    assert "1 of 1 folds were done before." in result.stderr


def test_a_model_is_quantized_as_told(corpus: Path, run: Path, tmp_path: Path) -> None:
    source, out = run / "folds" / "seed1-a", tmp_path / "corrected"
    words = ["--model", source, "--data", corpus, "--out", out, "--bias-correction"]
    succeeded(quantize.command, *words)
    plain, corrected = load_bundle(source), load_bundle(out)
    assert corrected.int8 != plain.int8
    assert corrected.float32 == plain.float32
    assert corrected.card["quantization"]["bias_correction"] is True
    assert corrected.card["command"].endswith(
        "--calibration-clips 2 --bias-correction --out corrected"
    )


def test_a_model_is_quantized_as_its_recipe_says_where_nothing_is_told(run: Path) -> None:
    source = read_source(run / "folds" / "seed1-a")
    assert source.quantization == PLAIN_QUANTIZATION
    card = json.loads(json.dumps(source.card))
    card["training"]["recipe"]["quantization"]["bias_correction"] = True
    assert replace(source, card=card).quantization.bias_correction
    # Cards from before there was another quantization, and those of others, say nothing of it.
    del card["training"]["recipe"]["quantization"]
    assert replace(source, card=card).quantization == PLAIN_QUANTIZATION
    assert replace(source, card={}).quantization == PLAIN_QUANTIZATION
    assert replace(source, card={}).epochs == 0


def test_a_run_of_other_recordings_is_refused(corpus: Path, run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in corpus.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    soundfile.write(other / "a-calm.wav", synthetic_clips()[1].samples[-9000:], 16_000)
    command = read_run(run).content["command"]
    assert failed("--run", run, "--data", f"made={other}", "--out", tmp_path / "out") == (
        f"{run} was made with other recordings than these of made.\n  It was made by:  {command}"
    )


def test_a_run_without_folds_is_refused(corpus: Path, run: Path, tmp_path: Path) -> None:
    content = {**read_run(run).content, "folds": []}
    (tmp_path / "run.json").write_text(json.dumps(content), encoding="utf-8")
    assert failed("--run", tmp_path, "--data", corpus, "--out", tmp_path / "out") == (
        f"The cross-validation {tmp_path} has no finished fold.\n"
        "  Run the command again that made it; it goes on with what is missing."
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--run", "r", "--model", "m", "--held-out", "a", "--report", "--clip-seconds", "1"],
            "--model and --clip-seconds and --held-out and --report cannot be given with --run, "
            "the folds of which decide it.\n"
            "  Leave it out, or quantize one model:  --model MODEL",
        ),
        (
            ["--jobs", "2", "--skip-bad"],
            "--jobs and --skip-bad cannot be given without --run: one model is quantized.\n"
            "  Leave it out, or give the folds of a cross-validation:  --run RUN",
        ),
        (["--run", "r", "--calibration-clips", "0"], "At least 1 clip is needed to calibrate on;"),
        (["--run", "r"], "There is no cross-validation in r: it has no run.json."),
    ],
)
def test_choices_that_cannot_be_combined(words: list[str], message: str, tmp_path: Path) -> None:
    assert failed("--data", "d", "--out", tmp_path / "out", *words).startswith(message)

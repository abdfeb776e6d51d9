"""`sernet-edge evaluate`, for a model and for the folds of a cross-validation."""

import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import soundfile
from click.testing import CliRunner, Result
from tiny_bundle import make_bundle
from tiny_corpus import LABELS, make_corpus

from sernet_cal.bundle import CARD_NAME, Bundle
from sernet_cal.errors import SernetError, ToolchainError
from sernet_cal.qmodel import read_qmodel
from sernet_edge.audio.corpus import load_corpus
from sernet_edge.audio.load import read_samples
from sernet_edge.commands.evaluate import command
from sernet_edge.evaluate import models
from sernet_edge.evaluate.answers import LabelledClip, answer, answers_from_npz
from sernet_edge.protocol.run_folder import RUN_FORMAT, fold_folder, seal_fold, write_json
from sernet_gen.hostlib import HostLibrary, host_library

pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra [train])")
pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra [train])")

SEED = 8  # of weights whose answers are not the same for every clip


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("tiny"), SEED)


@pytest.fixture(scope="module")
def library(bundle: Bundle) -> Iterator[HostLibrary]:
    with host_library(read_qmodel(bundle.int8), bundle.front_end, ("-O1",)) as made:
        yield made


@pytest.fixture(autouse=True)
def one_compilation(library: HostLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "host_library", lambda *_, **__: nullcontext(library))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_corpus(tmp_path_factory.mktemp("made"))


def invoke(*words: Any) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def succeeded(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def failed(result: Result) -> str:
    assert isinstance(result.exception, SernetError), (result.output, result.exception)
    assert (result.exception.exit_code, result.stdout) == (2, "")
    return str(result.exception)


def figures(*words: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(succeeded(invoke(*words, "--json")))
    return found


def test_json_has_both_models_and_what_was_asked(bundle: Bundle, corpus: Path) -> None:
    found = figures("--data", f"made={corpus}", "--model", bundle.path)
    assert {key: found[key] for key in ("model", "folds", "corpus", "recordings")} == {
        "model": "tiny-stream-8",
        "folds": None,
        "corpus": "made",
        "recordings": 8,
    }
    assert found["shared_classes"] == list(LABELS)
    assert found["left_out"] == {"model_classes": [], "labels": {}, "unlabelled": 0}
    assert (found["bad_files"], found["seen_speakers"], found["optimistic"]) == ([], [], False)
    assert (found["int8_engine"], found["robustness"]) == ("C", None)
    assert found["shared_classes_only"] is None
    summary = found["all_classes"]
    assert (summary["clips"], summary["classes"]) == (8, list(LABELS))
    assert [item["speaker"] for item in summary["int8"]["per_speaker"]] == ["a", "b"]


def test_the_figures_are_those_of_the_boards_answers(bundle: Bundle, corpus: Path) -> None:
    clips = [
        LabelledClip(
            item.name, read_samples(item.path), LABELS.index(str(item.label)), item.speaker
        )
        for item in load_corpus(corpus).recordings
    ]
    expected = answer(bundle, clips, None, lambda _: None)
    right = int((expected.int8_predictions == expected.expected).sum())
    found = figures("--data", corpus, "--model", bundle.path)
    assert found["all_classes"]["int8"]["wa"] == pytest.approx(right / 8, abs=1e-4)


def test_a_person_reads_tables(bundle: Bundle, corpus: Path) -> None:
    text = succeeded(invoke("--data", f"made={corpus}", "--model", bundle.path))
    for words in (
        "tiny-stream-8 on made: 8 clips",
        "all classes",
        "In brackets: 95 % intervals, a bootstrap over speakers.",
        "Same prediction, float and int8: ",
        "precision % float",
        "int8: clips of each class, and what they were taken for:",
        "int8: the firmware's C on this machine, features included: the board's own answers.",
    ):
        assert words in text
    assert "Left out" not in text
    assert "Optimistic" not in text


def test_other_corpora_are_asked_about_shared_labels_only(bundle: Bundle, tmp_path: Path) -> None:
    folder = make_corpus(tmp_path / "other", ("sad", "calm", "bored"))
    words = ("--data", folder, "--model", bundle.path)
    found = figures(*words)
    assert (found["recordings"], found["shared_classes"]) == (4, ["calm", "sad"])
    assert found["left_out"]["labels"] == {"bored": 2}
    assert found["left_out"]["model_classes"] == ["angry", "glad"]
    assert found["all_classes"]["classes"] == list(LABELS)
    assert found["shared_classes_only"]["classes"] == ["calm", "sad"]
    assert found["shared_classes_only"]["int8"]["ua"] >= found["all_classes"]["int8"]["ua"]
    text = succeeded(invoke(*words))
    assert "Left out, because the model does not know their labels: bored 2." in text
    assert "Classes of the model without recordings: angry, glad." in text
    assert "shared classes only" in text


def test_a_corpus_without_shared_labels_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    folder = make_corpus(tmp_path / "other", ("bored", "tired"))
    message = failed(invoke("--data", folder, "--model", bundle.path))
    assert message.startswith("other and the model tiny-stream-8 share no label: the recordings ")


def test_held_out_and_limit_choose_recordings(bundle: Bundle, corpus: Path) -> None:
    words = ("--data", corpus, "--model", bundle.path)
    found = figures(*words, "--held-out", "b", "--limit", 3)
    assert found["recordings"] == 3
    assert [item["speaker"] for item in found["all_classes"]["int8"]["per_speaker"]] == ["b"]
    assert found["all_classes"]["int8"]["intervals"] is None
    assert "has no speaker z; it has a, b." in failed(invoke(*words, "--held-out", "z"))


def test_recordings_without_speakers_have_no_intervals(bundle: Bundle, tmp_path: Path) -> None:
    make_corpus(tmp_path / "listed", speakers="a")
    for label in LABELS:
        folder = tmp_path / "folders" / label
        folder.mkdir(parents=True)
        (tmp_path / "listed" / f"a-{label}.wav").rename(folder / "one.wav")
    text = succeeded(invoke("--data", tmp_path / "folders", "--model", bundle.path))
    assert "The corpus names no speakers: no figures for each, and no intervals." in text
    assert "In brackets" not in text


def test_bad_files_stop_it_or_are_left_out(bundle: Bundle, tmp_path: Path) -> None:
    folder = make_corpus(tmp_path / "made")
    (folder / "a-sad.wav").write_bytes(b"nothing")
    words = ("--data", folder, "--model", bundle.path)
    assert "1 of 8 files of made cannot be used:\n    a-sad " in failed(invoke(*words))
    found = figures(*words, "--skip-bad")
    assert (found["recordings"], found["bad_files"]) == (7, ["a-sad"])
    assert "Left out by --skip-bad: 1 of 8 files of made" in succeeded(invoke(*words, "--skip-bad"))


def test_a_label_may_go_with_its_bad_files(bundle: Bundle, tmp_path: Path) -> None:
    folder = make_corpus(tmp_path / "made", speakers="a")
    (folder / "a-sad.wav").write_bytes(b"nothing")
    found = figures("--data", folder, "--model", bundle.path, "--skip-bad")
    assert found["left_out"]["model_classes"] == ["sad"]
    assert found["shared_classes_only"]["classes"] == ["calm", "angry", "glad"]


def test_out_holds_json_answers_and_pictures(bundle: Bundle, corpus: Path, tmp_path: Path) -> None:
    words = ("--data", f"made={corpus}", "--model", bundle.path, "--limit", 2, "--robustness")
    words = (*words, "--out")
    text = succeeded(invoke(*words, tmp_path / "one"))
    assert f"JSON, answers and pictures lie in {tmp_path / 'one'}." in text
    for title in ("Robustness, all classes:", "white noise, SNR 5 dB", "whole clip"):
        assert title in text
    second = figures(*words, tmp_path / "two")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["answers.npz", "confusion.png", "evaluation.json", "robustness.png"]
    for name in files:
        content = (tmp_path / "one" / name).read_bytes()
        assert content == (tmp_path / "two" / name).read_bytes(), name
        assert str(tmp_path).encode() not in content
    assert json.loads((tmp_path / "one" / "evaluation.json").read_text("utf-8")) == second
    assert len(second["robustness"]) == 15
    assert len(answers_from_npz((tmp_path / "one" / "answers.npz").read_bytes())) == 2


def with_training(folder: Path, speakers: list[str]) -> None:
    """Have the card of the bundle in `folder` say that it was trained on `speakers` of made."""
    path = folder / CARD_NAME
    card = json.loads(path.read_text("utf-8"))
    card["training"] = {"corpus": "made", "speakers": speakers}
    path.write_text(json.dumps(card), encoding="utf-8")


def test_speakers_heard_in_training_are_told(corpus: Path, tmp_path: Path) -> None:
    make_bundle(tmp_path, SEED)
    with_training(tmp_path, ["b", "c"])
    words = ("--data", f"made={corpus}", "--model", tmp_path)
    found = figures(*words)
    assert (found["seen_speakers"], found["optimistic"]) == (["b"], True)
    sentence = (
        "Optimistic: the model was trained on 1 of these speakers (b). "
        "These figures tell nothing about new speakers.\n"
        "Measure it on the others only:  --held-out a\n"
    )
    assert sentence in succeeded(invoke(*words))
    assert sentence in invoke(*words, "--json").stderr
    assert not figures(*words, "--held-out", "a")["optimistic"]


def test_without_a_compiler_tflite_answers(
    bundle: Bundle, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--data", corpus, "--model", bundle.path)
    by_c = figures(*words)

    def none() -> None:
        raise ToolchainError("none")

    monkeypatch.setattr(models, "host_compiler", none)
    assert figures(*words) == {**by_c, "int8_engine": "TFLite"}
    assert "int8: TFLite's reference kernels on the integer" in succeeded(invoke(*words))


def make_run(folder: Path, tested: dict[str, list[str]], seeds: tuple[int, ...] = (1,)) -> Path:
    """Write a cross-validation with a tiny bundle a fold; `tested`: recordings of each fold."""
    table = []
    for seed in seeds:
        for name, test in tested.items():
            where = fold_folder(folder, seed, name)
            make_bundle(where, SEED)
            with_training(where, [other for other in tested if other != name])
            seal_fold(where, {"fingerprint": "", "test": test, "test_speakers": [name]})
            table.append({"seed": seed, "name": name})
    folder.mkdir(exist_ok=True)
    write_json(folder / "run.json", {"format": RUN_FORMAT, "folds": table})
    return folder


def of_speaker(name: str) -> list[str]:
    return [f"{name}-{label}" for label in LABELS]


def test_each_fold_of_a_run_answers_what_it_tested(
    bundle: Bundle, corpus: Path, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "run", {name: of_speaker(name) for name in "ab"}, seeds=(1, 2))
    words = ("--data", f"made={corpus}", "--run", run)
    found = figures(*words)
    assert (found["model"], found["folds"], found["recordings"]) == ("run", 4, 8)
    assert (found["all_classes"]["clips"], found["optimistic"]) == (16, False)
    single = figures("--data", corpus, "--model", bundle.path)["all_classes"]
    assert found["all_classes"]["int8"]["ua"] == single["int8"]["ua"]
    limited = figures(*words, "--held-out", "b")
    assert (limited["recordings"], limited["all_classes"]["clips"]) == (4, 8)
    assert "run on made: 16 clips" in succeeded(invoke(*words))


def test_folds_that_share_speakers_are_optimistic(corpus: Path, tmp_path: Path) -> None:
    mixed = {"a": ["a-sad", "b-calm"], "b": ["b-sad", "a-calm"]}
    run = make_run(tmp_path / "run", mixed)
    found = figures("--data", f"made={corpus}", "--run", run)
    assert (found["seen_speakers"], found["recordings"]) == (["b", "a"], 4)
    text = succeeded(invoke("--data", f"made={corpus}", "--run", run))
    assert "Optimistic: the models were trained on 2 of these speakers (b, a)." in text


def test_a_run_of_other_recordings_is_refused(corpus: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", {"a": [*of_speaker("a"), "z-sad"]})
    assert failed(invoke("--data", corpus, "--run", run)) == (
        f"The cross-validation {run} tested 5 recordings; 1 of them are not in the corpus given, "
        "the first is z-sad.\n"
        "  Give the corpus that it was made with, in the same form:  --data NAME=DIR"
    )


def test_a_run_without_folds_is_refused(corpus: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", {})
    assert failed(invoke("--data", corpus, "--run", run)) == (
        f"The cross-validation {run} has no finished fold.\n"
        "  Run the command again that made it; it goes on with what is missing."
    )


def test_a_run_must_have_tested_what_is_chosen(corpus: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", {"a": of_speaker("a")})
    message = failed(invoke("--data", corpus, "--run", run, "--held-out", "b"))
    assert message == f"No fold of {run} tested any of the recordings chosen."


def test_a_model_and_a_run_exclude_each_other(bundle: Bundle, corpus: Path, tmp_path: Path) -> None:
    message = failed(invoke("--data", corpus, "--run", tmp_path, "--model", bundle.path))
    assert message == "--model and --run exclude each other: which models are meant?"


def test_at_least_one_clip_at_a_time(corpus: Path) -> None:
    message = failed(invoke("--data", corpus, "--jobs", 0))
    assert message.startswith("At least 1 job is needed; 0 given.")


def test_pictures_are_refused_before_the_work(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    message = failed(invoke("--data", corpus, "--out", tmp_path / "out"))
    assert "matplotlib is needed to draw pictures" in message
    assert not (tmp_path / "out").exists()


def test_files_that_are_no_sound_are_named(bundle: Bundle, tmp_path: Path) -> None:
    folder = make_corpus(tmp_path / "made")
    soundfile.write(folder / "a-sad.wav", [0.5] * 500, 16_000)
    message = failed(invoke("--data", folder, "--model", bundle.path))
    assert "a-sad " in message
    assert "--skip-bad" in message

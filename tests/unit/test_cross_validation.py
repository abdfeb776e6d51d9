"""Cross-validation with folds that are made up: what is run, kept, told and refused."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from sernet_cal.errors import InputError, SernetError
from sernet_cal.features import FrontEnd, paper_front_end
from sernet_edge.audio.corpus import load_corpus
from sernet_edge.commands import train
from sernet_edge.evaluate.answers import Answers
from sernet_edge.evaluate.metrics import summarise
from sernet_edge.protocol import cross_validation, fold
from sernet_edge.protocol.fingerprint import corpus_digest
from sernet_edge.protocol.fold import FoldResult, FoldTask
from sernet_edge.protocol.loso_figures import loso_figures
from sernet_edge.protocol.run_folder import read_run, write_json
from sernet_edge.protocol.settings import OPTIMISTIC
from sernet_edge.protocol.training import TrainedModel, TrainingTask
from sernet_edge.train.quantize import Quantized
from sernet_edge.train.recipe import load_recipe

pytest.importorskip("joblib", reason="joblib is not installed (extra [train])")
pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra [train])")
pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra [train])")

CLASSES = ("calm", "harsh")
FRONT_END: FrontEnd = paper_front_end()


def made_up_result(task: FoldTask) -> FoldResult:
    """Return models that call everything calm, in int8, and are always right in float."""
    expected = np.array([CLASSES.index(str(item.label)) for item in task.fold.test], np.int64)
    answers = Answers(
        CLASSES,
        tuple(item.name for item in task.fold.test),
        tuple(str(item.speaker) for item in task.fold.test),
        expected,
        np.eye(2, dtype=np.float32)[expected],
        np.tile(np.array([1, 0], np.int8), (len(expected), 1)),
    )
    quantized = Quantized(b"float", b"int8", 3, (), None)
    model = TrainedModel(FRONT_END, b"keras", quantized, 7)
    card = {"name": task.name, "command": task.command}
    return FoldResult(task, card, model, answers, summarise(answers, resamples=0))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two speakers, each saying ten things, five of each class."""
    folder = tmp_path_factory.mktemp("made")
    random = np.random.Generator(np.random.PCG64(1))
    lines = ["file,emotion,speaker"]
    for speaker in ("03", "8"):
        for take in range(10):
            name = f"{speaker}-{take}.wav"
            soundfile.write(folder / name, random.uniform(-0.1, 0.1, 8000), 16_000)
            lines.append(f"{name},{CLASSES[take % 2]},{speaker}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[FoldTask]:
    """Make up the folds' results; returns the tasks that were run."""
    tasks: list[FoldTask] = []

    def run_fold(task: FoldTask) -> FoldResult:
        tasks.append(task)
        return made_up_result(task)

    monkeypatch.setattr(cross_validation, "run_fold", run_fold)
    return tasks


def invoke(*words: Any) -> Result:
    return CliRunner().invoke(train.command, [str(word) for word in words])


def succeeded(*words: Any) -> Result:
    result = invoke(*words)
    assert result.exit_code == 0, (result.output, result.exception)
    return result


def failed(*words: Any) -> str:
    result = invoke(*words)
    assert isinstance(result.exception, SernetError), (result.output, result.exception)
    assert result.exception.exit_code == 2
    assert result.stdout == ""
    return str(result.exception)


def base(corpus: Path, out: Path, protocol: str = "loso") -> list[Any]:
    return ["--data", f"made={corpus}", "--protocol", protocol, "--out", out, "--jobs", 1]


def test_every_speaker_is_tested_by_a_model_that_never_heard_it(
    corpus: Path, tmp_path: Path, asked: list[FoldTask]
) -> None:
    result = succeeded(*base(corpus, tmp_path / "run"), "--epochs", 9)
    assert [task.name for task in asked] == ["seed1-03", "seed1-8"]
    for task in asked:
        assert not {item.speaker for item in task.fold.training} & set(task.fold.speakers)
        assert not task.choose_on_test
        assert all(item.path.is_absolute() for item in task.fold.training)
        assert task.checkpoint is not None
        assert task.checkpoint.parent == tmp_path / "run" / "folds" / task.name
        assert task.plan.recipe.schedule.epochs == 9
        assert task.plan.recipe.schedule.least_steps == 0
    assert "[1/2] seed1-03: UA 100.0 % float, 50.0 % int8, 10 clips" in result.stderr
    assert "[2/2] seed1-8: UA 100.0 % float, 50.0 % int8, 10 clips\n" in result.stderr
    assert "made, recipe stream, protocol loso, all 2 folds:" in result.stdout
    assert "Same prediction, float and int8: 50.0 %" in result.stdout
    assert OPTIMISTIC not in result.output
    assert f"Folds, figures and pictures lie in {tmp_path / 'run'}." in result.stdout


def test_the_folder_keeps_everything(corpus: Path, tmp_path: Path, asked: list[FoldTask]) -> None:
    out = tmp_path / "run"
    printed = json.loads(succeeded(*base(corpus, out), "--seed", 1, "--seed", 5, "--json").stdout)
    assert len(asked) == 4
    run = read_run(out)
    assert run.content == printed
    assert [(item.seed, item.name, len(item.test)) for item in run.folds] == [
        (1, "03", 10),
        (1, "8", 10),
        (5, "03", 10),
        (5, "8", 10),
    ]
    assert sorted(path.name for path in out.iterdir()) == [
        ".lock",
        "confusion-seed1.png",
        "confusion-seed5.png",
        "folds",
        "run.json",
    ]
    assert printed["corpus"]["digest"] == corpus_digest(load_corpus(corpus))
    assert (printed["complete"], printed["optimistic"], printed["seeds"]) == (True, False, [1, 5])
    assert printed["folds"][0] == {
        "name": "03",
        "seed": 1,
        "speakers": ["03"],
        "clips": 10,
        "epoch": 7,
        "float": {"ua": 1.0, "wa": 1.0, "f1": 1.0},
        "int8": {"ua": 0.5, "wa": 0.5, "f1": 0.3333},
        "int8_agreement": 0.5,
    }
    assert printed["per_seed"]["5"]["int8"]["confusion"] == [[10, 0], [10, 0]]
    assert printed["mean"]["float"] == {"ua": 1.0, "wa": 1.0, "f1": 1.0}
    assert printed["mean"]["int8_agreement"] == 0.5
    assert printed["command"] == (
        "sernet-edge train --data made=DIR --protocol loso --recipe stream --seed 1 --seed 5 "
        "--out run"
    )
    card = json.loads((out / "folds" / "seed5-8" / "card.json").read_text(encoding="utf-8"))
    assert card["command"] == (
        "sernet-edge train --data made=DIR --protocol loso --recipe stream --seed 5 --out run"
    )
    written = "".join(path.read_text(encoding="utf-8") for path in out.rglob("*.json"))
    assert str(corpus) not in written
    assert str(tmp_path) not in written


def test_several_seeds_have_a_mean(corpus: Path, tmp_path: Path, asked: list[FoldTask]) -> None:
    text = succeeded(*base(corpus, tmp_path / "run"), "--seed", 1, "--seed", 5).stdout
    assert text.count("float32") == text.count("int8 ") == 3
    assert "mean" in text


def test_a_fold_that_is_kept_is_not_run_again(
    corpus: Path, tmp_path: Path, asked: list[FoldTask]
) -> None:
    out = tmp_path / "run"
    first = succeeded(*base(corpus, out), "--folds", 1)
    assert "made, recipe stream, protocol loso, 1 of 2 folds:" in first.stdout
    assert not read_run(out).content["complete"]
    second = succeeded(*base(corpus, out))
    assert [task.name for task in asked] == ["seed1-03", "seed1-8"]
    assert "1 of 2 folds were done before." in second.stderr
    assert read_run(out).content["complete"]
    (out / "folds" / "seed1-8" / "model_int8.tflite").write_bytes(b"damaged")
    succeeded(*base(corpus, out))
    assert [task.name for task in asked[2:]] == ["seed1-8"]


def test_folds_that_ended_are_kept_when_another_fails(
    corpus: Path, tmp_path: Path, asked: list[FoldTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_fold(task: FoldTask) -> FoldResult:
        if task.fold.name == "8":
            raise InputError("The disk is full.")
        return made_up_result(task)

    monkeypatch.setattr(cross_validation, "run_fold", run_fold)
    out = tmp_path / "run"
    assert failed(*base(corpus, out)) == "The disk is full."
    content = read_run(out).content
    assert [entry["name"] for entry in content["folds"]] == ["03"]
    assert (content["complete"], content["folds_planned"]) == (False, 2)


def test_a_folder_with_another_run_is_left_alone(
    corpus: Path, tmp_path: Path, asked: list[FoldTask]
) -> None:
    out = tmp_path / "run"
    succeeded(*base(corpus, out))
    before = (out / "run.json").read_bytes()
    for words, what in (
        (["--epochs", "9"], "recipe"),
        (["--calibration-clips", "9"], "number of calibration clips"),
        (["--group-speakers", "2", "--epochs", "9"], "groups of speakers and another recipe"),
    ):
        assert failed(*base(corpus, out), *words) == (
            f"{out} keeps a cross-validation with another {what}; it is not overwritten.\n"
            "  Choose another folder:  --out DIR\n"
            "  or take its run.json away."
        )
    assert "with another protocol;" in failed(*base(corpus, out, "paper"))
    assert (out / "run.json").read_bytes() == before
    assert len(asked) == 2


def test_the_published_protocol_says_that_it_is_optimistic(
    corpus: Path, tmp_path: Path, asked: list[FoldTask]
) -> None:
    words = [*base(corpus, tmp_path / "run", "paper"), "--recipe", "paper", "--folds", 2]
    shown = succeeded(*words)
    assert [task.name for task in asked] == ["seed1-fold01", "seed1-fold02"]
    assert all(task.choose_on_test for task in asked)
    assert "made, recipe paper, protocol paper, 2 of 10 folds:" in shown.stdout
    assert "[1/2] seed1-fold01: UA 100.0 % float, 50.0 % int8 (optimistic), 2 clips" in shown.stderr
    assert OPTIMISTIC in shown.stdout
    fold_json = tmp_path / "run" / "folds" / "seed1-fold01" / "fold.json"
    assert json.loads(fold_json.read_text(encoding="utf-8"))["optimistic"] is True
    again = succeeded(*words, "--json")
    assert json.loads(again.stdout)["optimistic"] is True
    assert OPTIMISTIC in again.stderr


def test_a_model_is_stamped_with_the_figures_of_its_run(
    corpus: Path, tmp_path: Path, asked: list[FoldTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow", reason="tensorflow is not installed (extra [train])")

    def train_model(task: TrainingTask, show: Any) -> TrainedModel:
        return TrainedModel(FRONT_END, b"keras", Quantized(b"float", b"int8", 3, (), None), 7)

    monkeypatch.setattr(train, "train_model", train_model)
    run, out = tmp_path / "run", tmp_path / "model"
    succeeded(*base(corpus, run))
    words = ["--data", f"made={corpus}", "--out", out]
    printed = json.loads(succeeded(*words, "--loso", run, "--json").stdout)
    card = json.loads((out / "card.json").read_text(encoding="utf-8"))
    assert printed["loso"] == card["loso"]
    assert card["loso"]["seeds"] == [1]
    assert (card["loso_ua_float"], card["loso_ua_int8"], card["loso_f1_int8"]) == (1.0, 0.5, 0.3333)
    assert card["command"] == (
        "sernet-edge train --data made=DIR --loso RUN --recipe stream --seed 1 --out model"
    )
    assert "was made with another recipe; its figures are not this model's." in failed(
        *words, "--epochs", 9, "--loso", run
    )
    assert failed(*words, "--loso", tmp_path).startswith(
        f"There is no cross-validation in {tmp_path}: it has no run.json."
    )


def test_files_that_cannot_be_used_are_left_out_and_said(
    corpus: Path, tmp_path: Path, asked: list[FoldTask]
) -> None:
    folder = tmp_path / "made"
    shutil.copytree(corpus, folder)
    (folder / "03-0.wav").write_bytes(b"")
    message = failed(*base(folder, tmp_path / "run"))
    assert message.startswith("1 of 20 files of made cannot be used:\n    03-0 ")
    result = succeeded(*base(folder, tmp_path / "run"), "--skip-bad", "--json")
    assert "Left out by --skip-bad: 1 of 20 files of made cannot be used:" in result.stderr
    printed = json.loads(result.stdout)
    assert (printed["corpus"]["clips"], printed["corpus"]["left_out"]) == (19, 1)
    assert " --skip-bad --protocol loso " in printed["command"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--protocol", "loso", "--held-out", "03"],
            "--held-out cannot be given with --protocol loso, which makes no model for use.\n"
            "  Leave it out, or leave --protocol out.",
        ),
        (
            ["--out", "m", "--jobs", "2", "--folds", "3"],
            "--folds and --jobs cannot be given without folds: one model is trained.\n"
            "  Leave it out, or divide the corpus:  --protocol loso",
        ),
        (
            ["--out", "m", "--seed", "1", "--seed", "2"],
            "One model is trained with one seed; 2 were given.\n"
            "  Give one, or compare seeds:  --protocol loso",
        ),
        (
            ["--out", "m", "--protocol", "holdout"],
            "The protocol holdout needs speakers to hold out.\n  Name them:  --held-out SPEAKER",
        ),
        (
            ["--out", "m", "--protocol", "none", "--held-out", "03"],
            "The protocol none trains on all speakers, and --held-out was given.\n"
            "  Hold them out:  --protocol holdout",
        ),
        ([], "A model needs a folder to be written to.\n  Name it:  --out MODEL"),
        (["--protocol", "loso", "--folds", "0"], "At least 1 fold is needed; 0 given."),
        (
            ["--protocol", "loso", "--jobs", "0"],
            "At least 1 job is needed; 0 given.\n  Leave it out:  all cores.",
        ),
        (
            ["--protocol", "paper", "--group-speakers", "2"],
            "--group-speakers divides the speakers of the protocol loso; paper shuffles them.\n"
            "  Leave it out, or:  --protocol loso",
        ),
    ],
)
def test_choices_that_cannot_be_combined(corpus: Path, words: list[str], message: str) -> None:
    assert failed("--data", f"made={corpus}", *words) == message


def test_a_changed_corpus_is_noticed_by_the_fold(
    corpus: Path, tmp_path: Path, asked: list[FoldTask]
) -> None:
    pytest.importorskip("threadpoolctl", reason="threadpoolctl is not installed (extra [train])")
    folder = tmp_path / "made"
    shutil.copytree(corpus, folder)
    succeeded(*base(folder, tmp_path / "run"), "--folds", 1)
    shutil.copy(folder / "8-1.wav", folder / "8-2.wav")
    with pytest.raises(InputError) as caught:
        fold.run_fold(asked[0])
    assert str(caught.value) == (
        "The recordings of made are not those that the run began with: they were changed since, "
        "or this machine has others.\n"
        "  Give every machine the same files, and start the run again."
    )


def test_threadpoolctl_that_is_not_installed_is_named(
    corpus: Path, tmp_path: Path, asked: list[FoldTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    succeeded(*base(corpus, tmp_path / "run"), "--folds", 1)
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    with pytest.raises(SernetError, match="threadpoolctl is needed to run a fold"):
        fold.run_fold(asked[0])


def test_a_fold_goes_on_from_its_own_checkpoint(
    corpus: Path, tmp_path: Path, asked: list[FoldTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    trainings: list[TrainingTask] = []

    def train_model(training: TrainingTask, show: Any) -> TrainedModel:
        trainings.append(training)
        return TrainedModel(FRONT_END, b"", Quantized(b"", b"", 3, (), None), 1)

    monkeypatch.setattr(fold, "train_model", train_model)
    succeeded(*base(corpus, tmp_path / "run", "paper"), "--folds", 1)
    (task,) = asked
    assert task.checkpoint is not None
    assert task.fingerprint.startswith(task.checkpoint.stem.removeprefix("checkpoint-"))
    fold._train(task, tmp_path)
    task.checkpoint.write_bytes(b"state")
    fold._train(task, tmp_path)
    fold._train(replace(task, checkpoint=None, choose_on_test=False), tmp_path)
    assert [item.resume for item in trainings] == [False, True, False]
    assert [item.checkpoint for item in trainings] == [
        task.checkpoint,
        task.checkpoint,
        tmp_path / "checkpoint.npz",
    ]
    assert [item.watched for item in trainings] == [task.fold.test, task.fold.test, ()]
    succeeded(*base(corpus, tmp_path / "run", "paper"), "--folds", 1)
    assert len(asked) == 1


def test_what_a_fold_leaves_behind_is_removed(
    corpus: Path, tmp_path: Path, asked: list[FoldTask]
) -> None:
    folder = tmp_path / "run" / "folds" / "seed1-03"
    folder.mkdir(parents=True)
    for name in ("checkpoint-0.npz", ".checkpoint-0.npz.part"):
        (folder / name).write_bytes(b"old")
    succeeded(*base(corpus, tmp_path / "run"))
    assert not list(folder.glob("*checkpoint*"))


def test_what_a_fold_does_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    show = fold._lines("seed1-03")
    for what, total in (("Computing MFCCs", 3), ("Training", 8), ("Converting", 3)):
        for done in range(total + 1):
            show(what, done, total)
    assert capsys.readouterr().err.splitlines() == [
        "seed1-03: computing MFCCs",
        "seed1-03: training",
        "seed1-03: training, 2 of 8 epochs",
        "seed1-03: training, 4 of 8 epochs",
        "seed1-03: training, 6 of 8 epochs",
        "seed1-03: converting",
    ]


def test_a_card_gets_the_figures_of_its_own_run_only(
    corpus: Path, tmp_path: Path, asked: list[FoldTask]
) -> None:
    out, recipe, digest = (
        tmp_path / "run",
        load_recipe("stream"),
        corpus_digest(load_corpus(corpus)),
    )
    succeeded(*base(corpus, out), "--seed", 1, "--seed", 2)
    found = loso_figures(out, recipe, digest)
    assert (found["corpus"], found["folds"], found["seeds"]) == ("made", 2, [1, 2])
    assert found["float"] == {"ua": 1.0, "wa": 1.0, "f1": 1.0}
    assert found["int8_agreement"] == 0.5
    assert found["confusion"] == {"float": [[20, 0], [0, 20]], "int8": [[20, 0], [20, 0]]}
    command = "sernet-edge train --data made=DIR --protocol loso --recipe stream --seed 1 --seed 2"

    def refusal(*arguments: Any) -> str:
        with pytest.raises(InputError) as caught:
            loso_figures(*arguments)
        return str(caught.value)

    assert refusal(out, load_recipe("small"), digest) == (
        f"{out} was made with another recipe; its figures are not this model's.\n"
        f"  It was made by:  {command} --out run"
    )
    assert refusal(out, recipe, "0") == (
        f"{out} was made with other recordings; its figures are not this model's.\n"
        f"  It was made by:  {command} --out run"
    )
    content = read_run(out).content
    write_json(out / "run.json", {**content, "complete": False})
    assert refusal(out, recipe, digest) == (
        f"{out} is not complete: 4 of 4 folds are done.\n  Go on with it:  {command} --out run"
    )
    write_json(out / "run.json", {**content, "protocol": "paper"})
    assert refusal(out, recipe, digest) == (
        f"{out} is a run of the protocol paper; a card states figures on speakers that were left "
        "out.\n  Make one:  sernet-edge train --data emodb=DIR --protocol loso --out RUN"
    )

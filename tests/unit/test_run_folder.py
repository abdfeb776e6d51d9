"""What a cross-validation keeps in its folder, and what is said when it is damaged."""

import json
from pathlib import Path
from typing import Any

import pytest

from sernet_cal.errors import InputError
from sernet_edge.protocol.run_folder import (
    fold_folder,
    locked,
    read_run,
    read_run_json,
    seal_fold,
    stored_fold,
    write_json,
)

RECORD = {"name": "03", "seed": 1, "fingerprint": "f", "test": ["a", "b"]}


def refusal(function: Any, *arguments: Any) -> str:
    with pytest.raises(InputError) as caught:
        function(*arguments)
    return str(caught.value)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = fold_folder(tmp_path, 1, "03")
    folder.mkdir(parents=True)
    for name in ("card.json", "answers.npz"):
        (folder / name).write_bytes(b"x")
    seal_fold(folder, RECORD)
    write_json(tmp_path / "run.json", {"format": 1, "folds": [{"name": "03", "seed": 1}]})
    return tmp_path


def test_a_fold_is_found_again(run: Path) -> None:
    folder = run / "folds" / "seed1-03"
    assert sorted(path.name for path in folder.iterdir()) == [
        "answers.npz",
        "card.json",
        "fold.json",
    ]
    stored = stored_fold(folder, "f")
    assert stored is not None
    assert {key: stored[key] for key in RECORD} == RECORD


def test_another_fingerprint_or_a_changed_file_is_not_the_fold(run: Path) -> None:
    folder = run / "folds" / "seed1-03"
    assert stored_fold(folder, "g") is None
    assert stored_fold(run / "folds" / "seed1-08", "f") is None
    (folder / "answers.npz").write_bytes(b"y")
    assert stored_fold(folder, "f") is None
    (folder / "answers.npz").unlink()
    assert stored_fold(folder, "f") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "3", '{"fingerprint": "f", "sha256": 1}'])
def test_a_damaged_fold_is_not_the_fold(run: Path, text: str) -> None:
    folder = run / "folds" / "seed1-03"
    (folder / "fold.json").write_text(text, encoding="utf-8")
    assert stored_fold(folder, "f") is None


@pytest.mark.parametrize("below", [".", "run.json"])
def test_a_run_is_read_by_its_folder_or_its_file(run: Path, below: str) -> None:
    found = read_run(run / below)
    assert (found.path, found.content["format"]) == (run, 1)
    (fold,) = found.folds
    assert (fold.name, fold.seed, fold.test) == ("03", 1, ("a", "b"))
    assert fold.folder == run / "folds" / "seed1-03"


def test_runs_that_cannot_be_read(run: Path) -> None:
    assert refusal(read_run, run / "folds") == (
        f"There is no cross-validation in {run / 'folds'}: it has no run.json.\n"
        "  Make one:  sernet-edge train --data emodb=DIR --protocol loso --out RUN"
    )
    (run / "folds" / "seed1-03" / "fold.json").write_text("{}", encoding="utf-8")
    assert refusal(read_run, run) == (
        f"The fold {run / 'folds' / 'seed1-03'} is not readable: it lacks 'test'.\n"
        "  Run the command again that made it; it goes on with what is missing."
    )
    (run / "folds" / "seed1-03" / "fold.json").unlink()
    assert "is not readable: No such file or directory.\n" in refusal(read_run, run)
    path = run / "run.json"
    for content, seen in (({"format": 2}, "2"), ([], "list")):
        path.write_text(json.dumps(content), encoding="utf-8")
        assert refusal(read_run_json, run) == (
            f"{path} has format {seen}; this version reads format 1.\n"
            "  Run the cross-validation anew, into another folder:  --out DIR"
        )
    path.write_text("{", encoding="utf-8")
    assert refusal(read_run_json, run).startswith(f"{path} is not readable: Expecting property")
    assert read_run_json(run / "folds") is None


def test_a_run_is_kept_to_one_command(tmp_path: Path) -> None:
    pytest.importorskip("filelock", reason="filelock is not installed (extra [train])")
    run = tmp_path / "runs" / "one"
    with locked(run):
        with pytest.raises(InputError) as caught, locked(run):
            pass
        assert str(caught.value) == (
            f"Another command is working on the run in {run}.\n"
            "  Wait until it ends, or write another run:  --out DIR"
        )
    with locked(run):
        pass

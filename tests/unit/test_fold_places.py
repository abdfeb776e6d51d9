"""Whole folds, trained in seconds: the same bytes on this machine's cores and on a Dask cluster."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
from click.testing import CliRunner

from sernet_cal.bundle import load_bundle
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_edge.commands import train
from sernet_edge.evaluate.answers import answers_from_npz
from sernet_edge.evaluate.metrics import summarise

pytest.importorskip("tensorflow", reason="tensorflow is not installed (extra [train])")
pytest.importorskip("joblib", reason="joblib is not installed (extra [train])")
pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra [train])")

TINY = ["--clip-seconds", "0.25", "--epochs", "1", "--calibration-clips", "4"]
TINY += ["--set", "network.width=0.1", "--set", "augmentation.noisy_share=0"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERNET_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two speakers, each saying something voiced and something noisy, two times each."""
    folder = tmp_path_factory.mktemp("made")
    clips = {clip.name: clip.samples for clip in synthetic_clips()}
    lines = ["file,emotion,speaker"]
    for number, speaker in enumerate("ab"):
        for label, name in (("calm", "voiced-a-110"), ("harsh", "unvoiced-high")):
            for take in range(2):
                start = 2000 * number + 6000 * take
                file = f"{speaker}-{label}-{take}.wav"
                soundfile.write(folder / file, clips[name][start : start + 6000], 16_000)
                lines.append(f"{file},{label},{speaker}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler on this machine with two workers, each a process of its own."""
    distributed = pytest.importorskip(
        "distributed", reason="distributed is not installed (extra [cluster])"
    )
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as made:
        yield made


def cross_validated(corpus: Path, out: Path, *words: Any) -> dict[str, Any]:
    base = ["--data", f"made={corpus}", "--protocol", "loso", "--out", out, *TINY, "--json"]
    result = CliRunner().invoke(train.command, [str(word) for word in (*base, *words)])
    assert result.exit_code == 0, (result.output, result.exception)
    content: dict[str, Any] = json.loads(result.stdout)
    return content


def test_a_cluster_finds_what_this_machine_finds(
    corpus: Path, tmp_path: Path, cluster: Any
) -> None:
    here, there = tmp_path / "here" / "run", tmp_path / "there" / "run"
    content = cross_validated(corpus, here, "--jobs", 2)
    assert cross_validated(corpus, there, "--cluster", cluster.scheduler_address) == content
    found = {path.relative_to(here): path for path in here.rglob("*") if path.is_file()}
    assert len(found) == 2 * 6 + 3  # run.json, the picture and the lock beside the folds
    for name, path in found.items():
        assert (there / name).read_bytes() == path.read_bytes(), name
    for name in ("seed1-a", "seed1-b"):
        bundle = load_bundle(here / "folds" / name)
        answers = answers_from_npz((here / "folds" / name / "answers.npz").read_bytes())
        figures = summarise(answers, resamples=0)
        assert bundle.card["training"]["held_out_speakers"] == list(set(answers.speakers))
        assert bundle.card["accuracy"]["optimistic"] is False
        assert bundle.card["accuracy"]["int8"] == figures.int8.scores.to_json()
    assert content["per_seed"]["1"]["clips"] == 8

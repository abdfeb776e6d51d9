"""`sernet-edge features`: its table, its JSON, its exit codes, and what it says when it cannot."""

import json
import sys
from functools import partial

import pytest
import soundfile
from click.testing import CliRunner

from sernet_cal import float_features
from sernet_cal.errors import InputError
from sernet_edge import feature_settings
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_edge.commands import features as features_command
from sernet_edge.feature_report import FloatCandidate
from sernet_edge.feature_settings import Reference, find_reference


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "two-clips"
    folder.mkdir()
    for clip in synthetic_clips():
        if clip.name in ("breathy", "quiet"):
            soundfile.write(folder / f"{clip.name}.wav", clip.samples, 16_000, subtype="PCM_16")
    return folder


@pytest.fixture
def run(monkeypatch):
    """Return a function that runs the command with the numpy reference."""
    chain = Reference("numpy", partial(float_features.raw_mfcc, window="hann"))
    monkeypatch.setattr(features_command, "find_reference", lambda window: chain)

    def invoke(*arguments):
        return CliRunner().invoke(features_command.command, [str(word) for word in arguments])

    return invoke


def test_json_is_one_object_with_both_forms(run, corpus, monkeypatch):
    monkeypatch.setitem(sys.modules, "cmsisdsp", None)
    result = run("--compare", "--data", corpus, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["clips"] == 2
    assert report["data"] == "two-clips"
    assert report["reference"] == "numpy"
    assert "pip install '.[train]'" in report["left_out"]
    ours = report["forms"]["stream"]
    assert [item["name"] for item in ours] == ["ours"]
    assert ours[0]["snr_db"] > 66
    assert ours[0]["same_prediction"] == 1.0
    assert report["forms"]["paper"][0]["same_prediction"] is None


def test_table_names_the_reference_and_every_front_end(run, corpus):
    pytest.importorskip("cmsisdsp", reason="the package cmsisdsp is not installed")
    result = run("--compare", "--data", corpus)
    assert result.exit_code == 0, result.output
    assert "2 clips of two-clips against numpy; model emodb-3s, hann window" in result.stdout
    for name in ("ours", "CMSIS-DSP f32", "CMSIS-DSP q31", "CMSIS-DSP q15"):
        assert result.stdout.count(name) == 2
    assert "…" not in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


def test_table_says_why_cmsis_is_left_out(run, corpus, monkeypatch):
    monkeypatch.setitem(sys.modules, "cmsisdsp", None)
    result = run("--compare", "--data", corpus)
    assert result.stdout.endswith(
        "CMSIS-DSP is left out. The Python package cmsisdsp is needed to compare with CMSIS-DSP's "
        "MFCC, and it is not installed.\n"
        "  Install it, in the folder of sernet-edge's sources:  pip install '.[train]'\n"
    )


def test_missed_bar_is_named_and_sets_the_exit_code(run, corpus, monkeypatch):
    def poor(setting):
        def double(signal):
            return 2 * float_features.raw_mfcc(signal)

        return [FloatCandidate("ours", setting, double)], ""

    monkeypatch.setattr(features_command, "candidates", poor)
    result = run("--compare", "--data", corpus)
    assert result.exit_code == 1
    assert "Our front-end in the form stream: " in result.stderr
    assert " dB SNR, at least 66 dB expected." in result.stderr


def test_without_compare_there_is_nothing_to_do(run, corpus):
    result = run("--data", corpus)
    assert result.exit_code == 2
    assert "There is nothing to do without --compare." in result.stderr


def test_missing_folder_is_the_corpus_error(run, tmp_path):
    result = run("--compare", "--data", tmp_path / "none")
    assert isinstance(result.exception, InputError)
    assert "There is no folder of recordings at" in str(result.exception)


def test_reference_says_when_tensorflow_is_missing(monkeypatch):
    monkeypatch.setattr(feature_settings.importlib.util, "find_spec", lambda name: None)
    assert find_reference("hann").name == "numpy float64 (TensorFlow is not installed)"

"""`sernet-edge check`: what it compares, prints and refuses."""

import dataclasses
import json
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from tiny_models import small_sernet

from sernet_cal import features, float_features
from sernet_cal.errors import ExitCode, InputError, SernetError
from sernet_cal.features import paper_front_end
from sernet_cal.qmodel import read_qmodel
from sernet_cal.reference import run_reference
from sernet_edge import check as checking
from sernet_edge.audio import clips as clip_source
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_edge.cli import cli
from sernet_edge.commands.check import MICRO, SYNTHETIC
from sernet_edge.compare import Tally
from sernet_edge.feature_settings import Reference
from sernet_edge.model.bundled import resolve_model
from sernet_edge.tflite_micro import MicroModel
from sernet_gen.hostlib import ClipShape, host_library

MODEL_SAMPLES = 48_000


@pytest.fixture(scope="module")
def library():
    bundle = resolve_model(None)
    with host_library(read_qmodel(bundle.int8), bundle.front_end, ("-O1",)) as made:
        yield made


@pytest.fixture
def one_clip(monkeypatch, library):
    """The check with one synthetic clip, one compilation and the float chain in numpy: quick."""
    monkeypatch.setattr(checking, "host_library", lambda *_, **__: nullcontext(library))
    clips = synthetic_clips()[:1]
    monkeypatch.setattr(clip_source, "synthetic_clips", lambda: clips)
    chain = Reference("numpy", float_features.raw_mfcc)
    monkeypatch.setattr(checking, "find_reference", lambda window: chain)
    return clips


def invoke(*arguments):
    return CliRunner().invoke(cli, ["check", *arguments], standalone_mode=False)


def test_json_is_one_object_with_the_figures(one_clip):
    result = invoke("--json", "--clip-seconds", "1", "--clip-seconds", "3")
    figures = json.loads(result.stdout)
    assert (figures["clips"], figures["tensors"], figures["differing_bytes"]) == (1, 20, 0)
    assert figures["mfcc_snr_db"] > 20
    assert figures["same_prediction"] == 1.0
    assert figures["ms_per_clip"] > 0
    assert figures["float_chain"] == "numpy"
    assert [length["clip_seconds"] for length in figures["lengths"]] == [1.0, 3.0]
    assert figures["lengths"][0]["differing_bytes_fused_numpy"] == 0
    judged = figures["lengths"][1]["differing_bytes_numpy_tflite"]
    assert (len(judged), set(judged.values())) == (20, {0})
    assert result.return_value is None


def test_the_table_names_what_was_compared(one_clip):
    shown = invoke().stdout
    for words in ("emodb-3s: differing bytes", "every tensor: C / numpy", "numpy / TFLite", "3 s"):
        assert words in shown
    assert "First difference" not in shown
    assert SYNTHETIC in shown


def test_a_difference_is_located_and_ends_with_1(one_clip, monkeypatch):
    def spoilt(model, rows):
        tensors = run_reference(model, rows)
        tensors[8] = tensors[8].copy()
        tensors[8][5, 3, 2] ^= 1
        return tensors

    monkeypatch.setattr(checking, "run_reference", spoilt)
    result = invoke()
    assert result.exit_code == ExitCode.DIFFERENT
    first = f"First difference, 3 s: {one_clip[0].name}: conv_4 at row 5, column 3, channel 2: C "
    assert first in result.stdout


def test_a_limit_leaves_clips_out(tmp_path):
    for name in "ab":
        soundfile.write(tmp_path / f"{name}.wav", synthetic_clips()[0].samples[:16_000], 16_000)
    shown = invoke("--data", str(tmp_path), "--limit", "1", "--clip-seconds", "1", "--json").stdout
    assert json.loads(shown)["clips"] == 1


def test_clip_lengths_that_make_no_sense(one_clip):
    error = invoke("--clip-seconds", "0.01").exception
    assert isinstance(error, InputError)
    assert str(error) == ("--clip-seconds 0.01 is not a usable clip length; 0.1 to 60 seconds are.")


def test_a_folder_without_recordings(tmp_path):
    error = invoke("--data", str(tmp_path / "none")).exception
    assert isinstance(error, InputError)
    assert "There is no folder of recordings at" in str(error)


def test_tally_counts_and_finds_the_first_byte():
    tensors = read_qmodel(small_sernet(), 8).traced[-2:]
    tally = Tally("C", "numpy", tensors)
    same, other = np.array([1, 2, 3], np.int8), np.array([1, 5, 4], np.int8)
    tally.add("clip 1", [same, same], [same, same])
    assert (tally.total, tally.first, tally.compared) == (0, None, 6)
    tally.add("clip 2", [same, same], [same, other])
    assert tally.differing == [0, 2]
    assert str(tally.first) == "clip 2: softmax at value 1: C 2, numpy 5"
    tally.add("clip 3", [same, same], [same[:2], same])
    assert tally.differing == [1, 2]
    tally.add("clip 4", [None, same], [same, other])
    assert (tally.differing, tally.compared) == ([1, 4], 21)


def test_without_the_wheel_there_is_no_micro_model(monkeypatch):
    monkeypatch.setitem(sys.modules, "tflite_micro", None)
    assert MicroModel.load(resolve_model(None).int8) is None


class OtherJudge:
    """Stands for a TFLite Micro whose first score is one step off."""

    rows = 184

    def __init__(self, model):
        self._model = model

    def run(self, rows):
        scores = run_reference(self._model, rows)[-1].copy()
        scores.flat[0] += 1
        return scores


def test_tflite_micro_is_told_apart_but_does_not_decide(one_clip, monkeypatch):
    judge = OtherJudge(read_qmodel(resolve_model(None).int8))
    monkeypatch.setattr(checking.MicroModel, "load", lambda _: judge)
    result = invoke()
    assert result.exit_code == ExitCode.AGREED
    assert f"{MICRO} 3 s: {one_clip[0].name}: softmax at value 0: numpy " in result.stdout
    figures = json.loads(invoke("--json").stdout)
    assert (figures["differing_bytes"], figures["tflite_micro_differing_bytes"]) == (0, 1)
    assert "TFLite Micro" in figures["lengths"][0]["tflite_micro_difference"]


def test_the_table_says_when_tflite_micro_is_missing(one_clip, monkeypatch):
    monkeypatch.setitem(sys.modules, "tflite_micro", None)
    assert "not installed" in invoke().stdout
    assert json.loads(invoke("--json").stdout)["tflite_micro_differing_bytes"] is None


@pytest.fixture(scope="module")
def paper_library():
    model = read_qmodel(resolve_model(None).int8)
    with host_library(model, paper_front_end(), ("-O1",)) as library:
        yield library


def test_host_library_keeps_the_clip_of_the_paper_form(paper_library):
    shape = ClipShape(paper_front_end(), MODEL_SAMPLES)
    samples = synthetic_clips()[0].samples
    rows = paper_library.features(samples, shape)
    tensors = paper_library.run(samples, shape)
    assert rows.shape == (features.frame_count(MODEL_SAMPLES), 40)
    np.testing.assert_array_equal(tensors[0][:, :, 0], rows)
    np.testing.assert_array_equal(paper_library.score(samples, shape), tensors[-1])


def test_host_library_reports_the_runtimes_status(paper_library):
    shape = ClipShape(paper_front_end(), MODEL_SAMPLES)
    with pytest.raises(InputError, match="answers with status 1: a value that it does not take"):
        paper_library.features(np.zeros(10, np.int16), shape)


def test_the_classifier_passes_on_that_its_arena_is_too_small(paper_library, monkeypatch):
    monkeypatch.setattr(paper_library, "_arena", np.zeros(10, np.uint64))
    shape = ClipShape(paper_front_end(), MODEL_SAMPLES)
    with pytest.raises(InputError, match="answers with status 3: too little memory"):
        paper_library.score(synthetic_clips()[0].samples, shape)


def test_host_library_notices_rows_that_do_not_fit(paper_library):
    run = SimpleNamespace(missed=3)
    with pytest.raises(SernetError, match="The C engine made 3 rows out of order or too many"):
        paper_library._check(0, run)


def test_host_library_notices_missing_feature_rows(paper_library):
    class Short(ClipShape):
        def rows_of(self, sample_count):
            return super().rows_of(sample_count) + 1

    shape = Short(paper_front_end(), MODEL_SAMPLES)
    with pytest.raises(SernetError, match="The C front-end made 184 rows instead of 185"):
        paper_library.features(synthetic_clips()[0].samples, shape)


def test_a_clip_shape_counts_the_canvas():
    stream = dataclasses.replace(paper_front_end(), form="stream")
    assert ClipShape(stream, MODEL_SAMPLES).rows_of(1024) == 184
    assert ClipShape(stream, MODEL_SAMPLES).rows_of(2 * MODEL_SAMPLES) == 372
    assert ClipShape(paper_front_end(), MODEL_SAMPLES).rows_of(2 * MODEL_SAMPLES) == 184

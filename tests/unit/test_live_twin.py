"""The numpy twin of streams: which feature rows they have, and how they relate to clips."""

import numpy as np
import pytest
from tiny_bundle import make_bundle, random_clip
from tiny_models import random_rows, small_sernet

from sernet_cal.errors import InputError
from sernet_cal.live import answer_rows, last_layer_rows, run_live, stream_rows
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_cal.qmodel import read_qmodel
from sernet_cal.reference import run_reference


@pytest.fixture
def model():
    return read_qmodel(small_sernet(1, rows=57), 8)


def front_end_of(bundle):
    entry = read_qmodel(bundle.int8).input
    return IntegerFrontEnd(bundle.front_end, entry.scale, entry.zero_point)


def test_a_stream_has_the_rows_of_a_clip_without_silence(tmp_path):
    bundle = make_bundle(tmp_path)
    front_end = front_end_of(bundle)
    samples = random_clip(1, bundle.model_samples)
    whole = front_end.clip_rows(samples, bundle.model_samples)
    np.testing.assert_array_equal(stream_rows(front_end, samples), whole)
    assert len(stream_rows(front_end, samples[:1024])) == 1
    with pytest.raises(InputError, match="The clip is too short: 1023 samples"):
        stream_rows(front_end, samples[:1023])


def test_a_front_end_that_needs_the_whole_clip_has_no_stream(tmp_path):
    front_end = front_end_of(make_bundle(tmp_path, form="paper"))
    with pytest.raises(InputError, match="`paper` front-end needs the whole clip: it has no rows"):
        stream_rows(front_end, random_clip(1, 4800))


def test_a_clip_of_the_models_length_is_not_answer_zero(model):
    rows = random_rows(3, 57 + 40)
    clip = run_reference(model, rows[:57])
    # The rows of the last layer are the clip's, but for those that the padding below it reaches.
    made = last_layer_rows(model, rows[:57])
    last = clip[-4]
    assert len(last) == answer_rows(model) == 8
    assert len(made) == 6
    np.testing.assert_array_equal(made, last[:6])
    assert len(run_live(model, rows[:57])) == 0
    # Two rows more of the last layer, one for each period of the network, and the first answer
    # comes; it sees sound where the clip has padding.
    assert len(run_live(model, rows[: 57 + 7 + 8 - 1])) == 0
    answers = run_live(model, rows[: 57 + 7 + 8])
    assert len(answers) == 1
    later = last_layer_rows(model, rows)
    assert np.any(later[6:8] != last[6:8])


def test_long_streams_are_computed_in_pieces(model, monkeypatch):
    rows = random_rows(4, 700)
    whole = run_live(model, rows)
    assert len(whole) == 700 // 8 - 8 - 1 + 1
    for at_once in (1, 3):
        monkeypatch.setattr("sernet_cal.live._ROWS_AT_ONCE", at_once)
        np.testing.assert_array_equal(run_live(model, rows), whole)


def test_rows_of_another_width_are_refused(model):
    with pytest.raises(InputError, match="takes int8 rows of 8 values, one at least; these are"):
        run_live(model, random_rows(1, 20, 9))

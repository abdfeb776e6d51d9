"""The integer front-end's bytes never change unnoticed: checksums over all synthetic clips.

Trained models depend on these bytes. If a change is meant, the failing test prints the new values;
the commit says why they moved.
"""

import zlib

import numpy as np
import pytest

from sernet_cal.features import FrontEnd, paper_front_end
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_gen.frontend_source import render_frontend

STREAM_MEAN = (-80.0, *(6.0 - k / 8 for k in range(39)))
STREAM_DEVIATION = (22.0, *(7.0 - k / 8 for k in range(39)))
GOLDEN = {
    ("stream", "hann"): (1575678612, 103338921),
    ("stream", "hamming"): (316877229, 3123733187),
    ("paper", "hann"): (3006778463, 3459646436),
    ("paper", "hamming"): (2621768962, 3429738670),
}


@pytest.mark.parametrize(("form", "window"), GOLDEN)
def test_rows_and_generated_constants_are_the_known_ones(form, window):
    front_end = FrontEnd("stream", window, STREAM_MEAN, STREAM_DEVIATION, 4.0)
    if form == "paper":
        front_end = paper_front_end(window)
    scale = 2 * front_end.clip / 255
    twin = IntegerFrontEnd(front_end, scale, -1)
    rows = np.concatenate([twin.clip_rows(clip.samples, 48_000) for clip in synthetic_clips()])
    text = render_frontend(front_end, scale, -1)
    seen = zlib.crc32(rows.tobytes()), zlib.crc32(text.encode())
    assert seen == GOLDEN[form, window]

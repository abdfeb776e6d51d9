"""CMSIS-DSP's MFCC as the comparison calls it, and the message where it is not installed."""

import sys

import numpy as np
import pytest

from sernet_cal import float_features
from sernet_cal.errors import SernetError
from sernet_edge.cmsis_mfcc import cmsis_mfcc

SAMPLES = np.random.default_rng(3).normal(0.0, 0.1, 8000)


@pytest.mark.parametrize(("kind", "tolerance"), [("f32", 1e-4), ("q31", 0.1), ("q15", 0.5)])
@pytest.mark.parametrize("window", ["hann", "hamming"])
def test_loud_noise_gives_the_float_mfcc(kind, tolerance, window):
    pytest.importorskip("cmsisdsp", reason="the package cmsisdsp is not installed")
    ours = float_features.raw_mfcc(SAMPLES, window)
    theirs = cmsis_mfcc(kind, window)(SAMPLES)
    assert theirs.shape == ours.shape
    np.testing.assert_allclose(theirs, ours, atol=tolerance)


def test_missing_package_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "cmsisdsp", None)
    with pytest.raises(SernetError) as caught:
        cmsis_mfcc("q15", "hann")
    assert str(caught.value) == (
        "The Python package cmsisdsp is needed to compare with CMSIS-DSP's MFCC, "
        "and it is not installed.\n"
        "  Install it, in the folder of sernet-edge's sources:  pip install '.[train]'"
    )

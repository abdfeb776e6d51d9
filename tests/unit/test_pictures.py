"""Pictures of an evaluation."""

import struct
import sys

import numpy as np
import pytest

from sernet_cal.errors import SernetError
from sernet_edge.drawing import check_matplotlib
from sernet_edge.evaluate.answers import Answers
from sernet_edge.evaluate.conditions import ROBUSTNESS, ConditionFigures
from sernet_edge.evaluate.metrics import Summary, summarise
from sernet_edge.evaluate.pictures import confusion_picture, robustness_picture

pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra [train])")
pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra [train])")


@pytest.fixture(scope="module")
def summary() -> Summary:
    expected = np.arange(6) % 3
    scores = np.eye(3)[np.array([0, 1, 2, 0, 2, 2])]
    answers = Answers(
        ("x", "y", "z"),
        tuple("abcdef"),
        ("s",) * 6,
        expected.astype(np.int64),
        scores.astype(np.float32),
        scores.astype(np.int8),
    )
    return summarise(answers)


def size(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def test_pictures_are_png_with_the_same_bytes_every_time(summary: Summary) -> None:
    rows = [ConditionFigures(condition, summary) for condition in ROBUSTNESS]
    for draw in (
        lambda: confusion_picture(summary, "m on c"),
        lambda: robustness_picture(rows, summary, "m on c"),
    ):
        picture = draw()
        assert min(size(picture)) > 300
        assert picture == draw()
        assert b"tEXt" not in picture  # neither time nor program


def test_matplotlib_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    check_matplotlib()
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(SernetError) as caught:
        check_matplotlib()
    assert str(caught.value) == (
        "The Python package matplotlib is needed to draw pictures, and it is not installed.\n"
        "  Install it, in the folder of sernet-edge's sources:  pip install '.[train]'"
    )

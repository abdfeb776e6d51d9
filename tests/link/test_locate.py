"""Finding the first wrong byte of a tensor through traces, on a simulated board."""

import zlib

import numpy as np
import pytest

from sernet_edge.link.answers import Result
from sernet_edge.link.clip import ClipRun
from sernet_edge.link.messages import TRACE_MAX_CAPTURE, TRACE_MAX_ROWS, TraceRequest
from sernet_edge.verify import locate as locating
from sernet_edge.verify.locate import locate

SAMPLES = np.zeros(2000, np.int16)


class Board:
    """Answers traced runs from a whole tensor, as sn_trace.c does; counts the runs."""

    def __init__(self, tensor: np.ndarray) -> None:
        self.tensor, self.runs = tensor, 0

    def run(self, session: object, samples: object, trace: TraceRequest) -> ClipRun:
        self.runs += 1
        shape = (len(self.tensor), -1) if self.tensor.ndim > 1 else (1, -1)
        flat = self.tensor.reshape(shape)
        kept = range(trace.first_row, len(flat), trace.row_step)
        crcs = tuple(zlib.crc32(flat[: row + 1].tobytes()) for row in kept)[:TRACE_MAX_ROWS]
        data = self.tensor.tobytes()[trace.capture_offset :][:TRACE_MAX_CAPTURE]
        return ClipRun(Result(0, 0, (0,)), (), crcs, data)


def find(monkeypatch: pytest.MonkeyPatch, board: Board, expected: np.ndarray) -> object:
    monkeypatch.setattr(locating, "run_clip", board.run)
    return locate(None, "clip", SAMPLES, "conv_1", 1, expected)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(184, 40), (92, 20, 96), (200, 3, 500), (1, 2, 3), (7,)])
@pytest.mark.parametrize("part", [0.0, 0.13, 0.5, 0.77, 0.999])
def test_the_first_wrong_byte_is_found(
    shape: tuple[int, ...], part: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = np.random.default_rng(1).integers(-128, 128, shape).astype(np.int8)
    wrong = expected.copy().reshape(-1)
    first = int(part * len(wrong))
    wrong[first] ^= 0x40
    wrong[first + 1 :: 17] ^= 1
    board = Board(wrong.reshape(shape))
    found = find(monkeypatch, board, expected)
    position = tuple(int(axis) for axis in np.unravel_index(first, shape))
    assert found == locating.Difference(
        "clip",
        "conv_1",
        position,
        ("reference", "board"),
        (int(expected[position]), int(wrong[first])),
    )
    assert board.runs <= 5


def test_a_difference_that_does_not_show_again(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = np.arange(100, dtype=np.int8).reshape(10, 10)
    assert find(monkeypatch, Board(expected), expected) is None


def test_rows_that_the_board_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = np.arange(100, dtype=np.int8).reshape(10, 10)
    assert find(monkeypatch, Board(expected[:4]), expected) is None

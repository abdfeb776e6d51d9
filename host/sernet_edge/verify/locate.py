"""Where a board's tensor first differs from the reference's: row by CRCs, byte by capture.

The board keeps no tensor, so the clip is run again and again: 64 running CRCs a run narrow the rows
down to one, and then captures of 1 KiB fetch that row.
"""

import zlib

import numpy as np
import numpy.typing as npt

from sernet_edge.compare import Difference
from sernet_edge.link.clip import ClipRun, run_clip
from sernet_edge.link.messages import TRACE_MAX_CAPTURE, TRACE_MAX_ROWS, TraceRequest
from sernet_edge.link.session import Session

Samples = npt.NDArray[np.int16]
Int8Array = npt.NDArray[np.int8]

SIDES = ("reference", "board")


def locate(
    session: Session, clip: str, samples: Samples, name: str, index: int, expected: Int8Array
) -> Difference | None:
    """Return the first byte of tensor `index` that differs from `expected` on the board.

    `expected`: int8, the rows first, or one vector. None where the board, asked again, answers
    rightly: then its answers do not repeat.
    """
    rows = expected.reshape(len(expected), -1) if expected.ndim > 1 else expected.reshape(1, -1)
    running = _running_crcs(rows)
    low, high = 0, len(rows)
    while high - low > 1:
        step = -(-(high - low) // TRACE_MAX_ROWS)
        request = TraceRequest(index, low + step - 1, step)
        seen = run_clip(session, samples, trace=request).row_crcs
        low, high = _narrow(running, seen, low, high, step)
    return _first_byte(session, clip, samples, name, index, expected, low, rows.shape[1])


def _running_crcs(rows: Int8Array) -> list[int]:
    crcs, crc = [], 0
    for row in rows:
        crc = zlib.crc32(row.tobytes(), crc)
        crcs.append(crc)
    return crcs


def _narrow(
    running: list[int], seen: tuple[int, ...], low: int, high: int, step: int
) -> tuple[int, int]:
    """Return the rows [low, high) among which the first wrong one must be."""
    for place, row in enumerate(range(low + step - 1, high, step)):
        if place >= len(seen) or seen[place] != running[row]:
            return row - step + 1, row + 1
        low = row + 1
    # All CRCs that came are right: it is in the rows after the last of them.
    return (low, high) if low < high else (high - 1, high)


def _first_byte(
    session: Session,
    clip: str,
    samples: Samples,
    name: str,
    index: int,
    expected: Int8Array,
    row: int,
    row_bytes: int,
) -> Difference | None:
    flat = expected.reshape(-1)
    for offset in range(row * row_bytes, (row + 1) * row_bytes, TRACE_MAX_CAPTURE):
        run: ClipRun = run_clip(session, samples, trace=TraceRequest(index, capture_offset=offset))
        seen = np.frombuffer(run.capture, np.int8)
        wanted = flat[offset : offset + len(seen)]
        wrong = np.flatnonzero(seen[: len(wanted)] != wanted)
        if len(wrong):
            at = offset + int(wrong[0])
            position = tuple(int(axis) for axis in np.unravel_index(at, expected.shape))
            values = (int(flat[at]), int(seen[wrong[0]]))
            return Difference(clip, name, position, SIDES, values)
    return None

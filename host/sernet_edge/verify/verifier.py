"""Clips through a board and through both references, compared byte for byte."""

import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sernet_edge.audio.synthetic import Clip
from sernet_edge.compare import Difference
from sernet_edge.link.answers import DeviceInfo, Result, TensorDigest
from sernet_edge.link.clip import run_clip
from sernet_edge.link.messages import TRACE_MAX_TENSORS
from sernet_edge.link.session import Session
from sernet_edge.references import Expectation, References
from sernet_edge.verify.locate import locate

Int8Array = npt.NDArray[np.int8]

NO_CLOCK = "the board has no clock that moves (emulators have none)"
OTHER_CLOCK = "QEMU's clock is this machine's: it tells nothing of the board"

# A place costs four runs of the clip or so; the first few clips tell what is wrong.
MAX_LOCATED = 3


@dataclass(frozen=True)
class ClipReport:
    """One clip's comparison.

    `tensor`: the first that differs, None where every byte is equal. `difference`: its first byte
    that differs; None when it was not looked for, or did not show again. `board_class` and
    `float_class`: numbers of the classes with the highest score. `device_ms`: None where
    `why_no_time` says why.
    """

    clip: str
    samples: int
    tensor: str | None
    difference: Difference | None
    board_class: int
    float_class: int
    probability_error: float
    device_ms: float | None

    @property
    def byte_exact(self) -> bool:
        """Whether features, every layer and the scores are equal to the integer reference's."""
        return self.tensor is None


class Verifier:
    """Compares clip after clip; one board, one model. `timed`: the board's ticks are its time.

    `made_tensors`: names of the tensors that the firmware makes, None for all. `compared`: the
    numbers of those that can be compared: a board has digests of the first TRACE_MAX_TENSORS
    tensors only; of a larger network's others the scores tell, which every answer holds.
    """

    def __init__(
        self,
        session: Session,
        references: References,
        timed: bool,
        made_tensors: Collection[str] | None = None,
    ) -> None:
        self._session = session
        self._references = references
        self._timed = timed
        self._located = 0
        traced = references.model.traced
        self.compared = tuple(
            index
            for index, tensor in enumerate(traced)
            if (made_tensors is None or tensor.name in made_tensors)
            and (index < TRACE_MAX_TENSORS or index == len(traced) - 1)
        )

    def verify(self, clip: Clip, on_progress: Callable[[int], None] | None = None) -> ClipReport:
        """Run `clip` on the board and compare; `on_progress` sees the samples taken.

        Raises the errors of the link, and InputError for a clip shorter than one frame.
        """
        expected = self._references.expect(clip.samples)
        run = run_clip(self._session, clip.samples, debug=True, on_progress=on_progress)
        wrong = first_wrong(self.compared, expected, run.digests, run.result)
        scores = np.array(run.result.scores, np.int8)
        error = np.abs(self._references.probabilities(scores) - expected.probabilities)
        return ClipReport(
            clip.name,
            len(clip.samples),
            None if wrong is None else self._name(wrong),
            None if wrong is None else self._locate(clip, wrong, expected),
            int(np.argmax(scores)),
            int(np.argmax(expected.probabilities)),
            float(np.max(error)),
            self._milliseconds(run.result),
        )

    def _name(self, index: int) -> str:
        return self._references.model.traced[index].name

    def _locate(self, clip: Clip, index: int, expected: Expectation) -> Difference | None:
        if self._located >= MAX_LOCATED:
            return None
        self._located += 1
        tensor = expected.tensors[index]
        return locate(self._session, clip.name, clip.samples, self._name(index), index, tensor)

    def _milliseconds(self, result: Result) -> float | None:
        if not self._timed:
            return None
        return 1000.0 * result.ticks / self._session.info.ticks_per_second


def why_no_time(url: str, info: DeviceInfo) -> str | None:
    """Return why the ticks of the board at `url` are no time of it; None where they are."""
    if url.startswith("qemu://"):
        return OTHER_CLOCK
    return None if info.ticks_per_second else NO_CLOCK


def first_wrong(
    compared: Sequence[int],
    expected: Expectation,
    digests: tuple[TensorDigest, ...],
    result: Result,
) -> int | None:
    """Return the number of the first of the `compared` tensors that differs; the scores count as
    the last one."""
    for index in compared:
        tensor = expected.tensors[index]
        digest = TensorDigest(zlib.crc32(tensor.tobytes()), tensor.size)
        if index < TRACE_MAX_TENSORS and (index >= len(digests) or digests[index] != digest):
            return index
    scores_equal = tuple(int(score) for score in expected.tensors[-1].reshape(-1)) == result.scores
    return None if scores_equal else len(expected.tensors) - 1

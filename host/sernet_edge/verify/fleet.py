"""Several boards verified at once, a thread for each."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sernet_cal.bundle import Bundle
from sernet_cal.errors import ExitCode, SernetError
from sernet_edge.audio.synthetic import Clip
from sernet_edge.firmware import Firmware
from sernet_edge.progress import Show
from sernet_edge.references import Expectation, References, Samples
from sernet_edge.verify.bench import Lost
from sernet_edge.verify.board import Target, Terms, verify_board
from sernet_edge.verify.report import Verification

# Boards keep about the same pace, so that the last few clips' tensors are all that is asked for.
_KEPT_CLIPS = 8


@dataclass(frozen=True)
class FleetRow:
    """One board of the bench: its comparison, or the error that ended it.

    `board` is empty where nobody knows which it is.
    """

    board: str
    url: str
    outcome: Verification | SernetError

    @property
    def exit_code(self) -> ExitCode:
        """What a verification of this board alone would end with."""
        return self.outcome.exit_code


class SharedReferences(References):
    """References that several threads ask: each clip is computed once, one at a time."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        self._lock = threading.Lock()
        self._kept = lru_cache(maxsize=_KEPT_CLIPS)(self._compute)

    def expect(self, samples: Samples) -> Expectation:
        """Return what is right for `samples`, int16 [n]; raises InputError for too short a clip."""
        with self._lock:
            return self._kept(samples.astype("<i2").tobytes())

    def _compute(self, content: bytes) -> Expectation:
        return super().expect(np.frombuffer(content, "<i2").astype(np.int16))


def verify_fleet(
    bench: Sequence[Target | Lost],
    bundle_of: Callable[[Firmware], Bundle],
    clips: Sequence[Clip],
    terms: Terms,
    show: Show,
    on_log: Callable[[str, str], None],
) -> tuple[FleetRow, ...]:
    """Return a row for each of `bench`, in its order; the error of one board stops no other.

    `bundle_of`: the model that a build is compared with; its errors end the whole. `on_log` sees
    who printed a line, and the line.
    """
    bundles = {item.url: bundle_of(item.firmware) for item in bench if isinstance(item, Target)}
    references = {item.path: SharedReferences(item) for item in _distinct(bundles.values())}

    def outcome(item: Target | Lost) -> Verification | SernetError:
        if isinstance(item, Lost):
            return item.error
        name, bundle = f"{item.board.name} at {item.url}", bundles[item.url]
        shared = references[bundle.path]

        def show_board(what: str, done: int, total: int) -> None:
            show(f"{name}: {what}", done, total)

        def log(line: str) -> None:
            on_log(name, line)

        try:
            return verify_board(item, bundle, shared, clips, terms, show_board, log)
        except SernetError as error:
            return error

    with ThreadPoolExecutor(max_workers=max(1, len(bench))) as threads:
        outcomes = tuple(threads.map(outcome, bench))
    return tuple(
        FleetRow(_name(item), item.url, result)
        for item, result in zip(bench, outcomes, strict=True)
    )


def _distinct(bundles: Iterable[Bundle]) -> list[Bundle]:
    return list({item.path: item for item in bundles}.values())


def _name(item: Target | Lost) -> str:
    return item.board if isinstance(item, Lost) else item.board.name


def fleet_exit_code(rows: Sequence[FleetRow]) -> ExitCode:
    """Return DIFFERENT if any board differs, else the first error's code, else AGREED."""
    codes = [row.exit_code for row in rows]
    if ExitCode.DIFFERENT in codes:
        return ExitCode.DIFFERENT
    return next((code for code in codes if code is not ExitCode.AGREED), ExitCode.AGREED)

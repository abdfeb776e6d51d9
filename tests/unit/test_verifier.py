"""Which tensor `verify` names as the first that differs, without a board."""

import zlib
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from sernet_edge.audio.synthetic import Clip
from sernet_edge.link.answers import Result, TensorDigest
from sernet_edge.link.clip import ClipRun
from sernet_edge.link.session import Session
from sernet_edge.references import Expectation, References
from sernet_edge.verify import verifier as verify

TENSORS = 70
CLIP = Clip("made", np.zeros(1024, np.int16))


class MadeReferences:
    """A network of TENSORS tensors, each of three values."""

    def __init__(self) -> None:
        names = [SimpleNamespace(name=f"tensor_{index}") for index in range(TENSORS)]
        self.model = SimpleNamespace(traced=names)
        self.tensors = tuple(np.array([index, 1, 2], np.int8) for index in range(TENSORS))

    def expect(self, _samples: object) -> Expectation:
        return Expectation(self.tensors, np.zeros(3))

    def probabilities(self, scores: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.zeros(len(scores))


def first_wrong(
    monkeypatch: pytest.MonkeyPatch,
    kept: int,
    scores: tuple[int, ...],
    made_tensors: list[str] | None = None,
) -> str | None:
    """Verify on a board that has the right digests of the first `kept` tensors; of those that are
    not `made_tensors`, which are all without a list, it has seen no bytes."""
    made = MadeReferences()
    digests = [TensorDigest(zlib.crc32(tensor.tobytes()), 3) for tensor in made.tensors[:kept]]
    for index in range(kept):
        if made_tensors is not None and f"tensor_{index}" not in made_tensors:
            digests[index] = TensorDigest(0, 0)
    run = ClipRun(Result(1, 0, scores), tuple(digests))
    monkeypatch.setattr(verify, "run_clip", lambda *_args, **_options: run)
    monkeypatch.setattr(verify, "locate", lambda *_args: None)
    verifier = verify.Verifier(cast(Session, None), cast(References, made), False, made_tensors)
    return verifier.verify(CLIP).tensor


@pytest.mark.parametrize(
    ("kept", "scores", "wrong"),
    [
        (64, (69, 1, 2), None),  # all that a board keeps
        (63, (69, 1, 2), "tensor_63"),  # one too few
        (64, (69, 1, 3), "tensor_69"),
    ],
)
def test_networks_of_more_tensors_than_a_board_has_digests_of(
    monkeypatch: pytest.MonkeyPatch, kept: int, scores: tuple[int, ...], wrong: str | None
) -> None:
    assert first_wrong(monkeypatch, kept, scores) == wrong


def test_tensors_that_the_board_does_not_make_are_not_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scores = (69, 1, 2)
    made = [f"tensor_{index}" for index in range(TENSORS) if index % 3]
    assert first_wrong(monkeypatch, 64, scores, made) is None


def test_the_verifier_says_what_it_compares() -> None:
    references = cast(References, MadeReferences())
    session = cast(Session, None)
    assert len(verify.Verifier(session, references, False).compared) == 65  # 64, and the scores
    some = verify.Verifier(session, references, False, ["tensor_2", "tensor_66", "tensor_69"])
    assert some.compared == (2, 69)

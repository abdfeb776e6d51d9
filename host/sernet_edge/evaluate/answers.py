"""What both models of a bundle answered to labelled clips: collected, merged, stored."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sernet_cal.bundle import Bundle
from sernet_cal.errors import InputError
from sernet_edge.evaluate.models import ModelFiles, Models, Samples, open_models

FORMAT = 1
# Called with the number of clips that are done.
Step = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class LabelledClip:
    """A clip, int16 [n] at 16 kHz; `label`: index of the class that it belongs to."""

    name: str
    samples: Samples
    label: int
    speaker: str | None


@dataclass(frozen=True, eq=False)
class Answers:
    """Both models' answers to n clips.

    `names`, `speakers` ("" where unknown): one each a clip; `expected`: int64 [n], indices into
    `classes`; `float32`: the float model's probabilities, float32 [n, classes]; `int8`: the int8
    model's scores, int8 [n, classes].
    """

    classes: tuple[str, ...]
    names: tuple[str, ...]
    speakers: tuple[str, ...]
    expected: npt.NDArray[np.int64]
    float32: npt.NDArray[np.float32]
    int8: npt.NDArray[np.int8]

    def __len__(self) -> int:
        """Return the number of clips."""
        return len(self.names)

    @property
    def float_predictions(self) -> npt.NDArray[np.int64]:
        """The float model's classes, int64 [n]."""
        return _highest(self.float32)

    @property
    def int8_predictions(self) -> npt.NDArray[np.int64]:
        """The int8 model's classes, int64 [n]: of equal scores the first, as on the board."""
        return _highest(self.int8)

    def among(self, classes: Sequence[str]) -> "Answers":
        """Return the answers with the scores of `classes` only, as if the others were not there.

        Raises InputError for a clip that belongs to none of them.
        """
        kept = [self.classes.index(name) for name in classes]
        place = np.full(len(self.classes), -1, np.int64)
        place[kept] = np.arange(len(kept))
        expected = place[self.expected]
        for name, label in zip(self.names, expected, strict=True):
            if label < 0:
                raise InputError(f"The clip {name} belongs to none of {', '.join(classes)}.")
        return Answers(
            tuple(classes),
            self.names,
            self.speakers,
            expected,
            self.float32[:, kept],
            self.int8[:, kept],
        )

    def to_npz(self) -> bytes:
        """Return the answers as an .npz file; the same answers give the same bytes."""
        content = io.BytesIO()
        np.savez(
            content,
            format=np.array(FORMAT),
            classes=np.array(self.classes, np.str_),
            names=np.array(self.names, np.str_),
            speakers=np.array(self.speakers, np.str_),
            expected=self.expected,
            float32=self.float32,
            int8=self.int8,
        )
        return content.getvalue()


def answers_from_npz(content: bytes) -> Answers:
    """Read what `Answers.to_npz` wrote; raises InputError for anything else."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
        if arrays["format"].item() != FORMAT:
            raise InputError(
                f"The answers have format {arrays['format'].item()}; this version reads {FORMAT}."
            )
        classes, names, speakers = (
            tuple(str(word) for word in arrays[key]) for key in ("classes", "names", "speakers")
        )
        answers = Answers(
            classes,
            names,
            speakers,
            arrays["expected"].astype(np.int64, casting="no"),
            arrays["float32"].astype(np.float32, casting="no"),
            arrays["int8"].astype(np.int8, casting="no"),
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"The answers are damaged: {error}.") from error
    _check(answers)
    return answers


def merge(parts: Sequence[Answers]) -> Answers:
    """Return the answers of all `parts` (one at least), ordered by the clips' names.

    Raises InputError for parts with different classes.
    """
    first = parts[0]
    for part in parts:
        if part.classes != first.classes:
            raise InputError(
                f"Answers about {', '.join(first.classes)} and about {', '.join(part.classes)} "
                "cannot be put together."
            )
    names = [name for part in parts for name in part.names]
    speakers = [speaker for part in parts for speaker in part.speakers]
    order = sorted(range(len(names)), key=names.__getitem__)
    return Answers(
        first.classes,
        tuple(names[i] for i in order),
        tuple(speakers[i] for i in order),
        np.concatenate([part.expected for part in parts])[order],
        np.concatenate([part.float32 for part in parts])[order],
        np.concatenate([part.int8 for part in parts])[order],
    )


def answer(
    bundle: Bundle, clips: Iterable[LabelledClip], model_seconds: float | None, step: Step
) -> Answers:
    """Return the answers of `bundle` to `clips`.

    `model_seconds`: see `Models.answer`; `models.board_seconds(bundle)` gives the board's answers.
    Raises ModelError for models that cannot run, InputError naming a clip that is too short.
    """
    with open_models(ModelFiles.of(bundle)) as models:
        return collect(models, bundle.classes, clips, model_seconds, step)


def collect(
    models: Models,
    classes: tuple[str, ...],
    clips: Iterable[LabelledClip],
    model_seconds: float | None,
    step: Step,
) -> Answers:
    """Return the answers of opened `models` to `clips`, in their order; see `answer`."""
    names, speakers, expected = [], [], []
    float32: list[npt.NDArray[np.float32]] = []
    int8: list[npt.NDArray[np.int8]] = []
    for clip in clips:
        try:
            probabilities, scores = models.answer(clip.samples, model_seconds)
        except InputError as error:
            raise InputError(f"{clip.name}: {error.message}", error.hint) from error
        names.append(clip.name)
        speakers.append(clip.speaker or "")
        expected.append(clip.label)
        float32.append(probabilities)
        int8.append(scores)
        step(len(names))
    return Answers(
        classes,
        tuple(names),
        tuple(speakers),
        np.array(expected, np.int64),
        np.array(float32, np.float32).reshape(len(names), len(classes)),
        np.array(int8, np.int8).reshape(len(names), len(classes)),
    )


def _highest(scores: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    places: npt.NDArray[np.int64] = np.argmax(scores, axis=1).astype(np.int64)
    return places


def _check(answers: Answers) -> None:
    """Raise InputError unless the arrays belong together."""
    clips, classes = len(answers.names), len(answers.classes)
    shapes = (answers.expected.shape, answers.float32.shape, answers.int8.shape)
    if len(answers.speakers) != clips or shapes != ((clips,), (clips, classes), (clips, classes)):
        raise InputError(
            f"The answers are damaged: {clips} clips and {classes} classes, but arrays of "
            f"{', '.join(str(list(shape)) for shape in shapes)}."
        )
    if clips and not 0 <= answers.expected.min() <= answers.expected.max() < classes:
        raise InputError(f"The answers are damaged: a label beyond the {classes} classes.")

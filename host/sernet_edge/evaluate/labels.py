"""Which recordings of a corpus a model can be asked about: labels that both know."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sernet_cal.errors import InputError
from sernet_edge.audio.corpus import Recording


@dataclass(frozen=True)
class LabelMatch:
    """The labels of a corpus beside the classes of a model.

    `shared`: both have, in the model's order; `absent`: classes of the model without recordings;
    `unknown`: labels that the model lacks, with their recordings' number, by name; `unlabelled`:
    recordings without a label. `recordings`: those with a shared label.
    """

    shared: tuple[str, ...]
    absent: tuple[str, ...]
    unknown: tuple[tuple[str, int], ...]
    unlabelled: int
    recordings: tuple[Recording, ...]

    @property
    def complete(self) -> bool:
        """Whether every class of the model has recordings."""
        return not self.absent

    def to_json(self) -> dict[str, Any]:
        """Return what was left out on either side."""
        return {
            "shared_classes": list(self.shared),
            "left_out": {
                "model_classes": list(self.absent),
                "labels": dict(self.unknown),
                "unlabelled": self.unlabelled,
            },
        }

    def sentences(self) -> list[str]:
        """Return what was left out, in words; empty when nothing was."""
        said = []
        if self.unknown:
            listed = ", ".join(f"{label} {count}" for label, count in self.unknown)
            said.append(f"Left out, because the model does not know their labels: {listed}.")
        if self.unlabelled:
            said.append(f"Left out, because they have no label: {self.unlabelled}.")
        if self.absent:
            said.append(f"Classes of the model without recordings: {', '.join(self.absent)}.")
        return said


def match_labels(
    recordings: Sequence[Recording], corpus: str, classes: tuple[str, ...], model: str
) -> LabelMatch:
    """Return which of `recordings` have a label among `classes`.

    `corpus` and `model` name them in messages. Raises InputError when no label is shared.
    """
    counts = Counter(item.label for item in recordings)
    unlabelled = counts.pop(None, 0)
    labels = {label: count for label, count in counts.items() if label is not None}
    shared = tuple(name for name in classes if name in labels)
    if not shared:
        told = f"the labels {', '.join(sorted(labels))}" if labels else "no labels"
        raise InputError(
            f"{corpus} and the model {model} share no label: the recordings have {told}, "
            f"the model knows {', '.join(classes)}.",
            "Give recordings labelled with the model's classes: a labels.csv (file, emotion, "
            "speaker), or one folder per class.",
        )
    return LabelMatch(
        shared,
        tuple(name for name in classes if name not in labels),
        tuple((label, labels[label]) for label in sorted(labels) if label not in classes),
        unlabelled,
        tuple(item for item in recordings if item.label in shared),
    )

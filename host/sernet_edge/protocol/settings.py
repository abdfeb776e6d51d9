"""What a cross-validation is asked to do, and what of that its results depend on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sernet_cal.errors import InputError
from sernet_edge.audio.corpus import Corpus
from sernet_edge.protocol.fingerprint import corpus_digest, result_fingerprint
from sernet_edge.protocol.folds import Fold, Protocol, make_folds
from sernet_edge.protocol.run_folder import RUN_FORMAT, RUN_NAME, Run, read_run_json
from sernet_edge.train.card import command_text
from sernet_edge.train.options import TrainingPlan
from sernet_edge.train.recipe import Recipe

OPTIMISTIC = (
    "This figure is optimistic: the speakers tested also train, and the epoch was chosen on the "
    "clips tested. It is no estimate for a new speaker; --protocol loso gives one."
)


@dataclass(frozen=True)
class Settings:
    """A cross-validation; `first_folds`: only so many folds of each seed (None: all).

    `group_speakers`: number of groups of speakers in place of single ones (None: single ones);
    `stated`: the options, without seeds, with which run.json and the cards state the command;
    `out`: the name of the run's folder; `trained`: a run with the same trainings, the networks of
    which are quantized and not trained again.
    """

    corpus: Corpus
    protocol: Protocol
    recipe: Recipe
    seeds: tuple[int, ...]
    calibration_clips: int
    stated: dict[str, Any]
    out: str
    group_speakers: int | None = None
    first_folds: int | None = None
    trained: Run | None = None

    @property
    def optimistic(self) -> bool:
        """Whether the figures are better than those on speakers never looked at."""
        return self.protocol == "paper"

    def folds(self, seed: int) -> list[Fold]:
        """Return all folds of `seed`."""
        return make_folds(self.corpus, self.protocol, seed, self.group_speakers)

    def bundles(self, seed: int) -> dict[str, Path] | None:
        """Return the folders of `trained` by the names of the folds of `seed`, None without it."""
        if self.trained is None:
            return None
        return {item.name: item.folder for item in self.trained.folds if item.seed == seed}

    def plan(self, seed: int) -> TrainingPlan:
        """Return the plan of the trainings with `seed`."""
        return TrainingPlan(self.corpus.classes, self.recipe, seed)

    def fingerprint(self, seed: int, fold: Fold, digest: str) -> str:
        """Return the hash of all that the result of `fold` depends on; `digest`: the corpus'."""
        return result_fingerprint(
            {
                "recipe": self.recipe.digest(),
                "seed": seed,
                "corpus": digest,
                "classes": self.corpus.classes,
                "test": [item.name for item in fold.test],
                "calibration_clips": self.calibration_clips,
                "optimistic": self.optimistic,
            }
        )

    def command(self, seeds: tuple[int, ...]) -> str:
        """Return the command line that makes the folds of `seeds`."""
        if self.trained is not None:
            return command_text("quantize", self.corpus.name, self.stated, self.out)
        return command_text("train", self.corpus.name, {**self.stated, "seed": seeds}, self.out)

    def to_json(self) -> dict[str, Any]:
        """Return the head of run.json: every setting, and the digest of the corpus."""
        return {
            "format": RUN_FORMAT,
            "command": self.command(self.seeds),
            **self._trained_by(),
            "protocol": self.protocol,
            "optimistic": self.optimistic,
            "group_speakers": self.group_speakers,
            "corpus": {
                "name": self.corpus.name,
                "digest": corpus_digest(self.corpus),
                "clips": len(self.corpus.recordings),
                "speakers": list(self.corpus.speakers),
                "left_out": len(self.corpus.bad),
            },
            "classes": list(self.corpus.classes),
            "recipe": self.recipe.to_json(),
            "recipe_digest": self.recipe.digest(),
            "calibration_clips": self.calibration_clips,
            "seeds": list(self.seeds),
        }

    def _trained_by(self) -> dict[str, str]:
        if self.trained is None:
            return {}
        content = self.trained.content
        return {"trained_by": str(content.get("trained_by", content["command"]))}


def check_settings(settings: Settings) -> None:
    """Raise InputError for numbers that cannot be used and a corpus that cannot be divided."""
    if settings.first_folds is not None and settings.first_folds < 1:
        raise InputError(f"At least 1 fold is needed; {settings.first_folds} given.")
    if settings.group_speakers is not None and settings.protocol != "loso":
        raise InputError(
            "--group-speakers divides the speakers of the protocol loso; "
            f"{settings.protocol} shuffles them.",
            "Leave it out, or:  --protocol loso",
        )
    for seed in settings.seeds:
        settings.folds(seed)


def check_same_run(folder: Path, head: dict[str, Any]) -> None:
    """Raise InputError if `folder` keeps a run with another head (`Settings.to_json`)."""
    before = read_run_json(folder)
    if before is None:
        return
    facts = {
        "protocol": ("protocol",),
        "groups of speakers": ("group_speakers",),
        "recipe": ("recipe_digest",),
        "recordings": ("corpus", "digest"),
        "number of calibration clips": ("calibration_clips",),
    }
    differing = [words for words, keys in facts.items() if _at(before, keys) != _at(head, keys)]
    if differing:
        raise InputError(
            f"{folder} keeps a cross-validation with another {' and another '.join(differing)}; "
            "it is not overwritten.",
            f"Choose another folder:  --out DIR\nor take its {RUN_NAME} away.",
        )


def _at(content: dict[str, Any], keys: tuple[str, ...]) -> Any:
    found: Any = content
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found

"""What `quantize` starts from: a bundle folder, or a .keras file with its card beside it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sernet_cal.bundle import CARD_NAME, KERAS_NAME
from sernet_cal.errors import ModelError
from sernet_cal.features import front_end_from_json
from sernet_edge.train.quantize import Network
from sernet_edge.train.recipe import recipe_from_json
from sernet_edge.train.recipe_groups import PLAIN_QUANTIZATION, QuantizationSettings


@dataclass(frozen=True)
class Source:
    """The Keras model's bytes and its card, which must have classes, front_end, clip_seconds."""

    keras: bytes
    path: Path
    card: dict[str, Any]

    @property
    def held_out_speakers(self) -> tuple[str, ...]:
        """The speakers that the training did not see, as far as the card tells."""
        return tuple(self.card.get("training", {}).get("held_out_speakers", ()))

    @property
    def epochs(self) -> int:
        """After how many epochs the weights were taken; 0 where the card does not tell."""
        return int(self.card.get("training", {}).get("epochs", 0))

    @property
    def quantization(self) -> QuantizationSettings:
        """How the recipe quantizes that trained the model; plainly, where the card names none."""
        recipe = self.card.get("training", {}).get("recipe")
        return recipe_from_json(recipe).quantization if recipe else PLAIN_QUANTIZATION

    def network(self, clip_seconds: float | None) -> Network:
        """Return the model for clips of `clip_seconds` (None: as the card says)."""
        try:
            classes = tuple(str(name) for name in self.card["classes"])
            front_end = front_end_from_json(self.card["front_end"])
            seconds = float(self.card["clip_seconds"]) if clip_seconds is None else clip_seconds
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"The card beside {self.path} lacks {error}.",
                "It needs classes, front_end and clip_seconds, as `sernet-edge train` writes them.",
            ) from error
        return Network(self.keras, str(self.path), classes, front_end, seconds)


def read_source(path: Path) -> Source:
    """Return the model at `path`: a folder with model.keras and card.json, or a .keras file.

    The card of NAME.keras is NAME.json beside it, or card.json. Raises ModelError naming what is
    missing or damaged.
    """
    keras = path / KERAS_NAME if path.is_dir() else path
    if not keras.is_file():
        raise ModelError(
            f"There is no Keras model at {keras}.",
            "Train one:  sernet-edge train --data emodb=DIR --out MODEL",
        )
    if keras.suffix != ".keras":
        raise ModelError(
            f"{keras} is not a Keras model: a name ending in .keras is expected.",
            "Save it with Keras 3:  model.save('NAME.keras')",
        )
    cards = [keras.with_suffix(".json"), keras.with_name(CARD_NAME)]
    found = next((card for card in cards if card.is_file()), None)
    if found is None:
        raise ModelError(
            f"There is no card beside {keras}: neither {cards[0].name} nor {CARD_NAME}.",
            "It says which classes, front_end and clip_seconds the model was trained with.",
        )
    try:
        card = json.loads(found.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"The card {found} is not readable: {error}.") from error
    if not isinstance(card, dict):
        raise ModelError(f"The card {found} holds {type(card).__name__}, not an object.")
    return Source(keras.read_bytes(), keras, card)

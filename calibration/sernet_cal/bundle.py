"""A model bundle: a folder with the float model, the int8 model and the card that explains both."""

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sernet_cal import features
from sernet_cal.errors import ModelError
from sernet_cal.features import FrontEnd

CARD_NAME = "card.json"
FLOAT_NAME = "model_float.tflite"
INT8_NAME = "model_int8.tflite"
KERAS_NAME = "model.keras"
CARD_FORMAT = 1
_LONGEST_CLIP_S = 60


@dataclass(frozen=True)
class Bundle:
    """A model as `build`, `check` and `verify` need it.

    `int8` and `float32` are flatbuffer bytes; `card` is the whole model card.
    """

    path: Path
    name: str
    classes: tuple[str, ...]
    clip_seconds: float
    front_end: FrontEnd
    int8: bytes
    float32: bytes
    card: dict[str, Any]

    @property
    def model_samples(self) -> int:
        """Samples of the clip length that the model was made for."""
        return features.clip_samples(self.clip_seconds)

    @property
    def model_rows(self) -> int:
        """Feature rows of the clip length that the model was made for."""
        return features.frame_count(self.model_samples)


def load_bundle(path: Path) -> Bundle:
    """Read the bundle at `path` (its folder, or a file in it).

    Raises ModelError naming what is missing or damaged and the command that mends it.
    """
    folder = path if path.is_dir() else path.parent
    if not path.exists():
        raise ModelError(
            f"There is no model at {path}.",
            "Make one:  sernet-edge train --data emodb=DIR --out MODEL\n"
            "or leave --model out to use the bundled one.",
        )
    card = _read_card(folder)
    int8 = _read_flatbuffer(folder, INT8_NAME, card)
    float32 = _read_flatbuffer(folder, FLOAT_NAME, card)
    try:
        name, seconds = str(card["name"]), float(card["clip_seconds"])
        classes = card["classes"]
        front_end = features.front_end_from_json(card["front_end"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"The model card {folder / CARD_NAME} lacks {error}.", _REMAKE) from error
    _check_name(folder, name)
    _check_clip_seconds(folder, seconds)
    _check_classes(folder, classes)
    return Bundle(folder, name, tuple(classes), seconds, front_end, int8, float32, card)


_REMAKE = "Make the bundle anew:  sernet-edge quantize --model MODEL --data emodb=DIR --out MODEL"


def _check_name(folder: Path, name: str) -> None:
    if not _is_plain(name):
        raise ModelError(
            f"The model card {folder / CARD_NAME} has the name {name!r}; a name has one sign at "
            "least, and no control characters.",
            _REMAKE,
        )


def _check_clip_seconds(folder: Path, seconds: float) -> None:
    # In this order: NaN is refused by the comparison, before it is made a number of samples.
    usable = 0 < seconds <= _LONGEST_CLIP_S
    if not usable or features.frame_count(features.clip_samples(seconds)) == 0:
        raise ModelError(
            f"The model card {folder / CARD_NAME} has clip_seconds {seconds:g}; a clip holds one "
            f"frame at least ({features.FRAME_LENGTH / features.SAMPLE_RATE_HZ:g} s) and lasts "
            f"{_LONGEST_CLIP_S} s at most.",
            _REMAKE,
        )


def _check_classes(folder: Path, classes: object) -> None:
    """Raise ModelError unless `classes` is a list of names that a table and the link can carry."""
    fault = None
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        fault = "classes that are no list of names"
    elif not classes:
        fault = "no classes"
    elif len(set(classes)) < len(classes):
        fault = "a class name twice"
    else:
        fault = next((f"the class name {name!r}" for name in classes if not _is_plain(name)), None)
    if fault is not None:
        raise ModelError(
            f"The model card {folder / CARD_NAME} has {fault}; every class has a name of its own, "
            "without control characters.",
            _REMAKE,
        )


def _is_plain(name: str) -> bool:
    return bool(name) and not any(unicodedata.category(sign) in ("Cc", "Cs") for sign in name)


def _read_card(folder: Path) -> dict[str, Any]:
    path = folder / CARD_NAME
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(
            f"{folder} is not a model bundle: it has no {CARD_NAME}.",
            f"A bundle is a folder with {CARD_NAME}, {INT8_NAME} and {FLOAT_NAME}.\n{_REMAKE}",
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"The model card {path} is not readable: {error}.", _REMAKE) from error
    if not isinstance(card, dict) or card.get("format") != CARD_FORMAT:
        seen = card.get("format") if isinstance(card, dict) else type(card).__name__
        raise ModelError(
            f"The model card {path} has format {seen}; this version reads format {CARD_FORMAT}.",
            _REMAKE,
        )
    return card


def _read_flatbuffer(folder: Path, name: str, card: dict[str, Any]) -> bytes:
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"The model {path} is not readable: {error.strerror}.", _REMAKE) from error
    hashes = card.get("sha256")
    if not isinstance(hashes, dict) or name not in hashes:
        raise ModelError(f"The model card {folder / CARD_NAME} has no SHA-256 of {name}.", _REMAKE)
    expected = hashes[name]
    seen = hashlib.sha256(content).hexdigest()
    if expected != seen:
        raise ModelError(
            f"The model {path} is not the one its card describes: "
            f"SHA-256 {seen[:12]} instead of {str(expected)[:12]}.",
            _REMAKE,
        )
    return content


def write_bundle(
    folder: Path, card: dict[str, Any], float32: bytes, int8: bytes, keras: bytes | None = None
) -> None:
    """Write the bundle's files into `folder`, each atomically, the card (with its hashes) last."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {FLOAT_NAME: float32, INT8_NAME: int8}
    if keras is not None:
        files[KERAS_NAME] = keras
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    complete = {"format": CARD_FORMAT, **card, "sha256": hashes}
    text = json.dumps(complete, indent=2, ensure_ascii=False) + "\n"
    for name, content in [*files.items(), (CARD_NAME, text.encode())]:
        part = folder / f".{name}.part"
        part.write_bytes(content)
        part.replace(folder / name)

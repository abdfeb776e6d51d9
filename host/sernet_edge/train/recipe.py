"""A recipe: every choice of a training as a named setting, read from a TOML file."""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

from sernet_cal.errors import InputError
from sernet_edge.train.recipe_groups import (
    PLAIN_QUANTIZATION,
    SECTIONS,
    AugmentationSettings,
    FrontEndSettings,
    LossSettings,
    NetworkSettings,
    OptimizerSettings,
    QuantizationSettings,
    ScheduleSettings,
)
from sernet_edge.train.settings import read_group, unknown_name, write_group

BUNDLED = ("stream", "paper", "small")


@dataclass(frozen=True)
class Recipe:
    """All settings of a training but the data and the seed; `summary` says what it is for."""

    name: str
    summary: str
    front_end: FrontEndSettings
    network: NetworkSettings
    optimizer: OptimizerSettings
    schedule: ScheduleSettings
    loss: LossSettings
    augmentation: AugmentationSettings
    quantization: QuantizationSettings

    def __post_init__(self) -> None:
        snr_db = self.augmentation.snr_db
        if len(snr_db) != 2 or snr_db[0] > snr_db[1]:
            raise InputError(
                f"augmentation.snr_db is {list(snr_db)}; the lowest and the highest are expected."
            )

    def sections(self) -> dict[str, Any]:
        """Return the groups of settings by name."""
        return {name: getattr(self, name) for name in SECTIONS}

    def to_json(self) -> dict[str, Any]:
        """Return every setting, for cards and results."""
        groups = {name: write_group(group) for name, group in self.sections().items()}
        return {"name": self.name, "summary": self.summary, **groups}

    def digest(self) -> str:
        """Return the SHA-256 over all settings; name and summary do not count.

        Neither does a plain quantization: runs from before there was another keep their digests.
        """
        plain = self.quantization == PLAIN_QUANTIZATION
        return self._digest_without("quantization" if plain else "")

    def training_digest(self) -> str:
        """Return the SHA-256 over the settings that the trained network depends on."""
        return self._digest_without("quantization")

    def _digest_without(self, section: str) -> str:
        settings = {
            name: write_group(group) for name, group in self.sections().items() if name != section
        }
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()

    def changed(self, settings: Mapping[str, Any]) -> "Recipe":
        """Return the recipe with some settings replaced; names are `section.setting`.

        Raises InputError for names that do not exist and values that are not allowed.
        """
        found = self
        for dotted, value in settings.items():
            section, _, name = dotted.partition(".")
            if section not in SECTIONS:
                raise unknown_name(dotted, section, SECTIONS)
            known = {item.name: item for item in fields(SECTIONS[section])}
            if name not in known:
                raise unknown_name(dotted, name, known)
            table = {**write_group(getattr(found, section)), name: value}
            found = replace(found, **{section: read_group(SECTIONS[section], table, section)})
        return found


def load_recipe(name_or_path: str) -> Recipe:
    """Return a bundled recipe by name, or the one in a TOML file.

    Raises InputError when there is none, when it is not TOML, and for settings that are unknown,
    missing or not allowed.
    """
    if name_or_path in BUNDLED:
        text = (resources.files("sernet_edge") / "recipes" / f"{name_or_path}.toml").read_text(
            encoding="utf-8"
        )
        return _parse(text, name_or_path)
    path = Path(name_or_path)
    if path.suffix != ".toml" or not path.is_file():
        raise InputError(
            f"There is no recipe {name_or_path}: neither one of {', '.join(BUNDLED)} nor a file "
            "NAME.toml.",
            "See a recipe with all its settings:  sernet-edge recipe stream",
        )
    try:
        return _parse(path.read_text(encoding="utf-8"), path.stem)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not TOML: it is not UTF-8 text.") from error


def recipe_from_json(table: Mapping[str, Any]) -> Recipe:
    """Return the recipe that `Recipe.to_json` wrote.

    One that was written before there was another quantization has a plain one. Raises InputError
    for settings that are unknown, missing or not allowed.
    """
    name, summary = str(table.get("name", "")), str(table.get("summary", ""))
    plain = {"quantization": write_group(PLAIN_QUANTIZATION)}
    return _recipe(name, summary, _groups({**plain, **table}, name, ("name", "summary")))


def override(recipe: Recipe, assignments: Sequence[str]) -> Recipe:
    """Return `recipe` with `section.setting=VALUE` assignments applied; VALUE is written as TOML.

    Raises InputError for what is no assignment, besides what `Recipe.changed` raises.
    """
    settings = {}
    for text in assignments:
        name, separator, value = text.partition("=")
        if not separator or not value:
            raise InputError(
                f"--set {text} sets nothing.", "Write it as:  --set schedule.epochs=100"
            )
        settings[name.strip()] = _toml_value(value.strip())
    return recipe.changed(settings)


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _parse(text: str, name: str) -> Recipe:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The recipe {name} is not TOML: {error}.") from error
    summary = str(table.get("summary", ""))
    groups = _groups(table, name, ("base", "summary"))
    if "base" in table:
        base = replace(load_recipe(str(table["base"])), name=name, summary=summary)
        return base.changed(
            {f"{s}.{k}": v for s, group in groups.items() for k, v in group.items()}
        )
    return _recipe(name, summary, groups)


def _groups(table: Mapping[str, Any], name: str, also: Sequence[str]) -> dict[str, Any]:
    """Return the groups of settings in `table`, which may hold `also` beside them."""
    known = {**dict.fromkeys(also), **SECTIONS}
    for key in table:
        if key not in known:
            raise unknown_name(key, key, known)
    groups = {key: value for key, value in table.items() if key in SECTIONS}
    for key, value in groups.items():
        if not isinstance(value, dict):
            raise InputError(f"{key} in the recipe {name} is {value!r}; a table is expected.")
    return groups


def _recipe(name: str, summary: str, groups: Mapping[str, Any]) -> Recipe:
    sections: dict[str, Any] = {
        key: read_group(kind, groups.get(key, {}), key) for key, kind in SECTIONS.items()
    }
    return Recipe(name, summary, **sections)

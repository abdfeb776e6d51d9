"""Groups of named settings: each setting has a sentence, and the values it may take.

A group is a frozen dataclass whose fields are made with `setting`; it is read from and written to
a TOML table, strictly: a name that is unknown or missing, or a value of another kind, is refused.
"""

import difflib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from sernet_cal.errors import InputError

Group = TypeVar("Group")
_KIND_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a word",
    tuple: "a list of numbers",
}


@dataclass(frozen=True)
class Limits:
    """What a setting may be: within `least` and `most`, `above` (exclusive), or one of a few."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    one_of: tuple[str, ...] = ()

    def words(self) -> str:
        """Return the limits for a message: "0 to 1", "at least 1", "hann or hamming"."""
        if self.one_of:
            return " or ".join(self.one_of)
        if self.least is not None and self.most is not None:
            return f"{self.least:g} to {self.most:g}"
        if self.above is not None:
            most = "" if self.most is None else f", at most {self.most:g}"
            return f"more than {self.above:g}{most}"
        return "any finite number" if self.least is None else f"at least {self.least:g}"

    def allow(self, value: Any) -> bool:
        """Return whether one value (not a list) lies within the limits."""
        if self.one_of:
            return value in self.one_of
        return (
            math.isfinite(value)
            and (self.least is None or value >= self.least)
            and (self.most is None or value <= self.most)
            and (self.above is None or value > self.above)
        )


@dataclass(frozen=True)
class Setting:
    """One setting as `explain` lists it."""

    name: str
    value: Any
    says: str
    limits: str


def setting(
    says: str,
    kind: type,
    *,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    one_of: tuple[str, ...] = (),
) -> Any:
    """Return a dataclass field without default: what the setting `says`, its kind and limits."""
    limits = Limits(least, most, above, one_of)
    return field(metadata={"says": says, "kind": kind, "limits": limits})


def read_group(group: type[Group], table: Mapping[str, Any], where: str) -> Group:
    """Return the settings of `table`; `where` names the table in messages.

    Raises InputError for names that are unknown or missing and for values that are not allowed.
    """
    known = {item.name: item for item in fields(group)}  # type: ignore[arg-type]
    for name in table:
        if name not in known:
            raise unknown_name(f"{where}.{name}", name, known)
    lacking = [name for name in known if name not in table]
    if lacking:
        raise InputError(
            f"{where} lacks {', '.join(lacking)}.",
            'Add them, or write  base = "stream"  first to take what is not named from there.',
        )
    values = {name: _value(known[name], table[name], f"{where}.{name}") for name in table}
    return group(**values)


def write_group(group: Any) -> dict[str, Any]:
    """Return the settings of `group` as a table for JSON or TOML."""
    values = {item.name: getattr(group, item.name) for item in fields(group)}
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items()
    }


def explain(group: Any) -> Iterator[Setting]:
    """Yield every setting of `group` with its value, its sentence and its limits."""
    for item in fields(group):
        kind, limits = item.metadata["kind"], item.metadata["limits"].words()
        may_be = _KIND_WORDS[bool] if kind is bool else limits
        yield Setting(item.name, getattr(group, item.name), item.metadata["says"], may_be)


def unknown_name(where: str, name: str, known: Mapping[str, Any]) -> InputError:
    """Return the error for the setting `where`, which is none of `known`."""
    near = difflib.get_close_matches(name, known, n=1)
    cure = f"Did you mean {near[0]}?" if near else f"Known there: {', '.join(known)}."
    return InputError(f"There is no setting {where}.", cure)


def _value(item: Any, value: Any, where: str) -> Any:
    kind, limits = item.metadata["kind"], item.metadata["limits"]
    if kind is bool and isinstance(value, bool):
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if kind is tuple and isinstance(value, list | tuple):
        value = tuple(value)
    entries = value if isinstance(value, tuple) else (value,)
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in entries)
    if not isinstance(value, kind) or isinstance(value, bool) or (kind is not str and not numbers):
        raise InputError(f"{where} is {value!r}; {_KIND_WORDS[kind]} is expected.")
    if not all(limits.allow(one) for one in entries):
        raise InputError(f"{where} is {value!r}; {limits.words()} can be used.")
    return tuple(float(one) for one in value) if kind is tuple else value

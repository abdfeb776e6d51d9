"""Reading a TOML table into a frozen dataclass, with errors that name the nearest known key."""

import dataclasses
import difflib
import types
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from sernet_cal.errors import InputError

T = TypeVar("T")

# Metadata of a field that no file may set.
NOT_IN_FILE = {"not_in_file": True}

_TYPE_NAMES = {str: "a text", int: "a whole number", bool: "true or false"}


def read_table(kind: type[T], table: Mapping[str, Any], file: str, where: str = "") -> T:
    """Build a `kind` from `table`; its fields are the allowed keys, those without default required.

    `file` and `where` ("memory.ram.") say in the errors which table it is. Raises InputError for
    unknown, missing and ill-typed keys.
    """
    assert dataclasses.is_dataclass(kind)
    fields = {
        field.name: field
        for field in dataclasses.fields(kind)
        if field.init and not field.metadata.get("not_in_file")
    }
    hints = get_type_hints(kind)
    for key in table:
        if key not in fields:
            raise _unknown_key(key, tuple(fields), file, where)
    values = {}
    for name, field in fields.items():
        if name in table:
            values[name] = _value(hints[name], table[name], file, f"{where}{name}")
        elif field.default is dataclasses.MISSING:
            raise InputError(
                f"{file} lacks the key {where}{name}.",
                f"It must be {_describe(hints[name])}; copy the line from another board's file.",
            )
    return kind(**values)


def nearest(name: str, known: tuple[str, ...]) -> str:
    """Return a sentence with the names in `known` that `name` may have meant."""
    near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known)}."


def _unknown_key(key: str, known: tuple[str, ...], file: str, where: str) -> InputError:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.0)[0]
    return InputError(f"{file} has the unknown key {where}{key}.", f"The nearest is {where}{near}.")


def _value(kind: Any, value: object, file: str, key: str) -> object:
    for option in _options(kind):
        if dataclasses.is_dataclass(option) and isinstance(option, type):
            if isinstance(value, dict):
                return read_table(option, value, file, f"{key}.")
        elif get_origin(option) is Literal:
            if value in get_args(option):
                return value
        elif get_origin(option) is tuple:
            kinds = get_args(option)
            if isinstance(value, list) and all(type(item) is kinds[0] for item in value):
                return tuple(value)
        elif type(value) is option:
            return value
    raise InputError(f"{file}: {key} is {value!r}; it must be {_describe(kind)}.")


def _options(kind: Any) -> tuple[Any, ...]:
    is_union = get_origin(kind) in (Union, types.UnionType)
    return get_args(kind) if is_union else (kind,)


def _describe(kind: Any) -> str:
    option = _options(kind)[0]
    if get_origin(option) is Literal:
        return " or ".join(f'"{word}"' for word in get_args(option))
    if get_origin(option) is tuple:
        return f"a list, each {_describe(get_args(option)[0])}"
    return _TYPE_NAMES.get(option, "a table")

"""Which folders of ports/ a microcontroller family's port is made of."""

import re

from sernet_gen import assets

_INCLUDED_FOLDER = re.compile(r'^#include "(\w+)/', re.MULTILINE)


def port_folders(*ports: str) -> tuple[str, ...]:
    """Return `ports` and every folder of ports/ whose headers their files include, directly or
    through another, sorted.
    """
    known = {path.name for path in assets.ports_dir().iterdir() if path.is_dir()}
    found: set[str] = set()
    left = set(ports)
    while left:
        folder = left.pop()
        found.add(folder)
        for path in (assets.ports_dir() / folder).rglob("*.[ch]"):
            included = _INCLUDED_FOLDER.findall(path.read_text(encoding="utf-8"))
            left |= (set(included) & known) - found
    return tuple(sorted(found))


def is_port(name: str) -> bool:
    """Return whether the folder ports/`name` is a whole port, not a part of some."""
    return (assets.ports_dir() / name / "port.c").is_file()


def port_names() -> tuple[str, ...]:
    """Return the names of all ports, sorted."""
    return tuple(sorted(path.name for path in assets.ports_dir().iterdir() if is_port(path.name)))

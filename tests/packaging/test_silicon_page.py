"""boards/SILICON.md tells the truth about commands: each one exists, with those options."""

import importlib
import re
import shlex
from pathlib import Path

import pytest

from sernet_edge import cli

PAGE = Path(__file__).resolve().parents[2] / "boards" / "SILICON.md"
SHOWN = sorted(set(re.findall(r"sernet-edge [a-z][^`|]*", PAGE.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("line", SHOWN)
def test_a_shown_command_takes_the_shown_options(line: str) -> None:
    words = shlex.split(line)
    assert words[1] in cli.COMMANDS
    command = importlib.import_module(f"sernet_edge.commands.{words[1]}").command
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_every_row_names_a_command() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    bodies = [row for row in rows if not row.startswith("| what |")]
    assert len(bodies) > 15
    for row in bodies:
        _, what, stand_in, command, _ = (cell.strip() for cell in row.split("|"))
        assert what
        assert stand_in
        assert "`" in command or command.startswith("the same"), row

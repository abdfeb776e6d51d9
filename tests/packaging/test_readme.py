"""README tells the truth about commands: each one that it shows exists, with those options."""

import importlib
import re
import shlex
from pathlib import Path

import pytest

from sernet_edge import cli

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
SHOWN = sorted(set(re.findall(r"sernet-edge [a-z][^`\n|&]*", README)))


def test_readme_shows_every_command() -> None:
    assert {shlex.split(line)[1] for line in SHOWN} == set(cli.COMMANDS)


@pytest.mark.parametrize("line", SHOWN)
def test_a_shown_command_takes_the_shown_options(line: str) -> None:
    words = shlex.split(line)
    command = importlib.import_module(f"sernet_edge.commands.{words[1]}").command
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_readme_has_the_two_commands_that_ci_runs() -> None:
    assert re.search(r"^python3 -m venv .*\[sim\]' && .*sernet-edge demo$", README, re.M)
    assert re.search(r"^python3 -m venv .*\[sim,train,test\]' && .*pytest$", README, re.M)

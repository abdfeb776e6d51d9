"""Flashing a real board: SERNET_FLASH=nano33 pytest -m hardware tests/hardware/test_flash_board.py.

Overwrites the board's firmware with build/NAME (or SERNET_BUILD). The serial port of a board that
does not speak over its own USB plug is SERNET_PORT.
"""

import json
import os

import pytest
from click.testing import CliRunner

from sernet_edge.cli import cli

BOARD = os.environ.get("SERNET_FLASH", "")
PORT = os.environ.get("SERNET_PORT", "")
BUILD = os.environ.get("SERNET_BUILD", f"build/{BOARD}")

pytestmark = [
    pytest.mark.hardware,
    pytest.mark.skipif(not BOARD, reason="no board: SERNET_FLASH names none that may be flashed"),
]


@pytest.mark.parametrize("time", ["first", "over itself"])
def test_the_new_firmware_answers(time: str) -> None:
    options = ["--board", BOARD, "--build", BUILD, *(("--link-port", PORT) if PORT else ())]
    result = CliRunner().invoke(cli, ["flash", *options, "--json"], standalone_mode=False)
    assert result.exception is None, result.exception
    answer = json.loads(result.stdout)
    assert answer["answered"] == answer["build_id"]

"""A real board on the desk: SERNET_BOARD=nano33 SERNET_PORT=/dev/ttyUSB0 pytest -m hardware.

The board runs the build in build/NAME (or SERNET_BUILD), already flashed.
"""

import json
import os

import pytest
from click.testing import CliRunner

from sernet_edge.cli import cli

PORT = os.environ.get("SERNET_PORT", "")
BOARD = os.environ.get("SERNET_BOARD", "nano33")
BUILD = os.environ.get("SERNET_BUILD", f"build/{BOARD}")

pytestmark = [
    pytest.mark.hardware,
    pytest.mark.skipif(not PORT, reason="no board: SERNET_PORT names no serial port"),
]


def test_the_board_answers_byte_for_byte() -> None:
    options = ["--board", BOARD, "--port", PORT, "--build", BUILD, "--json"]
    result = CliRunner().invoke(cli, ["verify", *options], standalone_mode=False)
    assert result.exception is None, result.exception
    figures = json.loads(result.stdout)
    assert figures["byte_exact_clips"] == figures["clips"] >= 20
    assert figures["device_ms"] is not None

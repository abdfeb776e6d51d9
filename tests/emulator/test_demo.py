"""`sernet-edge demo`: the README's first command."""

import importlib.util
from pathlib import Path

import pytest

from sernet_cal.errors import SernetError
from sernet_edge.cli import cli


@pytest.mark.skipif(
    importlib.util.find_spec("unicorn") is None, reason="needs the Python package unicorn"
)
def test_it_builds_verifies_and_says_where_everything_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    cli.main(["demo", "--limit", "1"], standalone_mode=False)
    shown = capsys.readouterr().out
    assert "byte for byte equal to the integer reference: 1 of 1 clips" in shown
    for name in ("firmware.bin", "manifest.json"):
        assert f"build/nano33/{name}" in shown
        assert (tmp_path / "build/nano33" / name).is_file()
    assert "sernet-edge flash --board nano33\n  sernet-edge verify --board nano33 --port" in shown


def test_without_unicorn_nothing_is_compiled_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SernetError) as caught:
        cli.main(["demo"], standalone_mode=False)
    assert str(caught.value) == (
        "The Python package unicorn is needed to emulate a board, and it is not installed.\n"
        "  Install it, in the folder of sernet-edge's sources:  pip install '.[sim]'"
    )
    assert not list(tmp_path.iterdir())

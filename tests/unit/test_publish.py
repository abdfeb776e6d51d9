"""Two builds into one folder at the same time."""

from pathlib import Path

import pytest

from sernet_gen.publish import staged_folder


@pytest.mark.parametrize("there", [False, True])
def test_a_build_that_comes_between_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    target, between = tmp_path / "out", [1]
    if there:
        target.mkdir()
        (target / "marker").write_text("old")
    replace = Path.replace

    def replaced(path: Path, to: Path) -> Path:
        if to == target and between:
            between.clear()
            target.mkdir()
            (target / "marker").write_text("another's")
        return replace(path, to)

    monkeypatch.setattr(Path, "replace", replaced)
    with staged_folder(target, "marker") as stage:
        (stage / "marker").write_text("ours")
    assert not between
    assert (target / "marker").read_text() == "ours"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]

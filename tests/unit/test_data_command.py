"""`sernet-edge data`: a corpus described for people and for machines."""

import json
import sys
from pathlib import Path

import pytest
from made_corpora import iemocap_line, make_iemocap, touch, write_sound

from sernet_edge import cli


def data(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: object
) -> tuple[int, str, str]:
    """Run the command; returns exit code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys, "argv", ["sernet-edge", "data", *map(str, words)])
    code = 0
    try:
        cli.main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    return lambda *words: data(capsys, monkeypatch, *words)


@pytest.fixture
def actors(tmp_path: Path) -> Path:
    """Three spoken clips of two actors as RAVDESS has them, one of them in stereo, and a song."""
    folder = tmp_path / "ravdess"
    write_sound(folder / "Actor_02/03-01-01-01-01-01-02.wav", 1, 48_000)
    write_sound(folder / "Actor_02/03-01-06-01-01-01-02.wav", 2, 48_000, channels=2)
    write_sound(folder / "Actor_11/03-01-06-01-01-01-11.wav", 3, 48_000)
    write_sound(folder / "Actor_11/03-02-06-01-01-01-11.wav", 4, 48_000)
    return folder


def test_a_corpus_is_described_for_people(run, actors: Path) -> None:
    code, out, _ = run(actors)
    assert code == 0
    assert [line.rstrip() for line in out.splitlines()] == [
        "ravdess",
        "format      ravdess: RAVDESS, names of seven numbers",
        "recordings  3",
        "classes     2: fear (2), neutral (1)",
        "speakers    2: 2 (2), 11 (1)",
        "rates       48000 Hz (3)",
        "channels    mono (2), stereo (1)",
        "length      0.0 min in all; shortest 0.25 s, median 0.25 s, longest 0.25 s",
        "left out    songs (1)",
        "bad files   0",
    ]


def test_a_corpus_is_described_for_machines(run, actors: Path) -> None:
    code, out, _ = run(f"acted={actors}", "--json")
    assert code == 0
    assert json.loads(out) == {
        "name": "acted",
        "format": "ravdess",
        "recordings": 3,
        "classes": {"fear": 2, "neutral": 1},
        "speakers": {"2": 2, "11": 1},
        "sessions": {},
        "parts": {},
        "rates_hz": {"48000": 3},
        "channels": {"1": 2, "2": 1},
        "seconds": {"total": 0.75, "min": 0.25, "median": 0.25, "max": 0.25},
        "left_out": {"songs": 1},
        "bad": [],
    }


def test_bad_files_are_counted_listed_and_end_in_an_error(run, actors: Path) -> None:
    touch(actors / "Actor_11/03-01-06-02-01-01-11.wav")
    code, out, err = run(actors, "--json")
    described = json.loads(out)
    assert code == 2
    assert described["recordings"] == 3
    assert described["bad"] == [
        {
            "name": "Actor_11/03-01-06-02-01-01-11",
            "reason": "cannot be read as a sound file: Format not recognised",
        }
    ]
    assert (
        "error: 1 of 4 files of ravdess cannot be used:\n"
        "    Actor_11/03-01-06-02-01-01-11 cannot be read as a sound file: Format not recognised\n"
        "  Mend them, or go on without them:  --skip-bad\n"
    ) in err


def test_bad_files_may_be_skipped(run, actors: Path) -> None:
    touch(actors / "Actor_11/copy.wav")
    code, out, err = run(actors, "--skip-bad")
    assert code == 0
    assert "bad files   1" in out
    assert "Left out by --skip-bad: 1 of 4 files of ravdess cannot be used:\n" in err
    assert "    Actor_11/copy is no name of RAVDESS, such as 03-01-06-01-02-01-12\n" in err


def test_a_folder_without_anything_usable_is_described_and_refused(run, tmp_path: Path) -> None:
    touch(tmp_path / "a.wav")
    code, out, err = run(f"mine={tmp_path}", "--skip-bad")
    assert code == 2
    assert "recordings  0" in out
    assert "classes     none: the recordings have no labels" in out
    assert "speakers    none named" in out
    assert "error: Nothing is left of mine: 1 of 1 file of mine cannot be used:" in err


def test_sessions_and_parts_are_counted(run, tmp_path: Path) -> None:
    release = make_iemocap(
        tmp_path / "IEMOCAP_full_release",
        {"Ses01F_impro01_F000": "neu", "Ses02F_script01_1_M000": "ang"},
    )
    for seed, path in enumerate(sorted(release.rglob("Ses*.wav"))):
        write_sound(path, seed)
    code, out, _ = run(tmp_path)
    assert code == 0
    assert "sessions    2: Ses01 (1), Ses02 (1)" in out
    assert "parts       2: improvised (1), scripted (1)" in out
    code, out, _ = run(tmp_path, "--part", "scripted", "--json")
    described = json.loads(out)
    assert (described["parts"], described["speakers"]) == ({"scripted": 1}, {"Ses02M": 1})


def test_a_line_of_iemocap_that_is_none_is_listed(run, tmp_path: Path) -> None:
    release = make_iemocap(tmp_path, {"Ses01F_impro01_F000": "neu"})
    write_sound(release / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav")
    evaluation = release / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    evaluation.write_text(iemocap_line("Ses01F_impro01_F000", "neu") + "\n[0.1 cut")
    code, out, err = run(release)
    assert code == 2
    assert "bad files   1" in out
    assert "Ses01F_impro01.txt has a line 2 that is no utterance: [0.1 cut" in err


def test_an_unknown_part_is_a_usage_error(run, tmp_path: Path) -> None:
    code, out, err = run(tmp_path, "--part", "sung")
    assert (code, out) == (2, "")
    assert "'sung' is not one of 'all', 'improvised', 'scripted'" in err


def test_a_missing_folder_is_an_error(run, tmp_path: Path) -> None:
    code, out, err = run(tmp_path / "none")
    assert (code, out) == (2, "")
    assert err.startswith("error: There is no folder of recordings at ")

"""Levels of recordings, each fault's sentence, who is to blame, and recordings that are kept."""

from pathlib import Path

import numpy as np
import pytest
from tiny_bundle import random_clip

from sernet_cal.errors import ExitCode, InputError
from sernet_edge.audio.corpus import load_named_corpus
from sernet_edge.audio.load import read_samples
from sernet_edge.verify.hearing import Fault, find_faults, measure_levels
from sernet_edge.verify.microphone import Blame, blame
from sernet_edge.verify.recordings import save_recording

SPEECH = random_clip(3, 16_000)


def sine(amplitude: float, offset: float = 0.0) -> np.ndarray:
    phase = 2 * np.pi * 50 * np.arange(16_000) / 16_000
    return np.clip(amplitude * np.sin(phase) + offset, -32768, 32767).astype(np.int16)


def test_levels_are_those_of_a_known_tone() -> None:
    levels = measure_levels(sine(3276.8, 500))
    assert levels.level_dbfs == pytest.approx(-23.01, abs=0.01)
    assert levels.peak_dbfs == pytest.approx(20 * np.log10(3776.0 / 32768), abs=0.01)
    assert levels.noise_floor_dbfs == pytest.approx(levels.level_dbfs, abs=0.1)
    assert levels.offset == pytest.approx(500, abs=1)
    assert (levels.span, levels.clipped) == (6552, 0.0)


def test_silence_has_levels_too() -> None:
    levels = measure_levels(np.zeros(1000, np.int16))
    assert (levels.level_dbfs, levels.peak_dbfs, levels.noise_floor_dbfs) == (-120, -120, -120)


FAULTS = {
    "zeros": (
        np.zeros(16_000, np.int16),
        Fault.STUCK,
        "The microphone sends nothing but zeros: it has no power or no clock, or it is not "
        "connected. Check the pins clock, data and power under [microphone] in "
        "boards/nano33/board.toml, and solder joints. An emulated one hears a file:  "
        "--play FILE.wav",
    ),
    "one value": (
        np.full(16_000, -1234, np.int16),
        Fault.STUCK,
        "The microphone sends -1,234 all the time: it has no power or no clock",
    ),
    "clipped": (
        np.where(np.arange(16_000) % 5000 < 500, sine(60_000), SPEECH // 8).astype(np.int16),
        Fault.CLIPPED,
        "% of the samples are at the limit: it was too loud. Keep away from it, or lower "
        "microphone.gain_db in boards/nano33/board.toml and build anew.",
    ),
    "offset": (
        (SPEECH // 2 + 2000).astype(np.int16),
        Fault.OFFSET,
        "which should be near 0. It had not settled yet, or is defect: record again, and longer "
        "(--seconds).",
    ),
    "quiet": (
        (SPEECH // 1000).astype(np.int16),
        Fault.QUIET,
        "dBFS, and -66 are needed for more than rounding to be left. Speak up while it records, "
        "or raise microphone.gain_db in boards/nano33/board.toml and build anew.",
    ),
    "even": (
        sine(1000),
        Fault.EVEN,
        "It was even: -33 dBFS over a floor of -33. That is a noise, not speech. Speak while it "
        "records; if you did, the microphone hears itself or a hum only.",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_says_what_to_do(name: str) -> None:
    samples, fault, text = FAULTS[name]
    (found,) = find_faults(measure_levels(samples), 0, "nano33")
    assert found.fault is fault
    assert text in str(found)
    assert fault.exit_code is (ExitCode.USAGE if fault is Fault.STUCK else ExitCode.AGREED)


def test_lost_samples_are_a_difference() -> None:
    (found,) = find_faults(measure_levels(SPEECH), 8192, "nano33")
    assert found.fault is Fault.LOST
    assert found.fault.exit_code is ExitCode.DIFFERENT
    assert str(found).startswith(
        "8,192 samples were lost: the board was busy for too long to take them. What is around "
        "them sounds torn. Build it faster:  sernet-edge build --board nano33 --live"
    )


def test_speech_is_sound() -> None:
    assert find_faults(measure_levels(SPEECH), 0, "nano33") == ()


@pytest.mark.parametrize(
    ("heard", "replayed", "wrong"),
    [
        (None, None, Blame(True, True, True)),
        ("input", "input", Blame(True, False, None)),
        ("conv", "conv", Blame(True, True, False)),
        ("conv", None, Blame(False, True, False)),
        (None, "input", Blame(False, False, None)),
    ],
)
def test_parts_are_blamed_apart(heard: str | None, replayed: str | None, wrong: Blame) -> None:
    assert blame(heard, replayed, "input") == wrong
    assert wrong.is_right == (heard is None and replayed is None)


def test_kept_recordings_are_a_corpus(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    for number, label in enumerate(("anger", "joy, loud", "anger"), start=1):
        path = save_recording(folder, SPEECH[: 2000 * number], label, "me")
        assert path.name == f"recording-00{number}.wav"
        assert np.array_equal(read_samples(path), SPEECH[: 2000 * number])
    found = load_named_corpus(str(folder)).recordings
    assert [(item.label, item.speaker) for item in found] == [
        ("anger", "me"),
        ("joy, loud", "me"),
        ("anger", "me"),
    ]


def test_another_list_is_not_added_to(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\na.wav,x\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        save_recording(tmp_path, SPEECH, "anger", "me")
    assert "is no list of recordings of a board: its first line is 'file,label'" in str(
        caught.value
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels.csv"]


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"The recording cannot be kept in .*file: "):
        save_recording(tmp_path / "file", SPEECH, "anger", "me")

"""Streams that are followed: pace, unseen answers, Ctrl-C, bars, lines of JSON, last words."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console
from rich.live import Live
from tiny_bundle import random_clip

from sernet_cal.errors import InputError
from sernet_edge.listen.follow import Pace, Summary, follow, probabilities
from sernet_edge.listen.moments import Moment, read_sounds
from sernet_edge.listen.screen import Bars, JsonLines, draw, summary_lines, summary_to_json

CLASSES = ("calm", "angry")


def moment(audio_s: float, answers: int, lost: int = 0, busy_s: float | None = 0.5) -> Moment:
    scores = (127, -128) if answers else ()
    return Moment("microphone", audio_s, answers, scores, -20.0, -6.0, lost, busy_s)


class Clock:
    """A clock that moves when somebody sleeps, and by a step each time it is looked at."""

    def __init__(self, step_s: float = 0.0) -> None:
        self.now_s, self.step_s = 0.0, step_s

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


class Witness:
    """Remembers what it was shown; `interrupt` it and it presses Ctrl-C."""

    def __init__(self, interrupt: bool = False) -> None:
        self.seen: list[tuple[int, bool]] = []
        self.interrupt = interrupt

    def moment(self, moment: Moment, is_new: bool) -> None:
        self.seen.append((moment.answers, is_new))
        if self.interrupt:
            raise KeyboardInterrupt


STREAM = [moment(0.5, 0), moment(1.0, 1), moment(1.5, 1), moment(2.0, 4, lost=7)]


def test_new_and_unseen_answers_are_told_apart() -> None:
    witness = Witness()
    clock = Clock()
    summary = follow(STREAM, witness, False, Pace(clock, clock.sleep))
    assert witness.seen == [(0, False), (1, True), (1, False), (4, True)]
    assert (summary.audio_s, summary.answers, summary.unseen, summary.lost) == (2.0, 4, 2, 7)
    assert summary.duty_cycle == 0.25


def test_real_time_leaves_out_what_was_waited_for() -> None:
    clock = Clock()
    summary = follow(STREAM, Witness(), True, Pace(clock, clock.sleep))
    assert clock.now_s == 2.0
    assert summary.real_time > 1000
    slow = Clock(step_s=1.0)
    summary = follow(STREAM, Witness(), True, Pace(slow, slow.sleep))
    assert summary.real_time < 1


def test_ctrl_c_ends_it_with_what_there_was() -> None:
    assert follow(STREAM, Witness(interrupt=True), False, Pace()).audio_s == 0.5


def test_nothing_is_a_summary_too() -> None:
    assert follow([], Witness(), False, Pace()) == Summary(0.0, 0, 0, 0, None, 0.0)


def test_scores_are_shares() -> None:
    assert probabilities((-128, 0, 127)) == (0.0, 0.5, 255 / 256)


def test_each_new_answer_is_a_line_of_json() -> None:
    lines: list[str] = []
    follow(STREAM, JsonLines(CLASSES, lines.append), False, Pace())
    first, second = map(json.loads, lines)
    assert first == {
        "answer": 1,
        "seconds": 1.0,
        "sound": "microphone",
        "class": "calm",
        "probabilities": {"calm": 255 / 256, "angry": 0.0},
        "scores": [127, -128],
        "level_dbfs": -20.0,
        "peak_dbfs": -6.0,
        "lost_samples": 0,
        "duty_cycle": 0.5,
    }
    assert (second["answer"], second["lost_samples"]) == (4, 7)


def text_of(drawn: object) -> str:
    console = Console(width=100, file=io.StringIO(), force_terminal=False)
    with console.capture() as captured:
        console.print(drawn)
    return captured.get()


def test_bars_show_class_level_and_loss() -> None:
    text = text_of(draw(moment(2.0, 3, lost=4096), "nano33", CLASSES, has_time=True))
    assert "nano33 hears microphone" in text
    assert "> calm" in text
    assert "99.6 %" in text
    assert "-20 dBFS" in text
    assert "2.0 s, 3 answers, duty cycle 25.0 %, 4,096 samples lost" in text
    before = text_of(draw(moment(0.1, 0, busy_s=None), "nano33", CLASSES, has_time=False))
    assert ">" not in before
    assert "duty cycle" not in before


def test_bars_are_drawn_into_the_terminal() -> None:
    console = Console(width=80, file=io.StringIO(), force_terminal=True)
    with Live(console=console, auto_refresh=False) as live:
        Bars(live, "nano33", CLASSES, True).moment(STREAM[1], True)
        live.refresh()
    assert isinstance(console.file, io.StringIO)
    assert "calm" in console.file.getvalue()


def test_last_words() -> None:
    assert summary_lines(Summary(12.0, 40, 2, 0, 0.43, 1.0), None) == [
        "12.0 s of sound, 40 answers, 2 of which came too close to be shown",
        "1.0 times real time",
        "duty cycle 43.0 %",
    ]
    assert summary_lines(Summary(1.0, 0, 0, 4096, 0.1, 3.25), "no clock") == [
        "1.0 s of sound, 0 answers",
        "3.2 times real time",
        "4,096 samples were lost: the board is too slow for this model, or was not asked often "
        "enough.",
        "no duty cycle: no clock",
        "There was no answer: the first comes after as much sound as a clip has.",
    ]
    assert summary_to_json(Summary(2.0, 4, 2, 7, None, 9.0), "no clock") == {
        "end": True,
        "seconds": 2.0,
        "answers": 4,
        "unseen_answers": 2,
        "lost_samples": 7,
        "duty_cycle": None,
        "duty_cycle_reason": "no clock",
        "real_time": 9.0,
    }


def test_sounds_are_a_file_or_a_folder_of_them(tmp_path: Path) -> None:
    sounds = {"b.wav": random_clip(1, 2000), "a/c.FLAC": random_clip(2, 3000)}
    for name, samples in sounds.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / name, samples, 16_000, subtype="PCM_16")
    (tmp_path / "notes.txt").touch()
    found = dict(read_sounds(tmp_path))
    assert list(found) == ["a/c.FLAC", "b.wav"]
    assert all(np.array_equal(found[name], samples) for name, samples in sounds.items())
    assert [name for name, _ in read_sounds(tmp_path / "b.wav")] == ["b.wav"]


def test_a_folder_without_a_sound_says_so(tmp_path: Path) -> None:
    sounds: Iterator[object] = read_sounds(tmp_path)
    with pytest.raises(InputError) as caught:
        next(sounds)
    assert "holds no sound: no file ends in .wav or .flac." in str(caught.value)
    assert "--source microphone" in str(caught.value)

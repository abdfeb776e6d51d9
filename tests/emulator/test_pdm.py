"""The PDM's model without a core: buffers, gate, gain, and what it refuses."""

import dataclasses

import numpy as np
import pytest

from sernet_edge.emulator.machine import EmulatorError
from sernet_edge.emulator.nrf_pdm import SETTLING, Pdm
from sernet_gen.board import Microphone, load_board

MICROPHONE = Microphone("pdm", "P0.26", "P0.25", "P0.17", 20)
SOUND = np.arange(-3000, 3000, dtype=np.int16)
START, STOP, STARTED, STOPPED, END = 0x000, 0x004, 0x100, 0x104, 0x108
POINTER, ROOM, GAIN = 0x560, 0x564, 0x518
SETTINGS = {0x504: 0x0A000000, 0x508: 1, GAIN: 0x50, 0x520: 1, 0x540: 26, 0x544: 25, 0x500: 1}


class Bench:
    """A PDM with memory, whose microphone hears SOUND after it has woken up."""

    def __init__(self, microphone: Microphone | None = MICROPHONE, **other: int) -> None:
        self.memory = np.zeros(40_000, np.int16)
        self.high = {"P0.17"}
        self.pdm = Pdm(microphone, self._write, lambda pin: pin in self.high)
        self.pdm.sound = SOUND
        changed = {int(name.removeprefix("at_"), 16): value for name, value in other.items()}
        for offset, value in {**SETTINGS, **changed}.items():
            self.pdm.write(offset, value)

    def _write(self, address: int, data: bytes) -> None:
        samples = np.frombuffer(data, "<i2")
        self.memory[address // 2 : address // 2 + len(samples)] = samples

    def start(self, room: int) -> "Bench":
        self.pdm.write(POINTER, 0)
        self.pdm.write(ROOM, room)
        self.pdm.write(START, 1)
        return self

    def heard(self, looks: int = 30) -> np.ndarray:
        """Let time pass; return what came after the microphone woke up."""
        for _ in range(looks):
            self.pdm.advance()
        return self.memory[SETTLING : SETTLING + 1000]


def test_the_nano_has_the_microphone_of_these_tests() -> None:
    assert load_board("nano33").microphone == MICROPHONE


def test_a_buffer_is_filled_with_the_very_samples() -> None:
    bench = Bench().start(4096)
    assert (bench.pdm.read(STARTED), bench.pdm.read(END)) == (1, 0)
    assert np.array_equal(bench.heard(), SOUND[:1000])
    assert bench.memory[0] == 12_000
    assert bench.pdm.read(END) == 1


def test_the_next_buffer_is_filled_when_it_was_named() -> None:
    bench = Bench().start(1024)
    bench.heard()
    assert not bench.memory[1024:].any()  # it waits for the firmware
    bench.pdm.write(POINTER, 2 * 10_000)
    bench.heard()
    # What was taken over is the old pointer; the new one comes next.
    assert bench.memory[0] != 12_000
    bench.pdm.write(POINTER, 2 * 20_000)
    bench.heard()
    assert bench.memory[10_000:10_010].any()


def test_a_sound_that_does_not_wait_goes_on_without_the_firmware() -> None:
    bench = Bench()
    ends: list[int] = []
    bench.pdm.on_event = lambda offset: ends.append(offset) if offset == END else None
    bench.pdm.hurry = 1024
    bench.start(256).heard(2)
    assert len(ends) == 8


def test_stop_ends_the_buffer_and_says_so() -> None:
    bench = Bench().start(4096)
    bench.pdm.write(STOP, 1)
    assert (bench.pdm.read(END), bench.pdm.read(STOPPED)) == (1, 1)
    bench.heard()
    assert not bench.memory.any()


def test_tasks_do_nothing_while_it_is_disabled() -> None:
    bench = Bench(at_500=0).start(4096)
    assert bench.pdm.read(STARTED) == 0


def test_after_the_file_is_silence_and_off_and_on_begins_it_anew() -> None:
    bench = Bench().start(4096)
    bench.pdm.sound = SOUND[:100]
    assert not bench.heard()[100:].any()
    bench.pdm.write(STOP, 1)
    bench.pdm.write(0x500, 0)
    bench.pdm.write(0x500, 1)
    assert np.array_equal(bench.start(4096).heard()[:100], SOUND[:100])


def test_another_gain_is_louder_or_softer() -> None:
    softer = Bench(at_518=0x50 - 12).start(4096).heard()
    assert np.allclose(softer, SOUND[:1000] * 10 ** (-6 / 20), atol=0.5)
    lower_board = dataclasses.replace(MICROPHONE, gain_db=-20)
    louder = Bench(lower_board).start(4096).heard()
    assert (louder == -32768).all()


@pytest.mark.parametrize(
    "bench",
    [
        Bench(at_540=27),
        Bench(at_544=0xFFFFFFFF),
        Bench(None),
        Bench(dataclasses.replace(MICROPHONE, power="P0.18")),
    ],
    ids=["clock", "data", "none", "power"],
)
def test_a_microphone_that_is_not_connected_is_silent(bench: Bench) -> None:
    bench.start(4096).heard()
    assert not bench.memory.any()


@pytest.mark.parametrize(
    ("offset", "value"), [("at_504", 0x08400000), ("at_520", 0), ("at_508", 0)]
)
def test_other_rates_are_refused(offset: str, value: int) -> None:
    with pytest.raises(EmulatorError) as caught:
        Bench(**{offset: value}).start(4096)
    assert "16,000 samples a second of one channel only" in str(caught.value)
    assert "PDMCLKCTRL 0x0a000000 (1.280 MHz), RATIO 1 (80), MODE 1 (mono)" in str(caught.value)


def test_a_buffer_without_room_is_refused() -> None:
    with pytest.raises(EmulatorError, match=r"SAMPLE\.MAXCNT 0: there is no room for a sample"):
        Bench().start(0)

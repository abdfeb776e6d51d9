"""PDM of the nRF52 with a microphone behind it, which hears given samples.

Register names and behaviour: nRF52840 Product Specification v1.7, chapter PDM: SAMPLE.PTR is taken
over at START and whenever a buffer is full. A real microphone does not wait; this one does, until
the firmware has named the next buffer, so that results do not depend on time (unless a test wants
to see what is lost).
"""

from collections.abc import Callable

import numpy as np

from sernet_edge.audio.load import Samples, to_int16
from sernet_edge.emulator.machine import EmulatorError
from sernet_edge.emulator.registers import NordicPeripheral
from sernet_gen.board import Microphone
from sernet_gen.pins import pin_number

START, STOP = 0x000, 0x004
STARTED, STOPPED, END = 0x100, 0x104, 0x108
INTENSET, INTENCLR, ENABLE, PDMCLKCTRL, MODE = 0x304, 0x308, 0x500, 0x504, 0x508
GAINL, GAINR, RATIO, PSEL_CLK, PSEL_DIN = 0x518, 0x51C, 0x520, 0x540, 0x544
SAMPLE_PTR, SAMPLE_MAXCNT = 0x560, 0x564
REGISTERS = frozenset(
    (START, STOP, STARTED, STOPPED, END, INTENSET, INTENCLR, ENABLE, PDMCLKCTRL, MODE)
) | {GAINL, GAINR, RATIO, PSEL_CLK, PSEL_DIN, SAMPLE_PTR, SAMPLE_MAXCNT}

_NO_PIN = 0xFFFFFFFF
_DEFAULT_GAIN = 0x28  # 0 dB; a step is half a decibel
_RESET = {
    PDMCLKCTRL: 0x08400000,
    GAINL: _DEFAULT_GAIN,
    GAINR: _DEFAULT_GAIN,
    PSEL_CLK: _NO_PIN,
    PSEL_DIN: _NO_PIN,
}
_CLOCK_1280K, _RATIO_80, _MONO = 0x0A000000, 1, 1

# Samples that arrive from one look of the firmware to the next, at most: 10 ms, which is what it
# classifies in that time, so that it is neither ahead nor behind.
_BURST = 160
# The microphone wakes up for 100 ms, and what comes is no sound: a level that dies away.
SETTLING = 1600
_THUMP = 12_000


class Pdm(NordicPeripheral):
    """The interface with `microphone` behind it (None: nothing is connected).

    `is_powered` tells whether the pin called so is high. `sound`: what it hears. `hurry`: None
    where it waits for the firmware, or the samples that come from one look to the next.
    """

    def __init__(
        self,
        microphone: Microphone | None,
        write_memory: Callable[[int, bytes], None],
        is_powered: Callable[[str], bool],
    ) -> None:
        self._microphone = microphone
        self._write_memory, self._is_powered = write_memory, is_powered
        self.sound: Samples = np.zeros(0, np.int16)
        self.hurry: int | None = None
        super().__init__(_RESET)

    def reset(self) -> None:
        """Stop; the sound begins anew."""
        super().reset()
        self._running = self._gated = False
        self._pointer = self._room = 0
        self._waking = np.zeros(0, np.int16)
        self._heard = 0

    def write(self, offset: int, value: int) -> None:
        """Take a word; the next buffer's address opens the gate, and being switched off lets the
        sound begin anew."""
        super().write(offset, value)
        if offset == SAMPLE_PTR:
            self._gated = False
        elif offset == ENABLE and not value & 1:
            self._heard = 0

    def run_task(self, offset: int) -> None:
        """Start or stop the stream."""
        if not self.words.get(ENABLE, 0) & 1:
            return
        if offset == START:
            self._check_settings()
            self._waking = np.linspace(_THUMP, 0, SETTLING).astype(np.int16)
            self._running = True
            self._begin_buffer()
        elif offset == STOP:
            if self._running:
                self.raise_event(END)
            self._running = False
            self.raise_event(STOPPED)

    def advance(self) -> None:
        """Let up to a burst of samples arrive."""
        left = self.hurry or _BURST
        while left and self._running and not self._gated:
            count = min(left, self._room)
            self._write_memory(self._pointer, self._hear(count).astype("<i2").tobytes())
            self._pointer += 2 * count
            self._room -= count
            left -= count
            if not self._room:
                self.raise_event(END)
                self._begin_buffer()
                self._gated = self.hurry is None

    def _begin_buffer(self) -> None:
        self._pointer = self.words.get(SAMPLE_PTR, 0)
        self._room = self.words.get(SAMPLE_MAXCNT, 0) & 0x7FFF
        if not self._room:
            raise EmulatorError(
                "The firmware starts the PDM with SAMPLE.MAXCNT 0: there is no room for a sample.",
                "Set it to the samples of a buffer before TASKS_START.",
            )
        self.raise_event(STARTED)

    def _check_settings(self) -> None:
        seen = tuple(self.words.get(name, 0) for name in (PDMCLKCTRL, RATIO, MODE))
        if seen != (_CLOCK_1280K, _RATIO_80, _MONO):
            raise EmulatorError(
                "The firmware starts the PDM with PDMCLKCTRL 0x{:08x}, RATIO {}, MODE {}; the "
                "model has 16,000 samples a second of one channel only.".format(*seen),
                f"That is PDMCLKCTRL 0x{_CLOCK_1280K:08x} (1.280 MHz), RATIO {_RATIO_80} (80), "
                f"MODE {_MONO} (mono).",
            )

    def _hear(self, count: int) -> Samples:
        woken, self._waking = self._waking[:count], self._waking[count:]
        sound = self.sound[self._heard : self._heard + count - len(woken)]
        self._heard += count - len(woken)
        heard = np.concatenate([woken, sound])
        heard = np.pad(heard, (0, count - len(heard)))
        return self._amplified(heard) if self._is_connected() else np.zeros(count, np.int16)

    def _is_connected(self) -> bool:
        microphone = self._microphone
        if microphone is None or microphone.clock is None or microphone.data is None:
            return False
        pins = {PSEL_CLK: microphone.clock, PSEL_DIN: microphone.data}
        if any(self.words.get(name) != _select(pin) for name, pin in pins.items()):
            return False
        return microphone.power is None or self._is_powered(microphone.power)

    def _amplified(self, heard: Samples) -> Samples:
        """Return `heard` as it is where the gain is the board's, louder or softer elsewhere."""
        assert self._microphone is not None
        gain_db = (self.words.get(GAINL, 0) - _DEFAULT_GAIN) / 2 - self._microphone.gain_db
        return to_int16(heard.astype(np.float64) * 10 ** (gain_db / 20))


def _select(pin: str) -> int:
    port, number = pin_number(pin)
    return port << 5 | number

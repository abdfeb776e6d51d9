"""RCC, PWR and FLASH of the STM32F4 and F7: the clock tree, and what it must not do.

Registers and rules: RM0390 (STM32F446), RM0090 (F405), RM0410 (F76x): chapters FLASH, PWR, RCC; the
limits are those of the datasheets' tables of general operating conditions, at 2.7 to 3.6 V.
"""

from dataclasses import dataclass

from sernet_edge.emulator.stm32_block import Block, Register
from sernet_gen.board import Oscillator

_CR, _PLLCFGR, _CFGR, _AHB1ENR, _APB1ENR, _APB2ENR = 0x00, 0x04, 0x08, 0x30, 0x40, 0x44
_HSION, _HSIRDY, _HSEON, _HSERDY, _HSEBYP = 1 << 0, 1 << 1, 1 << 16, 1 << 17, 1 << 18
_PLLON, _PLLRDY = 1 << 24, 1 << 25
_SW, _SWS = 3, 3 << 2
_FROM_HSE = 1 << 22
_ODEN, _ODSWEN, _VOS = 1 << 16, 1 << 17, 3 << 14
_HSI_HZ = 16_000_000
_PPRE = (1, 1, 1, 1, 2, 4, 8, 16)
_HPRE = (1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 8, 16, 64, 128, 256, 512)
MHZ = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What a part may run at, in Hz: the core without and with over-drive, and its two buses."""

    core_hz: int
    over_drive_hz: int
    apb1_hz: int
    apb2_hz: int


class Pwr(Block):
    """PWR: voltage scale and over-drive; `has_over_drive` for the parts that have it."""

    def __init__(self, manual: str, has_over_drive: bool) -> None:
        control = _ODEN | _ODSWEN | _VOS if has_over_drive else 1 << 14
        initial = 3 << 14 if has_over_drive else 1 << 14
        layout = {0x0: Register("CR", control, initial), 0x4: Register("CSR", 0, 0)}
        super().__init__("PWR", manual, layout)
        self.rcc: Rcc

    @property
    def is_over_driven(self) -> bool:
        """Whether the over-drive is on and switched to."""
        return self.words[0x4] >> 16 & 3 == 3

    @property
    def is_first_scale(self) -> bool:
        """Whether the voltage is the highest without over-drive."""
        return self.words[0x0] & _VOS == self.layout[0x0].initial & _VOS

    def check(self, offset: int, old: int, new: int) -> None:
        """Refuse a voltage that changes under the PLL, and an over-drive that is not ready."""
        if (old ^ new) & _VOS and self.rcc.words[_CR] & _PLLON:
            raise self.refuse("changes the voltage scale while the PLL is on")
        if new & ~old & _ODSWEN and not self.words[0x4] >> 16 & 1:
            raise self.refuse("switches to the over-drive before it is ready")

    def changed(self, offset: int, old: int, new: int) -> None:
        """Let the over-drive become ready."""
        for bit in (_ODEN, _ODSWEN):
            if new & ~old & bit:
                self.later(0x4, bit, bit)
            elif old & ~new & bit:
                self.at_once(0x4, bit, 0)


class Flash(Block):
    """FLASH: only its access control register."""

    def __init__(self, manual: str, switches: int) -> None:
        super().__init__("FLASH", manual, {0x0: Register("ACR", 15 | switches)})
        self.rcc: Rcc

    def check(self, offset: int, old: int, new: int) -> None:
        """Refuse fewer wait states than the clock needs."""
        self.check_latency(self.rcc.core_hz, new & 15)

    def check_latency(self, core_hz: float, wait_states: int | None = None) -> None:
        """Refuse `core_hz` with `wait_states`, or those that are set: one for each 30 MHz."""
        seen = self.words[0x0] & 15 if wait_states is None else wait_states
        needed = -(-int(core_hz) // (30 * MHZ)) - 1
        if seen < needed:
            raise self.refuse(
                f"lets the core run at {core_hz / MHZ:g} MHz with {seen} wait states of the flash, "
                f"which needs {needed}"
            )


class Rcc(Block):
    """RCC: oscillators, PLL, multiplexers, and who has a clock.

    `is_alive`: whether the board's oscillator starts at all.
    """

    def __init__(
        self,
        manual: str,
        limits: Limits,
        oscillator: Oscillator | None,
        pwr: Pwr,
        flash: Flash,
    ) -> None:
        enable_1, enable_2 = 1 << 17 | 1 << 18 | 1 << 28, 1 << 4
        layout = {
            _CR: Register("CR", _HSION | _HSEON | _HSEBYP | _PLLON, 0x83),
            _PLLCFGR: Register("PLLCFGR", 0x7F437FFF, 0x24003010),
            _CFGR: Register("CFGR", 0x0000FCF3),
            _AHB1ENR: Register("AHB1ENR", 0x006001FF, 0x00100000),
            _APB1ENR: Register("APB1ENR", enable_1),
            _APB2ENR: Register("APB2ENR", enable_2),
        }
        super().__init__("RCC", manual, layout)
        self._limits, self._oscillator = limits, oscillator
        self._pwr, self._flash = pwr, flash
        pwr.rcc = flash.rcc = self
        self.is_alive = oscillator is not None

    @property
    def core_hz(self) -> float:
        """The core's clock."""
        return self._core_hz(self.words[_CFGR])

    @property
    def apb1_hz(self) -> float:
        """The clock of the first peripheral bus."""
        return self.core_hz / _PPRE[self.words[_CFGR] >> 10 & 7]

    @property
    def apb2_hz(self) -> float:
        """The clock of the second peripheral bus."""
        return self.core_hz / _PPRE[self.words[_CFGR] >> 13 & 7]

    def check(self, offset: int, old: int, new: int) -> None:
        """Refuse what pulls a clock away from under its user, and clocks that are too fast."""
        if offset == _CR:
            self._check_control(old, new)
        elif offset == _PLLCFGR and self.words[_CR] & _PLLON:
            raise self.refuse("changes the PLL's factors while it is on")
        elif offset == _CFGR:
            self._check_clocks(new)

    def changed(self, offset: int, old: int, new: int) -> None:
        """Let oscillators start and multiplexers switch."""
        if offset == _CFGR:
            self.later(_CFGR, _SWS, (new & _SW) << 2)
        if offset != _CR:
            return
        starts = {_HSION: True, _HSEON: self._hse_fits(new), _PLLON: True}
        for switch, ready in ((_HSION, _HSIRDY), (_HSEON, _HSERDY), (_PLLON, _PLLRDY)):
            if new & ~old & switch and starts[switch]:
                self.later(_CR, ready, ready)
            elif old & ~new & switch:
                self.at_once(_CR, ready, 0)

    def _hse_fits(self, control: int) -> bool:
        if self._oscillator is None or not self.is_alive:
            return False
        return (self._oscillator.kind == "signal") == bool(control & _HSEBYP)

    def _check_control(self, old: int, new: int) -> None:
        source = self.words[_CFGR] & _SW
        if (old ^ new) & _HSEBYP and old & _HSEON:
            raise self.refuse("changes HSEBYP while the oscillator is on")
        pll_source = _HSEON if self.words[_PLLCFGR] & _FROM_HSE else _HSION
        used = (_HSION, _HSEON, _PLLON)[source] | (pll_source if old & new & _PLLON else 0)
        if old & ~new & used:
            raise self.refuse("turns a clock off that the core runs from")
        if new & ~old & _PLLON:
            if not new & (_HSERDY if self.words[_PLLCFGR] & _FROM_HSE else _HSIRDY):
                raise self.refuse("turns the PLL on before its source is ready")
            self._check_pll()

    def _pll_input_hz(self) -> float:
        config = self.words[_PLLCFGR]
        hse_hz = self._oscillator.hz if self._oscillator is not None else 0
        return (hse_hz if config & _FROM_HSE else _HSI_HZ) / max(config & 63, 1)

    def _check_pll(self) -> None:
        config, input_hz = self.words[_PLLCFGR], self._pll_input_hz()
        multiplier = config >> 6 & 511
        if config & 63 < 2 or not MHZ <= input_hz <= 2 * MHZ:
            raise self.refuse(f"gives the PLL an input of {input_hz / MHZ:g} MHz, not 1 to 2 MHz")
        if not 50 <= multiplier <= 432 or not 100 * MHZ <= input_hz * multiplier <= 432 * MHZ:
            raise self.refuse(f"lets the PLL's VCO run at {input_hz * multiplier / MHZ:g} MHz")
        if config >> 24 & 15 < 2 or config >> 28 & 7 < 2:
            raise self.refuse("gives the PLL an output divider (Q or R) below 2")

    def _core_hz(self, config: int) -> float:
        pll = self.words[_PLLCFGR]
        divider = 2 * (pll >> 16 & 3) + 2
        hse_hz = self._oscillator.hz if self._oscillator is not None else 0
        rates = (_HSI_HZ, hse_hz, self._pll_input_hz() * (pll >> 6 & 511) / divider, 0)
        return rates[config & _SW] / _HPRE[config >> 4 & 15]

    def _check_clocks(self, config: int) -> None:
        if config & _SW == 3:
            raise self.refuse("asks for a clock that there is not (SW = 3)")
        if not self.words[_CR] & (_HSIRDY, _HSERDY, _PLLRDY)[config & _SW]:
            raise self.refuse("switches the core to a clock that is not ready")
        core_hz, limits = self._core_hz(config), self._limits
        is_fast = self._pwr.is_over_driven
        highest = limits.over_drive_hz if is_fast else limits.core_hz
        if core_hz > highest or not self._pwr.is_first_scale:
            raise self.refuse(
                f"lets the core run at {core_hz / MHZ:g} MHz, where the voltage allows "
                f"{highest / MHZ:g} MHz at most"
            )
        self._flash.check_latency(core_hz)
        for name, shift, most in (("APB1", 10, limits.apb1_hz), ("APB2", 13, limits.apb2_hz)):
            bus_hz = core_hz / _PPRE[config >> shift & 7]
            if bus_hz > most:
                raise self.refuse(
                    f"lets {name} run at {bus_hz / MHZ:g} MHz: {most / MHZ:g} at most"
                )

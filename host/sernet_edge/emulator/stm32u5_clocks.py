"""RCC, PWR, FLASH and ICACHE of the STM32U5: the clock tree, and what it must not do.

Registers and rules: RM0456, chapters 7 (FLASH), 8 (ICACHE), 10 (PWR), 11 (RCC). Of the four voltage
ranges only the one after a reset (4) and the highest (1) are modelled.
"""

from sernet_edge.emulator.stm32_block import Block, Register

_CR, _CFGR1, _CFGR2, _PLL1CFGR, _PLL1DIVR = 0x00, 0x1C, 0x20, 0x28, 0x34
_AHB1ENR, _AHB2ENR1, _AHB3ENR, _APB1ENR1, _APB2ENR = 0x88, 0x8C, 0x94, 0x9C, 0xA4
_MSISON, _MSISRDY, _HSION, _HSIRDY = 1 << 0, 1 << 2, 1 << 8, 1 << 10
_PLLON, _PLLRDY, _REN = 1 << 24, 1 << 25, 1 << 18
_SW, _SWS = 3, 3 << 2
_VOSR, _BOOSTRDY, _VOSRDY, _VOS, _BOOSTEN = 0x0C, 1 << 14, 1 << 15, 3 << 16, 1 << 18
_MSIS_HZ, _HSI_HZ = 4_000_000, 16_000_000
_PPRE = (1, 1, 1, 1, 2, 4, 8, 16)
_HPRE = (1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 8, 16, 64, 128, 256, 512)
_INPUT_RANGES_MHZ = ((4, 8), (4, 8), (4, 8), (8, 16))
MHZ = 1_000_000
_BOOSTED_HZ = 55 * MHZ
# Voltage range (the field VOS) -> the core's highest clock, and the Hz that each wait state is for.
_RANGES = {0: (25 * MHZ, 8 * MHZ), 3: (160 * MHZ, 32 * MHZ)}


class Pwr(Block):
    """PWR: the voltage range and the booster."""

    def __init__(self) -> None:
        register = Register("VOSR", _VOS | _BOOSTEN, _VOSRDY)
        super().__init__("PWR", "RM0456 10.5.4", {_VOSR: register})
        self.rcc: Rcc

    @property
    def is_boosted(self) -> bool:
        """Whether the booster is ready."""
        return bool(self.words[_VOSR] & _BOOSTRDY)

    @property
    def range(self) -> int:
        """The field VOS; raises EmulatorError for a range that is not modelled or not ready."""
        value = self.words[_VOSR]
        if not value & _VOSRDY:
            raise self.refuse("changes a clock before the voltage range is ready")
        if value >> 16 & 3 not in _RANGES:
            raise self.refuse("uses a voltage range that its model does not have")
        return value >> 16 & 3

    def check(self, offset: int, old: int, new: int) -> None:
        """Refuse a booster without a clock of 4 to 16 MHz, or without its voltage."""
        if not new & ~old & _BOOSTEN:
            return
        booster_hz = self.rcc.booster_hz
        if not 4 * MHZ <= booster_hz <= 16 * MHZ:
            raise self.refuse(f"gives the booster a clock of {booster_hz / MHZ:g} MHz, not 4 to 16")
        if new >> 16 & 3 < 2 or (old ^ new) & _VOS or not old & _VOSRDY:
            raise self.refuse("turns the booster on before voltage range 1 is ready")

    def changed(self, offset: int, old: int, new: int) -> None:
        """Let the voltage settle and the booster start."""
        if (old ^ new) & _VOS:
            self.at_once(_VOSR, _VOSRDY, 0)
            self.later(_VOSR, _VOSRDY, _VOSRDY)
        if new & ~old & _BOOSTEN:
            self.later(_VOSR, _BOOSTRDY, _BOOSTRDY)
        elif old & ~new & _BOOSTEN:
            self.at_once(_VOSR, _BOOSTRDY, 0)


class Flash(Block):
    """FLASH: only its access control register."""

    def __init__(self) -> None:
        super().__init__("FLASH", "RM0456 7.3.3", {0x0: Register("ACR", 0x10F, 1)})
        self.rcc: Rcc

    def check(self, offset: int, old: int, new: int) -> None:
        """Refuse fewer wait states than the clock needs."""
        self.check_latency(self.rcc.core_hz, new & 15)

    def check_latency(self, core_hz: float, wait_states: int | None = None) -> None:
        """Refuse `core_hz` with `wait_states`, or those that are set, in the voltage's range."""
        seen = self.words[0x0] & 15 if wait_states is None else wait_states
        needed = -(-int(core_hz) // _RANGES[self.rcc.pwr.range][1]) - 1
        if seen < needed:
            raise self.refuse(
                f"lets the core run at {core_hz / MHZ:g} MHz with {seen} wait states of the flash, "
                f"which needs {needed}"
            )


class Icache(Block):
    """ICACHE: busy after a reset, until it has been looked at a few times."""

    def __init__(self) -> None:
        layout = {0x0: Register("CR", 0x7, 4), 0x4: Register("SR", 0, 1)}
        super().__init__("ICACHE", "RM0456 8.4", layout)

    def reset(self) -> None:
        """Begin to empty the cache."""
        super().reset()
        self.later(0x4, 1, 0)

    def check(self, offset: int, old: int, new: int) -> None:
        """Refuse to turn it on while it is emptied."""
        if new & ~old & 1 and self.words[0x4] & 1:
            raise self.refuse("turns ICACHE on while it is being emptied")


class Rcc(Block):
    """RCC: oscillators, PLL1, multiplexers, and who has a clock."""

    def __init__(self, pwr: Pwr, flash: Flash) -> None:
        layout = {
            _CR: Register("CR", _MSISON | _HSION | _PLLON, 0x35),
            _CFGR1: Register("CFGR1", _SW),
            _CFGR2: Register("CFGR2", 0x77F),
            _PLL1CFGR: Register("PLL1CFGR", 0x0007FF1F),
            _PLL1DIVR: Register("PLL1DIVR", 0x7F7FFFFF, 0x01010280),
            _AHB1ENR: Register("AHB1ENR", 1, 0xD0200100),
            _AHB2ENR1: Register("AHB2ENR1", 0x1FF, 0xC0000000),
            _AHB3ENR: Register("AHB3ENR", 1 << 2, 0x80000000),
            _APB1ENR1: Register("APB1ENR1", 3 << 17),
            _APB2ENR: Register("APB2ENR", 1 << 14),
        }
        super().__init__("RCC", "RM0456 11.4", layout)
        self.pwr, self._flash = pwr, flash
        pwr.rcc = flash.rcc = self

    @property
    def core_hz(self) -> float:
        """The core's clock."""
        return self._core_hz(self.words[_CFGR1], self.words[_CFGR2])

    @property
    def apb1_hz(self) -> float:
        """The clock of the first peripheral bus."""
        return self.core_hz / _PPRE[self.words[_CFGR2] >> 4 & 7]

    @property
    def apb2_hz(self) -> float:
        """The clock of the second peripheral bus."""
        return self.core_hz / _PPRE[self.words[_CFGR2] >> 8 & 7]

    @property
    def booster_hz(self) -> float:
        """The clock of PWR's booster: the PLL's source, divided by 1, 2, 4, ... 16."""
        divider = 2 * (self.words[_PLL1CFGR] >> 12 & 15) or 1
        return self._source_hz() / divider

    def check(self, offset: int, old: int, new: int) -> None:
        """Refuse what pulls a clock away from under its user, and clocks that are too fast."""
        is_on = bool(self.words[_CR] & _PLLON)
        if offset == _CR:
            self._check_control(old, new)
        elif is_on and (offset == _PLL1DIVR or (offset == _PLL1CFGR and (old ^ new) & 0xFF1F)):
            raise self.refuse("changes the PLL's factors while it is on")
        elif offset == _CFGR1:
            self._check_clocks(new, self.words[_CFGR2])
        elif offset == _CFGR2:
            self._check_clocks(self.words[_CFGR1], new)

    def changed(self, offset: int, old: int, new: int) -> None:
        """Let oscillators start and multiplexers switch."""
        if offset == _CFGR1:
            self.later(_CFGR1, _SWS, (new & _SW) << 2)
        if offset != _CR:
            return
        for switch, ready in ((_MSISON, _MSISRDY), (_HSION, _HSIRDY), (_PLLON, _PLLRDY)):
            if new & ~old & switch:
                self.later(_CR, ready, ready)
            elif old & ~new & switch:
                self.at_once(_CR, ready, 0)

    def _source_hz(self) -> float:
        source, control = self.words[_PLL1CFGR] & 3, self.words[_CR]
        is_msis, is_hsi = source == 1 and control & _MSISRDY, source == 2 and control & _HSIRDY
        return _MSIS_HZ if is_msis else _HSI_HZ if is_hsi else 0

    def _pll_input_hz(self) -> float:
        return self._source_hz() / ((self.words[_PLL1CFGR] >> 8 & 15) + 1)

    def _check_control(self, old: int, new: int) -> None:
        switches = (_MSISON, _HSION, 0, _PLLON)
        pll_source = (0, _MSISON, _HSION, 0)[self.words[_PLL1CFGR] & 3]
        used = switches[self.words[_CFGR1] & _SW] | (pll_source if old & new & _PLLON else 0)
        if old & ~new & used:
            raise self.refuse("turns a clock off that the core runs from")
        if not new & ~old & _PLLON:
            return
        input_hz = self._pll_input_hz()
        lowest, highest = _INPUT_RANGES_MHZ[self.words[_PLL1CFGR] >> 2 & 3]
        if not lowest * MHZ <= input_hz <= highest * MHZ:
            raise self.refuse(
                f"gives the PLL an input of {input_hz / MHZ:g} MHz, where its range is {lowest} to "
                f"{highest} MHz"
            )
        vco_hz = input_hz * ((self.words[_PLL1DIVR] & 511) + 1)
        if not 128 * MHZ <= vco_hz <= 544 * MHZ:
            raise self.refuse(f"lets the PLL's VCO run at {vco_hz / MHZ:g} MHz, not 128 to 544 MHz")

    def _core_hz(self, config: int, dividers: int) -> float:
        factors = self.words[_PLL1DIVR]
        pll_hz = self._pll_input_hz() * ((factors & 511) + 1) / ((factors >> 24 & 127) + 1)
        rates = (_MSIS_HZ, _HSI_HZ, 0, pll_hz)
        return rates[config & _SW] / _HPRE[dividers & 15]

    def _check_clocks(self, config: int, dividers: int) -> None:
        ready = (_MSISRDY, _HSIRDY, 0, _PLLRDY)[config & _SW]
        is_running = self.words[_CR] & ready
        if not is_running or (config & _SW == 3 and not self.words[_PLL1CFGR] & _REN):
            raise self.refuse("switches the core to a clock that is not ready")
        core_hz, highest = self._core_hz(config, dividers), _RANGES[self.pwr.range][0]
        if not self.pwr.is_boosted:
            highest = min(highest, _BOOSTED_HZ)
        if core_hz > highest:
            raise self.refuse(
                f"lets the core run at {core_hz / MHZ:g} MHz, where voltage and booster allow "
                f"{highest / MHZ:g} MHz at most"
            )
        self._flash.check_latency(core_hz)

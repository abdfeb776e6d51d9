"""Board files: each one loads, and each mistake in one is named."""

from pathlib import Path

import pytest

from sernet_cal.errors import InputError
from sernet_gen import assets
from sernet_gen.board import Oscillator, board_names, load_board, read_board
from sernet_gen.cores import find_core
from sernet_gen.pins import pin_number
from sernet_gen.ports import port_folders, port_names

NANO = (assets.boards_dir() / "nano33" / "board.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", board_names())
def test_every_board_file_is_sound(name: str) -> None:
    board = load_board(name)
    assert board.name == name
    assert (assets.ports_dir() / board.port / "port.c").is_file()
    assert board.url.startswith("https://")
    if board.memory is not None:
        assert board.memory.flash.budget <= board.memory.flash.length
        assert board.memory.ram.budget <= board.memory.ram.length
        assert board.clock_hz > 0


def test_the_nano_is_what_the_bootloader_expects() -> None:
    board = load_board("nano33")
    assert board.memory is not None
    assert (board.memory.flash.origin, board.memory.flash.length) == (0x10000, 0xF0000)
    assert (board.memory.ram.origin, board.memory.ram.length) == (0x20000000, 256 * 1024)
    assert board.link.rx is not None
    assert pin_number(board.link.rx) == (1, 10)


def test_the_pico_starts_with_its_second_stage() -> None:
    board = load_board("pico")
    assert board.memory is not None
    assert board.memory.image_origin == 0x10000000
    assert board.memory.flash.origin == 0x10000100
    assert (board.link.rx, board.link.tx) == ("GP1", "GP0")
    assert (pin_number("GP1"), pin_number("GP28")) == ((0, 1), (0, 28))


def test_the_nucleos_have_their_debuggers_pins_and_clock() -> None:
    pins = {
        "nucleo_f446re": ((0, 3), (0, 2)),
        "nucleo_f767zi": ((3, 9), (3, 8)),
        "nucleo_u575zi": ((0, 10), (0, 9)),
    }
    for name, (rx, tx) in pins.items():
        board = load_board(name)
        assert board.link.rx is not None
        assert board.link.tx is not None
        assert (pin_number(board.link.rx), pin_number(board.link.tx)) == (rx, tx)
        has_signal = board.oscillator == Oscillator(8_000_000, "signal")
        assert has_signal == (name != "nucleo_u575zi")


def test_a_port_is_the_folders_whose_headers_it_includes() -> None:
    shared = ("cortexm", "ring")
    assert port_folders("nrf52") == ("cortexm", "nrf52", "ring")
    assert port_folders("stm32u5") == (*shared, "stm32", "stm32u5")
    assert port_folders("stm32f7") == (*shared, "stm32", "stm32f4f7", "stm32f7")
    assert port_folders("posix") == ("posix",)
    assert {"stm32", "ring", "cortexm", "hostlib"}.isdisjoint(port_names())


@pytest.mark.parametrize("wrong", ["nano", "NANO33", "nano-33"])
def test_an_unknown_board_is_answered_with_the_nearest(wrong: str) -> None:
    with pytest.raises(InputError) as error:
        load_board(wrong)
    assert str(error.value) == f"There is no board {wrong!r}.\n  Did you mean nano33?"


def test_a_board_like_no_other_is_answered_with_all_names() -> None:
    with pytest.raises(InputError, match=rf"Known: {', '.join(board_names())}\."):
        load_board("zzzzzz")


def write(folder: Path, text: str, name: str = "nano33") -> Path:
    path = folder / name / "board.toml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return path


MISTAKES = {
    "unknown key": (
        ("clock_hz", "clok_hz"),
        "nano33/board.toml has the unknown key clok_hz.\n  The nearest is clock_hz.",
    ),
    "unknown key in a table": (
        ("stack = 8_192", "stack = 8_192\nstak = 8"),
        "nano33/board.toml has the unknown key memory.ram.stak.\n"
        "  The nearest is memory.ram.stack.",
    ),
    "missing key": (
        ("clock_hz = 64_000_000\n", ""),
        "nano33/board.toml lacks the key clock_hz.\n"
        "  It must be a whole number; copy the line from another board's file.",
    ),
    "missing key in a table": (
        ("stack = 8_192", ""),
        "nano33/board.toml lacks the key memory.ram.stack.",
    ),
    "wrong type": (
        ("64_000_000", '"64 MHz"'),
        "nano33/board.toml: clock_hz is '64 MHz'; it must be a whole number.",
    ),
    "a number for a text": (
        ('"nRF52840"', "52840"),
        "nano33/board.toml: part is 52840; it must be a text.",
    ),
    "true for a number": (
        ("flash_wait_states = 2", "flash_wait_states = true"),
        "nano33/board.toml: flash_wait_states is True; it must be a whole number.",
    ),
    "a choice that is none": (
        ('emulator = "emu"', 'emulator = "bochs"'),
        'nano33/board.toml: emulator is \'bochs\'; it must be "emu" or "qemu" or "proc" or "none".',
    ),
    "another name": (
        ('name = "nano33"', 'name = "nano34"'),
        "nano33/board.toml: name is 'nano34'; it must be that of its folder, 'nano33'.",
    ),
    "unknown core": (
        ('"cortex-m4f"', '"cortex-m4"'),
        "There is no core 'cortex-m4'.\n  Did you mean cortex-m4f or ",
    ),
    "unknown port": (
        ('port = "nrf52"', 'port = "nrf53"'),
        "nano33/board.toml: there is no port 'nrf53'.\n  Did you mean nrf52",
    ),
    "a host with memory": (
        ('"cortex-m4f"', '"host"'),
        "nano33/board.toml: a board with the core host needs no memory table.",
    ),
    "a pin that is none": (
        ('"P1.10"', '"D0"'),
        "'D0' is no pin; one is written as P1.10 (port, dot, two digits), as PA10 or as GP1.",
    ),
    "a chip without a UF2 family": (
        ('flash_tool = "sam-ba"', 'flash_tool = "uf2"'),
        "nano33/board.toml: no UF2 family id is known for the part nRF52840; "
        "known: RP2040, RP2350.",
    ),
    "a stack out of step": (
        ("stack = 8_192", "stack = 8_190"),
        "nano33/board.toml: memory.ram.stack is 8190; it must be a multiple of 8 "
        "below memory.ram.length (262144).",
    ),
    "a flash tool that is none": (
        ('"sam-ba"', '"bossac"'),
        'nano33/board.toml: flash_tool is \'bossac\'; it must be "sam-ba" or "uf2" or "pyocd" or '
        '"none".',
    ),
    "a flash tool without its name for the chip": (
        ('flash_target = "nRF52840"\n', ""),
        "nano33/board.toml: flash_tool sam-ba needs flash_target, its name for the chip.",
    ),
    "a product of USB that is no number": (
        ("0x005A", '"005A"'),
        "nano33/board.toml: usb.bootloader_pids is ['005A', 346, 602]; it must be a list, each a "
        "whole number.",
    ),
    "products of USB that are no list": (
        ("[0x005A, 0x015A, 0x025A]", "0x005A"),
        "nano33/board.toml: usb.bootloader_pids is 90; it must be a list, each a whole number.",
    ),
    "an oscillator of no kind": (
        ("[link]", '[oscillator]\nhz = 8_000_000\nkind = "quartz"\n[link]'),
        'nano33/board.toml: oscillator.kind is \'quartz\'; it must be "crystal" or "signal".',
    ),
    "a part of ports": (
        ('port = "nrf52"', 'port = "stm32"'),
        "nano33/board.toml: there is no port 'stm32'.\n  Did you mean stm32",
    ),
    "no TOML": (("[link]", "[link"), "nano33/board.toml is no TOML: "),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_board_file_is_named(mistake: str, tmp_path: Path) -> None:
    (old, new), message = MISTAKES[mistake]
    assert old in NANO
    with pytest.raises(InputError) as error:
        read_board(write(tmp_path, NANO.replace(old, new)))
    assert str(error.value).startswith(message)


def test_a_table_where_a_number_belongs_is_named(tmp_path: Path) -> None:
    text = NANO.replace("clock_hz = 64_000_000\n", "") + "[clock_hz]\n"
    with pytest.raises(InputError, match=r"clock_hz is \{\}; it must be a whole number"):
        read_board(write(tmp_path, text))


def test_a_number_where_a_table_belongs_is_named(tmp_path: Path) -> None:
    text = NANO.partition("[memory.flash]")[0] + "link = 3\n"
    with pytest.raises(InputError, match="link is 3; it must be a table"):
        read_board(write(tmp_path, text))


def test_a_board_without_memory_needs_the_host_core(tmp_path: Path) -> None:
    text = NANO.partition("[memory.flash]")[0] + '[link]\nkind = "uart"\nbaud = 460_800\n'
    with pytest.raises(InputError, match="needs the tables memory"):
        read_board(write(tmp_path, text))


def test_a_bootloader_that_cannot_be_found_is_named(tmp_path: Path) -> None:
    text = NANO.partition("# The last two products")[0]
    with pytest.raises(InputError) as error:
        read_board(write(tmp_path, text))
    assert str(error.value) == (
        "nano33/board.toml: flash_tool sam-ba needs the table usb: who is to be flashed?"
    )


def test_the_nano_is_found_on_usb() -> None:
    board = load_board("nano33")
    assert (board.flash_tool, board.flash_target) == ("sam-ba", "nRF52840")
    assert board.usb is not None
    assert board.usb.vid == 0x2341
    assert 0x805A in board.usb.sketch_pids
    assert 0x005A in board.usb.bootloader_pids


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not readable: No such file or directory"):
        read_board(tmp_path / "nano33" / "board.toml")


def test_a_core_like_no_other_is_answered_with_all_names() -> None:
    with pytest.raises(InputError, match=r"Known cores: host, cortex-m0plus, cortex-m3, "):
        find_core("6502")

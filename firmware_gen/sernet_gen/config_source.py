"""The generated files that say which board and build a firmware is: sn_config.h, sn_identity.c."""

from dataclasses import dataclass
from string import Template

from sernet_gen import assets
from sernet_gen.board import Board, Boot2Region, Microphone
from sernet_gen.csyntax import abi_lock
from sernet_gen.pins import pin_number

SHARED_PORT = "cortexm"
_LINKER_TEMPLATE = "link.ld.in"

# What a core has, and the macro by which a compiler says that it knows.
_FEATURE_CHECK = """\
#ifndef {macro}
#error This core has {what} instructions, but the compiler was not told so: check its -mcpu.
#endif
"""


@dataclass(frozen=True)
class Identity:
    """What a device says of itself. `model_rows`, `clip_samples`: of the model's clip length;
    `run_budget_ms`: the longest that a second of audio may take."""

    board: str
    clock_hz: int
    model_rows: int
    clip_samples: int
    run_budget_ms: int
    classes: tuple[str, ...]


def render_config(
    board: Board, arena_bytes: int, kept_samples: int, with_microphone: bool = False
) -> str:
    """Return sn_config.h; `kept_samples` is 0 for front-ends that keep no clip.

    `with_microphone`: the firmware listens to the board's microphone, if it has one.
    """
    core = board.target
    checks = ""
    if core.has_dsp:
        checks += _FEATURE_CHECK.format(macro="__ARM_FEATURE_DSP", what="DSP")
    if core.has_mve:
        checks += _FEATURE_CHECK.format(macro="__ARM_FEATURE_MVE", what="Helium")
    lines = [
        f"#define SN_ARENA_BYTES {arena_bytes}u",
        f"#define SN_CLIP_SAMPLES {kept_samples}",
        f"#define SN_CORE_CLOCK_HZ {board.clock_hz}u",
        f"#define SN_LINK_BAUD {board.link.baud}",
    ]
    for name, pin in (("RX", board.link.rx), ("TX", board.link.tx)):
        if pin is not None:
            port, number = pin_number(pin)
            lines += [
                f"#define SN_LINK_{name}_PORT {port}u",
                f"#define SN_LINK_{name}_PIN {number}u",
            ]
    if board.oscillator is not None:
        lines += [
            f"#define SN_OSCILLATOR_HZ {board.oscillator.hz}u",
            f"#define SN_OSCILLATOR_IS_SIGNAL {int(board.oscillator.kind == 'signal')}",
        ]
    if board.peripherals is not None:
        lines += [
            f"#define SN_UART_BASE 0x{board.peripherals.uart:08X}u",
            f"#define SN_UART_CLOCK_HZ {board.peripherals.uart_clock_hz}u",
            f"#define SN_COUNTER_ADDRESS 0x{board.peripherals.counter:08X}u",
            f"#define SN_COUNTER_HZ {board.peripherals.counter_hz}u",
        ]
    lines += _microphone_lines(board.microphone if with_microphone else None)
    defines = "\n".join(lines)
    return (
        f"// Generated: memory and link of {board.name}.\n"
        "#ifndef SN_CONFIG_H\n#define SN_CONFIG_H\n\n"
        '#include "sn_status.h"\n\n'
        f"{abi_lock()}\n{checks}\n"
        f"{defines}\n\n#endif\n"
    )


def _microphone_lines(microphone: Microphone | None) -> list[str]:
    if microphone is None:
        return ["#define SN_MICROPHONE 0"]
    lines = ["#define SN_MICROPHONE 1", f"#define SN_MICROPHONE_GAIN_DB {microphone.gain_db}"]
    pins = {"CLOCK": microphone.clock, "DATA": microphone.data, "POWER": microphone.power}
    for name, pin in pins.items():
        if pin is not None:
            port, number = pin_number(pin)
            lines += [
                f"#define SN_MICROPHONE_{name}_PORT {port}u",
                f"#define SN_MICROPHONE_{name}_PIN {number}u",
            ]
    return lines


def render_identity(identity: Identity, build_id: str) -> str:
    """Return sn_identity.c; `build_id` is 64 hexadecimal digits."""
    classes = "".join(f"    {c_string(label)},\n" for label in identity.classes)
    octets = [f"0x{byte:02x}" for byte in bytes.fromhex(build_id)]
    id_rows = "".join(f"        {', '.join(octets[at : at + 8])},\n" for at in range(0, 32, 8))
    return (
        "// Generated: who this firmware is.\n"
        '#include "sn_generated.h"\n\n'
        f"{abi_lock()}\n"
        f"static const char *const classes[{len(identity.classes)}] = {{\n{classes}}};\n\n"
        "const sn_identity sn_generated_identity = {\n"
        f"    {{\n{id_rows}    }},\n"
        f"    {c_string(identity.board)},\n"
        f"    {identity.clock_hz}u,\n"
        f"    {identity.model_rows}u,\n"
        f"    {identity.clip_samples}u,\n"
        f"    {identity.run_budget_ms}u,\n"
        f"    {len(identity.classes)}u,\n"
        "    classes,\n};\n"
    )


def c_string(text: str) -> str:
    """Return `text` as a C string literal of UTF-8 bytes."""
    parts = []
    for byte in text.encode():
        plain = 32 <= byte < 127 and byte not in b'"\\?'
        parts.append(chr(byte) if plain else f"\\{byte:03o}")
    return f'"{"".join(parts)}"'


def render_linker_script(board: Board) -> str:
    """Return the linker script of `board`, which must have a memory of its own."""
    memory = board.memory
    assert memory is not None
    template = assets.ports_dir() / SHARED_PORT / _LINKER_TEMPLATE
    return Template(template.read_text(encoding="utf-8")).substitute(
        board=board.name,
        **_boot2_texts(memory.boot2),
        flash_origin=f"0x{memory.flash.origin:08X}",
        flash_length=f"0x{memory.flash.length:08X}",
        ram_origin=f"0x{memory.ram.origin:08X}",
        ram_length=f"0x{memory.ram.length:08X}",
        stack_bytes=memory.ram.stack,
    )


def _boot2_texts(region: Boot2Region | None) -> dict[str, str]:
    if region is None:
        return {"boot2_memory": "", "boot2_section": ""}
    memory = f"BOOT2 (rx) : ORIGIN = 0x{region.origin:08X}, LENGTH = 0x{region.length:08X}"
    section = ".boot2 :\n    {\n        KEEP(*(.boot2))\n    } > BOOT2"
    return {"boot2_memory": f"    {memory}\n", "boot2_section": f"    {section}\n\n"}

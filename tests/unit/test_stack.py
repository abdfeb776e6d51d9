"""The stack report: frames, chains, pointers, and the two things that have no bound."""

import importlib.util
import shutil
from pathlib import Path

import pytest

from sernet_cal.errors import ToolchainError
from sernet_gen.elf import Image, flash_image, read_image, symbol_map
from sernet_gen.stack import EXCEPTION_FRAME_BYTES, read_frames, worst_stack
from sernet_gen.thumb import decode
from sernet_gen.toolchain import ARM_GCC, find_toolchain

TOOLCHAINS = [
    pytest.param(
        "gcc", marks=pytest.mark.skipif(not shutil.which(ARM_GCC), reason=f"needs {ARM_GCC}")
    ),
    pytest.param(
        "zig",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("ziglang") is None, reason="needs the Python package ziglang"
        ),
    ),
]
HEAD = """
#define KEEP __attribute__((noinline, used))
typedef unsigned char byte;
static volatile byte sink;
#define USE(n) byte room[n]; for (int i = 0; i < n; i++) { ((volatile byte *)room)[i] = sink; }
"""


def linked(source: str, folder: Path, word: str) -> Image:
    """Compile and link `source`, whose entry is sn_start."""
    (folder / "x.c").write_text(HEAD + source)
    compiler = find_toolchain("cortex-m4f", word)
    flags = ["-O2", "-ffreestanding", "-fomit-frame-pointer", "-fno-optimize-sibling-calls"]
    if word == "gcc":
        flags.append("-fstack-usage")
    else:
        flags += ["-fno-sanitize=undefined", "-fno-stack-protector"]
    compiler.run([*flags, "-g0", "-c", "x.c", "-o", "x.o"], "compile", cwd=folder)
    libraries = ["-nodefaultlibs", "-lgcc"] if word == "gcc" else []
    link = ["-nostartfiles", "-Wl,--entry=sn_start", "x.o", "-o", "x.elf"]
    compiler.run([*link, *libraries], "link", cwd=folder)
    return read_image(folder / "x.elf")


CHAIN = """
KEEP static void leaf(void) { USE(200) }
KEEP static void shallow(void) { USE(40) }
KEEP static void middle(void) { USE(100) leaf(); sink = room[3]; }
void sn_start(void);
void sn_start(void) { shallow(); middle(); shallow(); }
"""


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_the_deepest_chain_is_found(word: str, tmp_path: Path) -> None:
    use = worst_stack(linked(CHAIN, tmp_path, word), {})
    assert [name for name, _ in use.chain] == ["sn_start", "middle", "leaf"]
    assert 300 <= sum(size for _, size in use.chain) <= 360
    assert use.total_bytes == sum(size for _, size in use.chain) + EXCEPTION_FRAME_BYTES


@pytest.mark.skipif(not shutil.which(ARM_GCC), reason=f"needs {ARM_GCC}")
def test_frames_read_from_code_are_those_that_gcc_tells(tmp_path: Path) -> None:
    source = CHAIN + "float scale(float x);\nfloat scale(float x) { middle(); return x * 2.0f; }\n"
    image = linked(source, tmp_path, "gcc")
    told = read_frames(tmp_path)
    assert len(told) == 5
    for name, size in told.items():
        assert dict(worst_stack(image, {}, entry=name).chain)[name] == size


ASSEMBLY = """
__attribute__((naked, noinline, used)) static void summed(void) {
    __asm__("push {r4-r11, lr}\\n\\tpop {r4-r11, pc}");
}
void sn_start(void);
void sn_start(void) { summed(); sink = 1; }
"""


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_pushes_of_a_function_of_assembly_alone_count(word: str, tmp_path: Path) -> None:
    image = linked(ASSEMBLY, tmp_path, word)
    use = worst_stack(image, read_frames(tmp_path))
    assert use.chain[-1] == ("summed", 36)


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_the_compilers_frames_come_first(word: str, tmp_path: Path) -> None:
    use = worst_stack(linked(CHAIN, tmp_path, word), {"shallow": 5000})
    assert use.chain[1] == ("shallow", 5000)


POINTER = """
typedef void (*action)(void);
KEEP static void deep(void) { USE(300) }
KEEP static void flat(void) { USE(8) }
KEEP static void never_taken(void) { USE(900) }
static const action actions[2] = {deep, flat};
KEEP static void call(action run) { run(); sink = 1; }
void sn_start(void);
void sn_start(void) { call(actions[sink & 1]); }
"""


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_a_call_through_a_pointer_may_reach_what_has_an_address(word: str, tmp_path: Path) -> None:
    use = worst_stack(linked(POINTER, tmp_path, word), {})
    names = [name for name, _ in use.chain]
    assert names[0] == "sn_start"
    assert names[-1] == "deep"
    assert use.total_bytes < 600


PASSED = """
typedef void (*action)(void);
KEEP static void deep(void) { USE(300) }
KEEP static void call(action run) { USE(16) run(); sink = room[1]; }
void sn_start(void);
void sn_start(void) { call(deep); }
"""


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_an_address_in_a_register_counts_as_taken(word: str, tmp_path: Path) -> None:
    assert worst_stack(linked(PASSED, tmp_path, word), {}).chain[-1][0] == "deep"


BACK = """
typedef void (*action)(void);
static void sees(void);
KEEP static void call(action run) { USE(64) run(); sink = room[1]; }
KEEP static void sees(void) { USE(32) if (sink) { call(sees); } sink = room[2]; }
void sn_start(void);
void sn_start(void) { call(sees); }
"""


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_a_loop_through_a_pointer_is_followed_once(word: str, tmp_path: Path) -> None:
    use = worst_stack(linked(BACK, tmp_path, word), {})
    assert [name for name, _ in use.chain] == ["sn_start", "call", "sees"]


RECURSION = """
KEEP static int odd(int n);
KEEP static int even(int n) { USE(16) return n == 0 ? room[0] : odd(n - 1) + 1; }
KEEP static int odd(int n) { USE(16) return n == 0 ? room[0] : even(n - 1) + 2; }
void sn_start(void);
void sn_start(void) { sink = (byte)even(sink); }
"""


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_recursion_is_an_error(word: str, tmp_path: Path) -> None:
    with pytest.raises(ToolchainError) as error:
        worst_stack(linked(RECURSION, tmp_path, word), {})
    assert error.value.message in (
        "The firmware recurses, so its stack has no bound: even -> odd -> even.",
        "The firmware recurses, so its stack has no bound: odd -> even -> odd.",
    )


GROWING = """
KEEP static int grow(int n) { byte room[n]; for (int i = 0; i < n; i++) {
    ((volatile byte *)room)[i] = sink; } return room[n / 2]; }
void sn_start(void);
void sn_start(void) { sink = (byte)grow(sink); }
"""


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_a_frame_without_a_size_is_an_error(word: str, tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match=r"The stack of grow has no fixed size\."):
        worst_stack(linked(GROWING, tmp_path, word), {})


def test_a_frame_that_gcc_calls_dynamic_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.su").write_text("a/x.c:3:5:fine\t24\tstatic\na/x.c:9:5:grow\t8\tdynamic\n")
    with pytest.raises(ToolchainError, match=r"The stack of grow has no fixed size \(dynamic\)\."):
        read_frames(tmp_path)


def test_equal_names_keep_the_larger_frame(tmp_path: Path) -> None:
    (tmp_path / "a.su").write_text("a.c:3:5:send\t24\tstatic\n")
    (tmp_path / "b.su").write_text("b.c:3:5:send\t64\tdynamic,bounded\n")
    assert read_frames(tmp_path) == {"send": 64}


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_an_image_without_its_entry_is_an_error(word: str, tmp_path: Path) -> None:
    image = linked(CHAIN, tmp_path, word)
    with pytest.raises(ToolchainError, match=r"The image has no function sn_begin\."):
        worst_stack(image, {}, entry="sn_begin")


INSTRUCTIONS = {
    "push {r4, lr}": (0xB510, 0, 8),
    "sub sp, #16": (0xB084, 0, 16),
    "push.w {r4-r8, lr}": (0xE92D, 0x41F0, 24),
    "str r8, [sp, #-4]!": (0xF84D, 0x8D04, 4),
    "strd r4, r5, [sp, #-16]!": (0xE96D, 0x4504, 16),
    "vpush {d8, d9}": (0xED2D, 0x8B04, 16),
    "vpush {s16}": (0xED2D, 0x8A01, 4),
    "sub.w sp, sp, #1024": (0xF5AD, 0x6D80, 1024),
    "subw sp, sp, #1028": (0xF2AD, 0x4D04, 1028),
    "add sp, #16": (0xB004, 0, 0),
    "nop": (0xBF00, 0, 0),
}


@pytest.mark.parametrize("text", INSTRUCTIONS)
def test_what_an_instruction_pushes(text: str) -> None:
    first, second, growth = INSTRUCTIONS[text]
    step = decode(first, second, 0x1000)
    assert (step.growth, step.target, step.indirect) == (growth, None, False)


@pytest.mark.parametrize(
    ("first", "second", "target"),
    [
        (0xF000, 0xF802, 0x1008),  # bl
        (0xF7FF, 0xFFFE, 0x1000),  # bl to itself
        (0xF000, 0xB802, 0x1008),  # b.w
        (0xF000, 0x8002, 0x1008),  # beq.w
        (0xE002, 0x0000, 0x1008),  # b
        (0xD0FE, 0x0000, 0x1000),  # beq to itself
    ],
)
def test_where_an_instruction_branches(first: int, second: int, target: int) -> None:
    assert decode(first, second, 0x1000).target == target


def test_registers_as_targets() -> None:
    assert decode(0x4798, 0, 0).indirect  # blx r3
    assert decode(0x4718, 0, 0).indirect  # bx r3
    assert not decode(0x4770, 0, 0).indirect  # bx lr
    assert decode(0xEBAD, 0x0D03, 0).unbounded  # sub.w sp, sp, r3
    assert decode(0x44A5, 0x0000, 0).unbounded  # add sp, r4


def test_copies_of_the_stack_pointer() -> None:
    """As clang aligns the stack for vectors of 16 bytes, and goes back."""
    assert decode(0x466C, 0, 0).frame_copy == (4, 0)  # mov r4, sp
    assert decode(0x46E9, 0, 0).frame_copy == (9, 0)  # mov r9, sp
    assert decode(0xF36F, 0x0403, 0).frame_copy == (4, 12)  # bfc r4, #0, #4
    assert decode(0xF36F, 0x1403, 0).frame_copy is None  # bfc r4, #4, ...
    assert decode(0xF1A7, 0x0450, 0).frame_copy == (4, 0)  # sub.w r4, r7, #80
    assert decode(0x46A5, 0, 0).stack_from == 4  # mov sp, r4
    assert decode(0x46BD, 0, 0).stack_from is None  # mov sp, r7


ALIGNED = r"""
__attribute__((naked, used)) void sn_start(void) {{
    __asm volatile("push {{r4, r7, lr}}\nadd r7, sp, #4\nsub sp, #16\n{copy}\n"
                   "{align}\nmov sp, r4\nsub.w r4, r7, #4\nmov sp, r4\npop {{r4, r7, pc}}\n");
}}
"""


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_an_aligned_frame_has_a_size(word: str, tmp_path: Path) -> None:
    code = ALIGNED.format(copy="mov r4, sp", align="bfc r4, #0, #4")
    use = worst_stack(linked(code, tmp_path, word), {})
    assert use.chain == (("sn_start", 12 + 16 + 12),)


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_a_frame_of_a_registers_size_is_refused(word: str, tmp_path: Path) -> None:
    code = ALIGNED.format(copy="sub.w r4, sp, r0", align="nop")
    image = linked(code, tmp_path, word)
    with pytest.raises(ToolchainError, match=r"The stack of sn_start has no fixed size\."):
        worst_stack(image, {})


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_decoding_agrees_with_a_disassembler(word: str, tmp_path: Path) -> None:
    capstone = pytest.importorskip("capstone", reason="needs the Python package capstone")
    image = linked(CHAIN + "int d(long long a);\nint d(long long a) { return (int)(a / 7); }\n",
                   tmp_path, word)  # fmt: skip
    reader = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
    code = next(section for section in image.sections if "text" in section.name)
    checked = 0
    for line in reader.disasm(code.content, code.address):
        offset = line.address - code.address
        words = [
            int.from_bytes(code.content[offset + at : offset + at + 2], "little") for at in (0, 2)
        ]
        step = decode(words[0], words[1], line.address)
        assert step.size == line.size
        if line.mnemonic in ("bl", "b", "b.w") and line.op_str.startswith("#"):
            assert step.target == int(line.op_str[1:], 16)
            checked += 1
        if line.mnemonic.startswith(("push", "vpush")):
            registers = line.op_str.count(",") + 1
            assert step.growth == registers * (8 if "{d" in line.op_str else 4)
            checked += 1
    assert checked > 5


@pytest.mark.skipif(not shutil.which("arm-none-eabi-objcopy"), reason="needs arm-none-eabi-objcopy")
@pytest.mark.parametrize("word", TOOLCHAINS)
def test_the_flash_image_is_that_of_objcopy(word: str, tmp_path: Path) -> None:
    import subprocess

    image = linked("const byte table[5] = {1, 2, 3, 4, 5};\n" + CHAIN, tmp_path, word)
    subprocess.run(
        ["arm-none-eabi-objcopy", "-O", "binary", "x.elf", "x.bin"], cwd=tmp_path, check=True
    )
    ours, theirs = flash_image(image), (tmp_path / "x.bin").read_bytes()
    assert theirs in (ours, ours[-len(theirs) :])  # objcopy leaves the ELF header's page out


@pytest.mark.parametrize("word", TOOLCHAINS)
def test_the_map_lists_symbols_and_sections(word: str, tmp_path: Path) -> None:
    image = linked(CHAIN, tmp_path, word)
    lines = symbol_map(image).splitlines()
    assert any(line.endswith(" .text") for line in lines)
    assert any(line.endswith(" sn_start") for line in lines)

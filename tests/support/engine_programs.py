"""Compiles the engine once, links it with one network at a time, and runs the program."""

import struct
import subprocess
from pathlib import Path

import numpy as np

from sernet_cal.errors import ToolchainError
from sernet_cal.qmodel import read_qmodel
from sernet_gen.assets import runtime_dir
from sernet_gen.model_source import ROW_KERNELS, render_model
from sernet_gen.plan import plan_model
from sernet_gen.toolchain import host_compiler

SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
WARNINGS = (
    *("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Wvla"),
    *("-Wcast-qual", "-Wmissing-prototypes", "-Wdouble-promotion", "-Werror"),
)
SUPPORT = Path(__file__).parent


class EnginePrograms:
    """The engine's objects and those of a `main` program in `folder`, built with `sanitizers` where
    the compiler has them (and they are asked for), and with more `flags`."""

    def __init__(self, folder, flags=(), main=SUPPORT / "engine_program.c", is_sanitized=True):
        self.folder, self.compiler, self.flags = folder, host_compiler(), flags
        self.sanitizers = SANITIZERS if is_sanitized and self._has_sanitizers() else ()
        write_shapes(folder)
        sources = sorted((runtime_dir() / "engine").glob("*.c"))
        self._objects = [self.compile(source) for source in (*sources, main)]

    def _has_sanitizers(self):
        probe = self.folder / "probe.c"
        probe.write_text("int main(void) { return 0; }\n")
        try:
            self.compiler.run([*SANITIZERS, str(probe), "-o", str(self.folder / "probe")], "probe")
        except ToolchainError:
            return False
        return subprocess.run([self.folder / "probe"], check=False).returncode == 0

    def compile(self, source):
        """Return the object of a C source, compiled with all warnings as errors."""
        target = self.folder / f"{source.stem}.o"
        flags = (
            "-std=c99",
            "-O1",
            *WARNINGS,
            *self.sanitizers,
            *self.flags,
            f"-I{runtime_dir()}",
            f"-I{self.folder}",
        )
        self.compiler.run([*flags, "-c", str(source), "-o", str(target)], f"compile {source.name}")
        return target

    def link(self, flatbuffer, width, name="network", choices=None):
        """Return the model and the program that runs it; `choices` as for plan_model, of a
        model."""
        model = read_qmodel(flatbuffer, width)
        plan = plan_model(model, choices(model) if choices else None)
        return model, self.link_tables(render_model(model, plan), name)

    def link_tables(self, tables, name):
        """Return the program that runs the network of generated `tables`, the text of a C file."""
        data = self.folder / f"{name}_data.c"
        data.write_text(tables)
        program = self.folder / name
        objects = [str(path) for path in (self.compile(data), *self._objects)]
        self.compiler.run([*self.sanitizers, *objects, "-o", str(program)], f"link {name}")
        return program


def write_shapes(folder):
    """Write an sn_shapes.h for engines that any network may be linked with."""
    lines = (f"#define SN_HAS_{name} 1\n" for name in ROW_KERNELS)
    (folder / "sn_shapes.h").write_text("".join(lines) + "#define SN_LIVE 1\n")


def run_program(model, program, rows):
    """Return every traced tensor, shaped like run_reference's, None for one that is not made."""
    done = subprocess.run([program], input=rows.tobytes(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    found = [[] for _ in model.traced]
    at = 0
    while at < len(done.stdout):
        tensor, row, length = struct.unpack_from("=3I", done.stdout, at)
        assert row == len(found[tensor]), f"row {row} of {model.traced[tensor].name} out of order"
        found[tensor].append(np.frombuffer(done.stdout, np.int8, length, at + 12))
        at += 12 + length
    shapes = [(-1, *t.shape[1:]) if t.is_rows else t.shape for t in model.traced]
    return [
        np.concatenate(f).reshape(shape) if f else None
        for f, shape in zip(found, shapes, strict=True)
    ]


def assert_same(model, left, right, made=None):
    """Assert that two runs agree at every tensor that is `made` (else all of them), and that
    `left` has no other one."""
    expected = made or [True] * len(model.traced)
    assert [tensor is not None for tensor in left] == list(expected)
    for tensor, one, other in zip(model.traced, left, right, strict=True):
        if one is not None:
            np.testing.assert_array_equal(one, other, f"tensor {tensor.name}")

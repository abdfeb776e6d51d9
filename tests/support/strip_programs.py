"""Compiles layers and the strip kernels for this machine, and runs them on clips."""

import subprocess
from pathlib import Path

import numpy as np
from engine_programs import SANITIZERS, WARNINGS
from strip_layers import expected_rows

from sernet_gen.assets import runtime_dir
from sernet_gen.kernels import direct, first_layer, winograd
from sernet_gen.toolchain import host_compiler

SUPPORT = Path(__file__).parent
KERNELS = {"direct": direct, "first_layer": first_layer, "winograd": winograd}


def tables(model, layers):
    """Return the C of all layers' tables."""
    parts = [
        f'#include "engine/sn_{name}.h"\n' for name in sorted({x.choice.algorithm for x in layers})
    ]
    for layer in layers:
        kernel = KERNELS[layer.choice.algorithm]
        refusal = kernel.refusal(model, layer.group, layer.choice)
        assert refusal is None, refusal
        parts.append(kernel.render(model, layer.group, layer.choice, 0))
    return "".join(parts)


def shapes_header(model, layers):
    """Return sn_shapes.h for `layers`."""
    lists = {}
    for layer in layers:
        kernel = KERNELS[layer.choice.algorithm]
        for name, shape in kernel.shapes(model, layer.group, layer.choice):
            lists.setdefault(name, set()).add(shape)
    return "".join(
        f"#define {name}(X) {' '.join(f'X({shape})' for shape in sorted(lists[name]))}\n"
        for name in sorted(lists)
    )


def _case(model, layer):
    name, group, choice = layer.choice.algorithm, layer.group, layer.choice
    source, made = model.traced[group.input], model.traced[group.output]
    numbers = (
        KERNELS[name].workspace_bytes(model, group, choice),
        *(source.row_bytes, made.row_bytes, choice.rows, choice.early),
        *(layer.stride, layer.above, layer.run_window),
    )
    words = ", ".join(str(number) for number in numbers)
    return f"    {{&operator_{group.output}, run_{name}, {words}}},\n"


def case_source(model, layers):
    """Return the C file with the tables and the list of cases."""
    names = sorted({layer.choice.algorithm for layer in layers})
    runs = [
        f"static void run_{name}(const void *table, const int8_t *const *input, void *workspace,\n"
        f"                       int8_t *const *outputs) {{\n"
        f"    sn_{name}_strip(table, input, workspace, outputs);\n}}\n"
        for name in names
    ]
    cases = "".join(_case(model, layer) for layer in layers)
    return (
        tables(model, layers)
        + '#include "strip_cases.h"\n'
        + "".join(runs)
        + f"const strip_case strip_cases[] = {{\n{cases}}};\n"
    )


def case_sources(folder, model, layers):
    """Write sn_shapes.h into `folder`; return the C sources of the kernels that `layers` take."""
    (folder / "sn_shapes.h").write_text(shapes_header(model, layers))
    engine = runtime_dir() / "engine"
    names = sorted({layer.choice.algorithm for layer in layers})
    return [path for name in names for path in sorted(engine.glob(f"sn_{name}*.c"))]


def build_program(folder, model, layers, flags=("-O1", *SANITIZERS)):
    """Return the program that runs `layers`."""
    (folder / "cases.c").write_text(case_source(model, layers))
    sources = [*case_sources(folder, model, layers), SUPPORT / "strip_program.c"]
    program = folder / "strips"
    words = [str(path) for path in (*sources, folder / "cases.c")]
    includes = [f"-I{path}" for path in (runtime_dir(), SUPPORT, folder)]
    host_compiler().run(
        ["-std=c99", *WARNINGS, *flags, *includes, *words, "-o", str(program)], "build strips"
    )
    return program


def run_layer(program, model, layers, layer, values):
    """Return what the program makes of a clip, int8 [rows, width * channels]."""
    output_rows = -(-len(values) // layer.stride)
    words = [program, str(layers.index(layer)), str(len(values)), str(output_rows)]
    done = subprocess.run(words, input=values.tobytes(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return np.frombuffer(done.stdout, np.int8).reshape(output_rows, -1)


def assert_exact(program, model, layers, layer, values):
    """Assert that the program and the reference agree on a clip."""
    found = run_layer(program, model, layers, layer, values)
    np.testing.assert_array_equal(found, expected_rows(model, layer, values))

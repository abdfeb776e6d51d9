"""Links the engine with one network at a time, planned for streams, and runs them."""

import subprocess

import numpy as np
from engine_programs import SUPPORT, EnginePrograms

from sernet_cal.qmodel import read_qmodel
from sernet_gen.model_source import render_model
from sernet_gen.plan import plan_model


class LivePrograms(EnginePrograms):
    """As EnginePrograms, with a main program for a stream without an end."""

    def __init__(self, folder, flags=(), is_sanitized=True):
        super().__init__(folder, flags, SUPPORT / "live_program.c", is_sanitized)

    def link_live(self, flatbuffer, width, name="network", choices=None):
        """Return the model and the program that runs it; `choices` as for plan_model, of a
        model."""
        model = read_qmodel(flatbuffer, width)
        plan = plan_model(model, choices(model) if choices else None, live=True)
        rows = model.input.shape[0]
        declared = "extern const uint32_t live_model_rows;\n"
        tables = (
            f"{render_model(model, plan)}\n{declared}const uint32_t live_model_rows = {rows};\n"
        )
        return model, self.link_tables(tables, name)


def run_stream(model, program, rows):
    """Return the answers to `rows`, int8 [answers, classes]."""
    done = subprocess.run([program], input=rows.tobytes(), capture_output=True, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr.decode(errors="replace"))
    return _parse(model, done.stdout)[1]


def run_made_up(model, program, seed, passed, shown):
    """Return the last `shown` rows that the program made itself, after `passed` others, and the
    answers while it did: int8 [shown, width] and [answers, classes]."""
    words = [str(program), str(seed), str(passed), str(shown)]
    done = subprocess.run(words, capture_output=True, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr.decode(errors="replace"))
    return _parse(model, done.stdout)


def _parse(model, output):
    found = {b"R": [], b"A": []}
    sizes = {b"R": model.input.row_bytes, b"A": model.classes}
    at = 0
    while at < len(output):
        kind = output[at : at + 1]
        found[kind].append(np.frombuffer(output, np.int8, sizes[kind], at + 1))
        at += 1 + sizes[kind]
    return tuple(np.array(found[kind], np.int8).reshape(-1, sizes[kind]) for kind in (b"R", b"A"))

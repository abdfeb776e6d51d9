"""The front-end's C against its numpy twin, byte for byte, and its refusals."""

import ctypes
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sernet_cal import features
from sernet_cal.errors import ToolchainError
from sernet_cal.features import COEFFICIENTS, FrontEnd, paper_front_end
from sernet_cal.mfcc import IntegerFrontEnd
from sernet_edge.audio.load import read_samples
from sernet_edge.audio.synthetic import synthetic_clips
from sernet_gen.assets import runtime_dir
from sernet_gen.frontend_source import FILE_NAME, render_frontend
from sernet_gen.toolchain import find_toolchain, host_compiler

MODEL_SAMPLES = 48_000
DATASETS = Path(os.environ.get("SERNET_DATASETS", runtime_dir().parents[2] / "shared" / "datasets"))
OK, ARGUMENT, STATE, MEMORY = range(4)
SINK_ERROR = 4
WARNINGS = [
    *("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Wvla"),
    *("-Wcast-qual", "-Wmissing-prototypes", "-Wdouble-promotion", "-Werror"),
]
SINK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int8))


def front_end_of(form, window):
    if form == "paper":
        return paper_front_end(window)
    mean = (-80.0, *np.linspace(6.0, 0.0, COEFFICIENTS - 1))
    deviation = (22.0, *np.linspace(7.0, 0.9, COEFFICIENTS - 1))
    return FrontEnd("stream", window, mean, deviation, 4.0)


def sources(folder, front_end):
    """Write the generated constants into `folder`; return all C files and the include folders."""
    generated = folder / FILE_NAME
    generated.write_text(render_frontend(front_end, 2 * front_end.clip / 255, -1))
    return [*sorted((runtime_dir() / "frontend").glob("*.c")), generated], [runtime_dir()]


class Library:
    """The compiled front-end with the twin that judges it."""

    def __init__(self, folder, front_end):
        self.twin = IntegerFrontEnd(front_end, 2 * front_end.clip / 255, -1)
        path = folder / "frontend.so"
        host_compiler().compile_shared(*sources(folder, front_end), path, ["-O2", *WARNINGS])
        self.c = ctypes.CDLL(str(path))
        self.constants = ctypes.byref(ctypes.c_char.in_dll(self.c, "sn_generated_frontend"))
        self.state = ctypes.create_string_buffer(8_192)
        self.work = ctypes.create_string_buffer(8_192)
        self.rows = []
        self.sink = SINK(self._take)
        self.sink_status = OK

    def _take(self, _context, row):
        self.rows.append(row[:COEFFICIENTS])
        ctypes.memset(self.work, 0x5A, len(self.work))  # between rows it is others'
        return self.sink_status

    def begin(self, total, model_samples=MODEL_SAMPLES, model_rows=None, keeps=True):
        self.rows.clear()
        self.sink_status = OK
        self.kept = (ctypes.c_int16 * model_samples)() if keeps else None
        rows = features.frame_count(model_samples) if model_rows is None else model_rows
        return self.c.sn_features_begin(
            self.state, self.constants, self.work, self.kept, model_samples, rows, total
        )

    def push(self, samples):
        block = np.ascontiguousarray(samples, np.int16)
        pointer = block.ctypes.data_as(ctypes.c_void_p)
        return self.c.sn_features_push(self.state, pointer, len(block), self.sink, None)

    def finish(self):
        return self.c.sn_features_finish(self.state, self.sink, None)

    def run(self, samples, block=1000, model_samples=MODEL_SAMPLES):
        assert self.begin(len(samples), model_samples) == OK
        for start in range(0, len(samples), block):
            assert self.push(samples[start : start + block]) == OK
        assert self.finish() == OK
        return np.array(self.rows, np.int8).reshape(-1, COEFFICIENTS)

    def check(self, samples, **options):
        model_samples = options.get("model_samples", MODEL_SAMPLES)
        expected = self.twin.clip_rows(samples, model_samples)
        np.testing.assert_array_equal(self.run(samples, **options), expected)


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    """Return a function that compiles the library of a form and window once."""
    made = {}

    def library(form, window="hann"):
        if (form, window) not in made:
            folder = tmp_path_factory.mktemp(f"{form}-{window}")
            made[form, window] = Library(folder, front_end_of(form, window))
        return made[form, window]

    return library


@pytest.fixture(params=["stream", "paper"])
def library(request, libraries):
    return libraries(request.param)


def extremes():
    """Return clips at the edges of what int16 samples can be, by name."""
    rng = np.random.default_rng(11)
    time = np.arange(20_000)
    impulse = np.zeros(20_000)
    impulse[7000] = 32767
    edge = np.zeros(1024)
    edge[1] = 1
    return {
        "silence": np.zeros(20_000),
        "square": np.where(time // 40 % 2, 32767, -32768),
        "constant": np.full(20_000, 12_345),
        "most-negative": np.full(20_000, -32768),
        "impulse": impulse,
        "one-bit-noise": rng.integers(-1, 2, 20_000),
        "full-scale-noise": rng.integers(-32768, 32768, 20_000),
        "fast-square": np.where(time % 2, 32767, -32768),
        "one-bit-at-the-edge": edge,
        "negative-peaks": np.where(time % 500 == 0, -32768, rng.integers(-300, 300, 20_000)),
        "half-scale-peaks": np.where(time % 500 == 0, 32767, rng.integers(-16384, 16385, 20_000)),
        "ramp": time % 65536 - 32768,
        "shortest": rng.integers(-9000, 9000, 1024),
        "longer-than-the-model": rng.integers(-9000, 9000, 61_001),
    }


@pytest.mark.parametrize("name", extremes())
@pytest.mark.parametrize("window", ["hann", "hamming"])
@pytest.mark.parametrize("form", ["stream", "paper"])
def test_extremes_are_byte_equal(libraries, form, window, name):
    libraries(form, window).check(extremes()[name].astype(np.int16))


@pytest.mark.parametrize("clip", synthetic_clips(), ids=lambda clip: clip.name)
def test_speech_like_clips_are_byte_equal(library, clip):
    library.check(clip.samples)


@pytest.mark.parametrize("block", [1, 2, 3, 255, 256, 257, 511, 1023, 1024, 1025, 4096, 10**6])
def test_blocks_may_have_any_size(library, block):
    samples = synthetic_clips()[9].samples[:6000]
    library.check(samples, block=block, model_samples=8000)


@pytest.mark.parametrize("model_samples", [1024, 1279, 1280, 5000, 16_000, 112_000])
def test_model_may_have_any_length(library, model_samples):
    library.check(synthetic_clips()[10].samples[:9001], model_samples=model_samples)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    total=st.integers(1024, 6000),
    amplitude=st.integers(0, 32767),
    block=st.integers(1, 7000),
    sparse=st.integers(1, 3000),
    form=st.sampled_from(["stream", "paper"]),
)
def test_any_clip_is_byte_equal(libraries, seed, total, amplitude, block, sparse, form):
    rng = np.random.default_rng(seed)
    samples = rng.integers(-amplitude - 1, amplitude + 1, total)
    samples[rng.integers(0, sparse, total) > 0] //= sparse
    libraries(form).check(samples.astype(np.int16), block=block, model_samples=4096)


def test_emodb_clips_are_byte_equal(library):
    folder = DATASETS / "emodb" / "audio"
    paths = sorted(folder.glob("*.flac"))[::60]
    if not paths:
        pytest.skip(f"the corpus EMO-DB is not at {folder}")
    for path in paths:
        library.check(read_samples(path))


def test_clip_or_model_shorter_than_a_frame_is_refused(library):
    assert library.begin(1024, model_rows=0) == ARGUMENT
    assert library.begin(1023) == ARGUMENT
    assert library.push(np.zeros(1)) == STATE


def test_more_samples_than_announced_are_refused_and_none_is_taken(library):
    assert library.begin(1500) == OK
    assert library.push(np.zeros(1000)) == OK
    assert library.push(np.zeros(501)) == ARGUMENT
    assert library.push(np.zeros(500)) == OK
    assert library.finish() == OK


def test_finish_waits_for_missing_samples(library):
    assert library.begin(1500) == OK
    assert library.push(np.zeros(1499)) == OK
    assert library.finish() == STATE
    assert library.push(np.zeros(1)) == OK
    assert library.finish() == OK
    assert library.finish() == STATE


def test_error_of_the_sink_ends_the_clip(library):
    assert library.begin(1024, model_samples=1024) == OK
    library.sink_status = SINK_ERROR
    status = library.push(np.zeros(1024))
    assert (library.finish() if status == OK else status) == SINK_ERROR
    assert library.finish() == STATE
    assert len(library.rows) == 1


def test_paper_form_needs_memory_of_the_models_length(libraries):
    library = libraries("paper")
    assert library.begin(1500, keeps=False) == MEMORY
    assert library.begin(1500, model_samples=5000, model_rows=17) == MEMORY
    assert library.begin(1500, model_samples=5000, model_rows=15) == ARGUMENT


def test_stream_form_needs_no_kept_clip(libraries):
    assert libraries("stream").begin(1500, keeps=False) == OK


@pytest.mark.parametrize("form", ["stream", "paper"])
def test_sanitisers_find_nothing(tmp_path, form):
    front_end = front_end_of(form, "hann")
    program = tmp_path / "driver"
    files, folders = sources(tmp_path, front_end)
    words = [str(path) for path in [*files, Path(__file__).parent / "frontend_driver.c"]]
    flags = ["-std=c99", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    try:
        host_compiler().run([*flags, *WARNINGS, f"-I{folders[0]}", *words, "-o", str(program)], "x")
    except ToolchainError:
        pytest.skip(f"{host_compiler().title} has no address sanitiser")
    twin = IntegerFrontEnd(front_end, 2 * front_end.clip / 255, -1)
    for name, values in extremes().items():
        samples = values.astype("<i2")
        head = np.array([len(samples), 333, 31, 8704], "<u4").tobytes()
        done = subprocess.run([program], input=head + samples.tobytes(), capture_output=True)
        assert done.returncode == 0, f"{name}: {done.stderr.decode()}"
        rows = np.frombuffer(done.stdout, np.int8).reshape(-1, COEFFICIENTS)
        np.testing.assert_array_equal(rows, twin.clip_rows(samples, 8704), err_msg=name)


@pytest.mark.parametrize("toolchain", ["gcc", "zig"])
def test_compiles_without_a_warning_for_the_cortex_m4(tmp_path, toolchain):
    try:
        compiler = find_toolchain("cortex-m4f", toolchain)
    except ToolchainError as error:
        pytest.skip(error.message)
    files, folders = sources(tmp_path, front_end_of("paper", "hamming"))
    for path in files:
        flags = ["-std=c99", "-O2", "-ffreestanding", "-Wstack-usage=256"]
        if compiler.family != "gcc":
            flags.pop()
        words = [*flags, *WARNINGS, f"-I{folders[0]}", "-c", str(path)]
        compiler.run([*words, "-o", str(tmp_path / "out.o")], f"compile {path.name}")


def test_generated_file_is_locked_to_its_runtime_and_reproducible(tmp_path):
    front_end = front_end_of("stream", "hann")
    text = render_frontend(front_end, 8 / 255, -1)
    assert text == render_frontend(front_end, 8 / 255, -1)
    assert "#if SN_RUNTIME_ABI != 2\n#error Generated for another runtime" in text
    assert max(len(line) for line in text.splitlines()) <= 100
    path = tmp_path / FILE_NAME
    path.write_text(text.replace("SN_RUNTIME_ABI != 2", "SN_RUNTIME_ABI != 3"))
    words = [f"-I{runtime_dir()}", "-c", str(path), "-o", str(tmp_path / "out.o")]
    with pytest.raises(ToolchainError, match="Generated for another runtime"):
        host_compiler().run(words, "compile the constants")

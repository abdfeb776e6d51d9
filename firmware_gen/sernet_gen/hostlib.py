"""The firmware's C as a shared library of this machine, for comparisons byte for byte."""

import ctypes
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sernet_cal import features
from sernet_cal.errors import InputError, SernetError
from sernet_cal.features import FrontEnd
from sernet_cal.qmodel_types import QModel
from sernet_cal.reference import check_rows
from sernet_gen.assets import ports_dir, runtime_dir
from sernet_gen.choices import Choices
from sernet_gen.frontend_source import render_frontend
from sernet_gen.model_source import render_model, render_shapes
from sernet_gen.plan import Plan, plan_model
from sernet_gen.toolchain import host_compiler

Int8Array = npt.NDArray[np.int8]
Samples = npt.NDArray[np.int16]

FLAGS = ("-O3",)
_STATUS_NAMES = {
    1: "a value that it does not take",
    2: "a call out of order",
    3: "too little memory",
    4: "inconsistent tables",
}


class _Capture(ctypes.Structure):
    _fields_ = (
        ("bytes", ctypes.c_void_p),
        ("capacity", ctypes.c_uint32),
        ("used", ctypes.c_uint32),
    )


class _Run(ctypes.Structure):
    _fields_ = (
        ("captures", ctypes.POINTER(_Capture)),
        ("arena", ctypes.c_void_p),
        ("arena_bytes", ctypes.c_uint32),
        ("missed", ctypes.c_uint32),
    )


class _Clip(ctypes.Structure):
    _fields_ = (
        ("samples", ctypes.c_void_p),
        ("count", ctypes.c_uint32),
        ("model_rows", ctypes.c_uint32),
        ("kept_clip", ctypes.c_void_p),
        ("kept_capacity", ctypes.c_uint32),
    )


@dataclass(frozen=True)
class ClipShape:
    """What the front-end must know beside a clip: its form and the model's clip length."""

    front_end: FrontEnd
    model_samples: int

    @property
    def model_rows(self) -> int:
        """Feature rows of the model's clip length."""
        return features.frame_count(self.model_samples)

    def rows_of(self, sample_count: int) -> int:
        """Return the feature rows that a clip of `sample_count` samples gives."""
        if self.front_end.keeps_clip:
            return self.model_rows
        return features.stream_canvas(sample_count, self.model_rows).rows


class HostLibrary:
    """A loaded library; made by `host_library`, valid inside its `with`; threads may share it."""

    def __init__(self, path: Path, model: QModel, plan: Plan) -> None:
        self._library = ctypes.CDLL(str(path))
        self._model, self._made = model, plan.made
        self._arena = np.zeros(plan.arena_bytes // 8, np.uint64)

    def run_rows(self, rows: Int8Array) -> list[Int8Array | None]:
        """Return every traced tensor for feature rows, int8 [rows, width], like run_reference;
        None for one that is not made, because it is inside a group."""
        check_rows(self._model, rows)
        contiguous = np.ascontiguousarray(rows)
        tensors = self._empty_tensors(len(contiguous))
        run = self._run(tensors)
        status = self._library.sn_host_run_rows(
            ctypes.byref(run), _address(contiguous), ctypes.c_uint32(len(contiguous))
        )
        self._check(status, run)
        return self._only_made(tensors)

    def score_rows(self, rows: Int8Array) -> Int8Array:
        """Return the scores, int8 [classes], looking at nothing else: what a board does."""
        check_rows(self._model, rows)
        contiguous = np.ascontiguousarray(rows)
        scores = np.zeros(self._model.classes, np.int8)
        run = self._run([])
        status = self._library.sn_host_score_rows(
            ctypes.byref(run), _address(contiguous), ctypes.c_uint32(len(contiguous)),
            _address(scores),
        )  # fmt: skip
        self._check(status, run)
        return scores

    def features(self, samples: Samples, shape: ClipShape) -> Int8Array:
        """Return the feature rows of a clip, int8 [rows, 40]."""
        rows = np.zeros((shape.rows_of(len(samples)), features.COEFFICIENTS), np.int8)
        clip, _kept = _clip(samples, shape)
        capture = _Capture(rows.ctypes.data, rows.size, 0)
        status = self._library.sn_host_features(ctypes.byref(clip), ctypes.byref(capture))
        self._check(status)
        if capture.used != rows.size:
            raise SernetError(
                f"The C front-end made {capture.used // features.COEFFICIENTS} rows "
                f"instead of {len(rows)}."
            )
        return rows

    def run(self, samples: Samples, shape: ClipShape) -> list[Int8Array | None]:
        """Return every traced tensor for a clip, as `run_rows` does, through sn_classifier."""
        tensors = self._empty_tensors(shape.rows_of(len(samples)))
        self._classify(samples, shape, tensors)
        return self._only_made(tensors)

    def score(self, samples: Samples, shape: ClipShape) -> Int8Array:
        """Return the scores of a clip, int8 [classes], as a board computes them."""
        return self._classify(samples, shape, [])

    def _classify(self, samples: Samples, shape: ClipShape, tensors: list[Int8Array]) -> Int8Array:
        clip, _kept = _clip(samples, shape)
        run = self._run(tensors)
        scores = np.zeros(self._model.classes, np.int8)
        status = self._library.sn_host_run_samples(
            ctypes.byref(run), ctypes.byref(clip), _address(scores), ctypes.c_int(bool(tensors))
        )
        self._check(status, run)
        return scores

    def _empty_tensors(self, rows: int) -> list[Int8Array]:
        return [
            np.zeros(
                (-(-rows // tensor.period), *tensor.shape[1:]) if tensor.is_rows else tensor.shape,
                np.int8,
            )
            for tensor in self._model.traced
        ]

    def _only_made(self, tensors: list[Int8Array]) -> list[Int8Array | None]:
        return [t if made else None for t, made in zip(tensors, self._made, strict=True)]

    def _run(self, tensors: Sequence[Int8Array]) -> _Run:
        captures = (_Capture * len(tensors))(
            *(_Capture(tensor.ctypes.data, tensor.size, 0) for tensor in tensors)
        )
        arena = np.zeros_like(self._arena)
        run = _Run(captures, arena.ctypes.data, arena.nbytes, 0)
        run.kept_alive = arena
        return run

    def _check(self, status: int, run: _Run | None = None) -> None:
        if status != 0:
            reason = _STATUS_NAMES.get(status, "?")
            raise InputError(f"The C runtime answers with status {status}: {reason}.")
        if run is not None and run.missed:
            raise SernetError(f"The C engine made {run.missed} rows out of order or too many.")


def _address(array: npt.NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _clip(samples: Samples, shape: ClipShape) -> tuple[_Clip, tuple[Samples, Samples]]:
    """Return the C structure of a clip, and the arrays that must outlive it."""
    contiguous = np.ascontiguousarray(samples, np.int16)
    kept = np.zeros(shape.model_samples if shape.front_end.keeps_clip else 0, np.int16)
    clip = _Clip(
        contiguous.ctypes.data,
        len(contiguous),
        shape.model_rows,
        kept.ctypes.data if len(kept) else None,
        len(kept),
    )
    return clip, (contiguous, kept)


@contextmanager
def host_library(
    model: QModel,
    front_end: FrontEnd | None = None,
    flags: Sequence[str] = FLAGS,
    choices: Choices | None = None,
) -> Iterator[HostLibrary]:
    """Compile the runtime with the constants of `model` and load it, for the time of the `with`.

    Without `front_end` only the engine is compiled, and only the methods on rows work. `choices` as
    for `plan_model`. Raises ToolchainError when there is no C compiler for this machine, or it
    fails.
    """
    plan = plan_model(model, choices)
    with tempfile.TemporaryDirectory(prefix="sernet-edge-") as name:
        folder = Path(name)
        sources = write_sources(folder, model, plan, front_end)
        library = folder / "libsernet.so"
        includes = [folder, runtime_dir(), ports_dir() / "hostlib"]
        host_compiler().compile_shared(sources, includes, library, flags)
        yield HostLibrary(library, model, plan)


def write_sources(
    folder: Path, model: QModel, plan: Plan, front_end: FrontEnd | None
) -> list[Path]:
    """Write the generated constants into `folder`; return all C sources of the library."""
    port = ports_dir() / "hostlib"
    data = folder / "sn_model_data.c"
    data.write_text(render_model(model, plan), encoding="utf-8")
    (folder / "sn_shapes.h").write_text(render_shapes(model, plan), encoding="utf-8")
    sources = [data, port / "sn_host_engine.c", *sorted((runtime_dir() / "engine").glob("*.c"))]
    if front_end is not None:
        constants = folder / "sn_frontend_data.c"
        quantization = model.input.scale, model.input.zero_point
        constants.write_text(render_frontend(front_end, *quantization), encoding="utf-8")
        sources += [constants, port / "sn_host_classifier.c", runtime_dir() / "sn_classifier.c"]
        sources += sorted((runtime_dir() / "frontend").glob("*.c"))
    return sources

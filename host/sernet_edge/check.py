"""Runs clips through the C, numpy and TFLite on this machine, and compares every tensor.

The chain of trust: TFLite's reference kernels judge the numpy interpreter, which judges the C; the
float chain measures the integer front-end. The C is the firmware's own source, compiled here.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sernet_cal import features
from sernet_cal.bundle import Bundle
from sernet_cal.interpreter import TfliteModel
from sernet_cal.qmodel import read_qmodel
from sernet_cal.qmodel_types import QModel
from sernet_cal.reference import run_reference
from sernet_edge.audio.synthetic import Clip
from sernet_edge.compare import Difference, Tally
from sernet_edge.feature_report import (
    Comparison,
    FeatureTally,
    FloatCandidate,
    IntegerCandidate,
    Setting,
)
from sernet_edge.feature_settings import find_reference
from sernet_edge.tflite_micro import MicroModel
from sernet_gen.choices import host_choices
from sernet_gen.hostlib import ClipShape, HostLibrary, host_library
from sernet_gen.plan import plan_model


@dataclass
class LengthCheck:
    """The comparisons for one clip length of the same int8 network.

    `features`: C against numpy on the network's input. `engine`: C against numpy, each layer on its
    own, so that every tensor is there; `fused`: the same with the kernels that are fastest here,
    which make `fused_tensors` tensors. `judge`: numpy against TFLite. `micro`: numpy against
    TensorFlow Lite Micro on the scores of clips of the model's own length; None where it is not
    installed. `quality`: the front-end against the float chain `float_chain`. `seconds_in_c`: C
    alone with the fastest kernels, samples to scores.
    """

    clip_seconds: float
    model: QModel
    float_chain: str
    fused_tensors: int
    clips: int = 0
    features: Tally = field(init=False)
    engine: Tally = field(init=False)
    fused: Tally = field(init=False)
    judge: Tally = field(init=False)
    micro: Tally | None = None
    micro_clips: int = 0
    quality: FeatureTally = field(default_factory=FeatureTally)
    seconds_in_c: float = 0.0

    def __post_init__(self) -> None:
        tensors = self.model.traced
        self.features = Tally("C", "numpy", tensors[:1])
        self.engine = Tally("C", "numpy", tensors)
        self.fused = Tally("C with fused layers", "numpy", tensors)
        self.judge = Tally("numpy", "TFLite", tensors)

    @property
    def tallies(self) -> list[Tally]:
        """The comparisons that decide; TFLite Micro, where it differs, differs from TFLite too."""
        return [self.features, self.engine, self.fused, self.judge]

    @property
    def differing_bytes(self) -> int:
        """Bytes that differ in any comparison."""
        return sum(tally.total for tally in self.tallies)

    @property
    def first_difference(self) -> Difference | None:
        """Where things part: the earliest comparison's first differing byte."""
        return next((tally.first for tally in self.tallies if tally.first), None)

    @property
    def micro_difference(self) -> Difference | None:
        """Where TFLite Micro first differs from the reference, which TFLite's kernels judge."""
        return self.micro.first if self.micro else None

    @property
    def front_end(self) -> Comparison:
        """The integer front-end's figures against the float chain."""
        return self.quality.comparison("ours", predicted=True)

    def to_json(self) -> dict[str, Any]:
        """Return the figures of this clip length."""
        names = [tensor.name for tensor in self.model.traced]
        return {
            "clip_seconds": self.clip_seconds,
            "clips": self.clips,
            "tensors": len(names),
            "compared_bytes": sum(tally.compared for tally in self.tallies),
            "differing_bytes": self.differing_bytes,
            "differing_feature_bytes": self.features.total,
            "differing_bytes_c_numpy": dict(zip(names, self.engine.differing, strict=True)),
            "fused_tensors": self.fused_tensors,
            "differing_bytes_fused_numpy": self.fused.total,
            "differing_bytes_numpy_tflite": dict(zip(names, self.judge.differing, strict=True)),
            "tflite_micro_clips": self.micro_clips,
            "tflite_micro_differing_bytes": self.micro.total if self.micro else None,
            "tflite_micro_difference": str(self.micro_difference)
            if self.micro_difference
            else None,
            "first_difference": str(self.first_difference) if self.first_difference else None,
            "float_chain": self.float_chain,
            "mfcc_snr_db": self.front_end.snr_db,
            "equal_inputs": self.front_end.equal_share,
            "same_prediction": self.front_end.same_prediction,
            "ms_per_clip": 1000 * self.seconds_in_c / self.clips,
            "total_s": self.seconds_in_c,
        }


@dataclass
class _Judges:
    """The parties of one clip length, made once and used for every clip."""

    shape: ClipShape
    model: QModel
    library: HostLibrary
    fused: HostLibrary
    ours: IntegerCandidate
    exact: FloatCandidate
    tflite: TfliteModel
    micro: MicroModel | None


def check_length(
    bundle: Bundle, clips: Iterable[Clip], clip_seconds: float, show: Callable[[int], None]
) -> LengthCheck:
    """Compare all `clips` (one at least) for one clip length; `show` hears how many are done.

    Raises ModelError for a model that cannot run, ToolchainError without a C compiler, InputError
    for a clip shorter than one frame.
    """
    model = read_qmodel(bundle.int8)
    shape = ClipShape(bundle.front_end, features.clip_samples(clip_seconds))
    setting = Setting(
        bundle.front_end, model.input.scale, model.input.zero_point, shape.model_samples
    )
    chain = find_reference(bundle.front_end.window)
    choices = host_choices(model)
    result = LengthCheck(clip_seconds, model, chain.name, sum(plan_model(model, choices).made))
    with (
        host_library(model, bundle.front_end) as library,
        host_library(model, bundle.front_end, choices=choices) as fused,
    ):
        judges = _Judges(
            shape,
            model,
            library,
            fused,
            IntegerCandidate(setting),
            FloatCandidate(chain.name, setting, chain.raw_mfcc),
            TfliteModel(bundle.int8, reference=True, observe=True),
            MicroModel.load(bundle.int8),
        )
        if judges.micro is not None:
            result.micro = Tally("numpy", "TFLite Micro", model.traced[-1:])
        for clip in clips:
            _check_clip(judges, clip, result)
            result.clips += 1
            show(result.clips)
    return result


def _check_clip(judges: _Judges, clip: Clip, result: LengthCheck) -> None:
    shape, model, library = judges.shape, judges.model, judges.library
    ours, exact = judges.ours.compute(clip.samples), judges.exact.compute(clip.samples)
    rows = ours.rows
    result.features.add(clip.name, [library.features(clip.samples, shape)], [rows])
    expected = run_reference(model, rows)
    result.engine.add(clip.name, library.run(clip.samples, shape), expected)
    result.fused.add(clip.name, judges.fused.run(clip.samples, shape), expected)
    judges.tflite.run(rows)
    result.judge.add(clip.name, expected, [x.astype(np.int8) for x in judges.tflite.observed()])
    if judges.micro is not None and result.micro is not None and len(rows) == judges.micro.rows:
        result.micro.add(clip.name, expected[-1:], [judges.micro.run(rows)])
        result.micro_clips += 1
    start = time.perf_counter()
    scores = judges.fused.score(clip.samples, shape)
    result.seconds_in_c += time.perf_counter() - start
    from_float = judges.fused.score_rows(exact.rows)
    result.quality.add(exact, ours, bool(np.argmax(scores) == np.argmax(from_float)))

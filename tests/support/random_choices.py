"""Random networks that every kernel can run a part of, and random ways to run a network."""

import itertools
from dataclasses import replace
from typing import get_args

import numpy as np
from tiny_models import NONE, RELU, RELU6, NetworkWriter, head

from sernet_cal.qmodel_types import Convolution
from sernet_gen.groups import alone, fusable_groups
from sernet_gen.kernels.choice import Choice, TileName, Weights
from sernet_gen.plan import refusal
from sernet_gen.steps import make_step

_POOLS = ((2, 2), (2, 1), (1, 1), (1, 3))


def random_sernet(seed):
    """Return a network of Light-SERNet's kind, as random as may be, and its input width."""
    random = np.random.default_rng(seed)
    width = int(random.integers(1, 12))
    net = NetworkWriter(seed, int(random.integers(1, 15)), width)
    body = _first_layer(net, random)
    for _ in range(random.integers(1, 4)):
        kernel = (3, 3) if random.random() < 0.7 else tuple(map(int, random.integers(1, 5, 2)))
        activation = (NONE, RELU, RELU6)[random.integers(3)]
        channels = int(random.integers(1, 4)) * (4 if random.random() < 0.8 else 1)
        body = net.convolution(body, channels, kernel, activation, bool(random.integers(2)))
        if random.random() < 0.8:
            shape = _POOLS[random.integers(len(_POOLS))]
            body = net.pool(body, _kind(random), shape, shape)
    return head(net, body), width


def _first_layer(net, random):
    paths = [
        net.convolution(net.input, int(random.integers(1, 3)) * 4, _odd_kernel(random), RELU)
        for _ in range(random.integers(1, 4))
    ]
    for path in paths[1:]:
        net.tensors[path].quantization = net.tensors[paths[0]].quantization
    kind = _kind(random)
    pools = [net.pool(path, kind) for path in paths]
    return net.concatenation(pools) if len(pools) > 1 else pools[0]


def _odd_kernel(random):
    return ((5, 1), (1, 5), (3, 3), (1, 3), (7, 1))[random.integers(5)]


def _kind(random):
    return "MAX" if random.random() < 0.8 else "AVERAGE"


def random_choices(model, seed):
    """Return choices for a part of a network's groups: any algorithm, any run that is possible."""
    random = np.random.default_rng(seed)
    choices = {}
    for group in fusable_groups(model):
        if random.random() < 0.9:
            for part in (group,) if random.random() < 0.8 else alone(group):
                ways = possible_choices(model, part)
                if ways:
                    way = ways[random.integers(len(ways))]
                    choices[part.output] = _varied(model, part, way, random)
    return choices


def _varied(model, group, choice, random):
    """Return `choice` with tiles of any size that are possible, and any number of them together."""
    if choice.algorithm != "winograd":
        return choice
    tiles = get_args(TileName)
    varied = replace(
        choice,
        tile=tiles[random.integers(len(tiles))],
        together=int(random.integers(1, 5)),
        by_batch=choice.weights != "transformed" and bool(random.integers(2)),
    )
    return choice if refusal(model, make_step(model, group, varied)) else varied


def possible_choices(model, group):
    """Return ways to run `group`, one algorithm as likely as another."""
    weighted = itertools.product(get_args(Weights), range(1, 9))
    rows = [(weights, rows, early) for weights, rows in weighted for early in range(rows)]
    found = []
    for algorithm in ("winograd", "first_layer", "direct"):
        every = (Choice(algorithm, rows, early, weights) for weights, rows, early in rows)
        possible = [c for c in every if refusal(model, make_step(model, group, c)) is None]
        found += possible * max(1, 200 // len(possible)) if possible else []
    return found


def random_direct_choices(model, seed):
    """Return choices for some of the convolutions: by `direct`, several rows a run."""
    random = np.random.default_rng(seed)
    choices = {}
    for operator in model.operators:
        if isinstance(operator, Convolution) and random.random() < 0.8:
            rows = int(random.integers(1, 6))
            choices[operator.output] = Choice("direct", rows, int(random.integers(rows)))
    return choices

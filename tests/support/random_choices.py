"""Random ways to run a random network."""

import numpy as np

from sernet_cal.qmodel_types import Convolution
from sernet_gen.kernels.choice import Choice


def random_row_choices(model, seed):
    """Return choices for some of the convolutions: by `row`, several rows a run."""
    random = np.random.default_rng(seed)
    choices = {}
    for operator in model.operators:
        if isinstance(operator, Convolution) and random.random() < 0.8:
            rows = int(random.integers(1, 6))
            choices[operator.output] = Choice("row", rows, int(random.integers(rows)))
    return choices

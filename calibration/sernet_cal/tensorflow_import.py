"""The one way in which TensorFlow is imported outside `sernet_edge.train`: late and quietly."""

import os
from typing import Any

from sernet_cal.errors import require_extra
from sernet_cal.quiet import quiet


def import_tensorflow(purpose: str) -> Any:
    """Return the module `tensorflow`, needed to `purpose`.

    Raises SernetError with the command that installs it.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # One thread: sums are then added in one order, and the same training gives the same weights,
    # alone or beside others. Cores are used by training folds side by side.
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    try:
        # It says on stderr what it found on this machine, whatever the log level.
        with quiet():
            import tensorflow
    except ImportError as error:
        raise require_extra("tensorflow", "train", purpose) from error
    return tensorflow

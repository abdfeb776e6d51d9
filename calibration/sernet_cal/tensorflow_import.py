"""The one way in which TensorFlow is imported outside `sernet_edge.train`: late and quietly."""

import os
from typing import Any

from sernet_cal.errors import require_extra


def import_tensorflow(purpose: str) -> Any:
    """Return the module `tensorflow`, needed to `purpose`.

    Raises SernetError with the command that installs it.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        import tensorflow
    except ImportError as error:
        raise require_extra("tensorflow", "train", purpose) from error
    return tensorflow

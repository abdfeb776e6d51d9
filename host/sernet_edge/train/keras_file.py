"""Keras models as bytes, the same bytes for the same model."""

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from sernet_cal.errors import ModelError
from sernet_cal.tensorflow_import import import_tensorflow

_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def keras_bytes(model: Any) -> bytes:
    """Return `model` as a .keras file, without the times that Keras writes into it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        with zipfile.ZipFile(path) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(entries["metadata.json"])
    metadata.pop("date_saved", None)
    entries["metadata.json"] = json.dumps(metadata).encode()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(entries.items()):
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), data, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def load_keras(content: bytes, source: str) -> Any:
    """Return the Keras model in `content`, read from `source` (for messages).

    The session is cleared first: operator names, and so the flatbuffer's bytes, depend on what was
    built before. Raises ModelError for bytes that are not a .keras file.
    """
    keras = import_tensorflow("read a Keras model").keras
    keras.utils.clear_session()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(content)
        try:
            return keras.models.load_model(path, compile=False)
        except (ValueError, TypeError, OSError, KeyError, zipfile.BadZipFile) as error:
            reason = str(error).strip().splitlines()[0] if str(error) else type(error).__name__
            raise ModelError(
                f"{source} cannot be read as a Keras model: {reason.replace(str(path), source)}",
                "A file written by model.save('NAME.keras') with Keras 3 is expected.",
            ) from error

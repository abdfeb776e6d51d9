"""Keras models as bytes, the same bytes for the same model."""

import io
import json
import re
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from sernet_cal.errors import ModelError
from sernet_cal.tensorflow_import import import_tensorflow

_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def keras_bytes(model: Any) -> bytes:
    """Return `model` as a .keras file, without the times and addresses that Keras writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return without_circumstances(path.read_bytes())


def without_circumstances(content: bytes) -> bytes:
    """Return the .keras file `content` with its date left out and shared objects numbered."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(entries["metadata.json"])
    metadata.pop("date_saved", None)
    entries["metadata.json"] = json.dumps(metadata).encode()
    entries["config.json"] = _number_shared_objects(entries["config.json"].decode()).encode()
    clean = io.BytesIO()
    with zipfile.ZipFile(clean, "w") as archive:
        for name, data in sorted(entries.items()):
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), data, zipfile.ZIP_DEFLATED)
    return clean.getvalue()


def _number_shared_objects(config: str) -> str:
    """Return the JSON with the addresses in `shared_object_id` replaced by 1, 2, ..."""
    numbers: dict[str, int] = {}
    return re.sub(
        r'("shared_object_id": )(\d+)',
        lambda found: f"{found[1]}{numbers.setdefault(found[2], len(numbers) + 1)}",
        config,
    )


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

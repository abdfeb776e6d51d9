"""Figures without a screen, and their PNG files: the same figures give the same bytes with the same
version of matplotlib."""

import io
from typing import Any

from sernet_cal.errors import require_extra

_DPI = 120


def check_matplotlib() -> None:
    """Raise SernetError where matplotlib is not installed."""
    new_figure(1.0, 1.0)


def new_figure(width: float, height: float) -> Any:
    """Return an empty figure of so many inches; raises SernetError without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise require_extra("matplotlib", "train", "draw pictures") from error
    figure = Figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Any) -> bytes:
    """Return `figure` as a PNG file without time and program."""
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()

"""The leave-one-speaker-out figures of a model card, under names that machines can rely on."""

from typing import Any

LOSO_KEYS = tuple(
    f"loso_{measure}_{model}" for measure in ("ua", "wa", "f1") for model in ("float", "int8")
)


def loso_scores(loso: dict[str, Any] | None) -> dict[str, float | None]:
    """Return `loso_ua_float`, `loso_ua_int8`, `loso_wa_float` ... `loso_f1_int8`, fractions of 1.

    `loso`: what a card keeps under "loso": "float" and "int8", each with ua, wa and f1. None stands
    for what it does not say.
    """
    found = loso if isinstance(loso, dict) else {}
    scores: dict[str, float | None] = {}
    for key in LOSO_KEYS:
        _, measure, model = key.split("_")
        figures = found.get(model)
        scores[key] = figures.get(measure) if isinstance(figures, dict) else None
    return scores

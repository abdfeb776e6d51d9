"""What is asked of a model before it becomes C constants."""

import dataclasses

import pytest

from sernet_cal.bundle import Bundle
from sernet_cal.errors import ModelError
from sernet_edge.model.bundled import resolve_model
from sernet_gen.constants import render_constants


def with_classes(*classes: str) -> Bundle:
    return dataclasses.replace(resolve_model(None), classes=classes)


def refusal(bundle: Bundle) -> str:
    with pytest.raises(ModelError) as caught:
        render_constants(bundle)
    return str(caught.value)


@pytest.mark.parametrize("count", [6, 8])
def test_as_many_class_names_as_scores(count: int) -> None:
    names = "abcdefgh"[:count]
    assert refusal(with_classes(*names)) == (
        f"The model emodb-3s makes 7 scores, but its card names {count} classes: "
        f"{', '.join(names)}.\n"
        "  Make the bundle anew:  sernet-edge quantize --model MODEL --data emodb=DIR --out MODEL"
    )


@pytest.mark.parametrize(
    ("names", "total", "longest"),
    [(("\u00e4" * 128, *"bcdefg"), 262, 256), (tuple(c * 128 for c in "abcdefg"), 896, 128)],
)
def test_class_names_that_find_no_room_in_hello(
    names: tuple[str, ...], total: int, longest: int
) -> None:
    assert refusal(with_classes(*names)) == (
        "The class names of the model emodb-3s are too long for the serial link: "
        f"{total} bytes, the longest {longest}; there is room for 893, each up to 255.\n"
        "  Give the classes shorter names (the folders of a corpus), and train again."
    )


def test_class_names_may_fill_the_room() -> None:
    names = ("x" * 255, *(c * 106 for c in "abcdef"))
    assert render_constants(with_classes(*names)).classes == names

"""Model bundles: written whole, read back the same, refused when damaged."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from sernet_cal.bundle import CARD_NAME, FLOAT_NAME, INT8_NAME, load_bundle, write_bundle
from sernet_cal.errors import ModelError
from sernet_cal.features import front_end_from_json, paper_front_end
from sernet_edge.model.bundled import BUNDLED_NAMES, bundled_model, find_model, resolve_model
from sernet_edge.model.sizes import sizes_of

REMAKE = "  Make the bundle anew:  sernet-edge quantize --model MODEL --data emodb=DIR --out MODEL"
CARD: dict[str, Any] = {
    "name": "made",
    "classes": ["x", "y"],
    "clip_seconds": 1.0,
    "front_end": paper_front_end().to_json(),
}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "made", CARD, b"float", b"int8", b"keras")
    return tmp_path / "made"


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_bundle(path)
    return str(caught.value)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def rewrite(bundle: Path, **changes: Any) -> None:
    card = json.loads((bundle / CARD_NAME).read_text(encoding="utf-8"))
    kept = {key: value for key, value in (card | changes).items() if value is not None}
    (bundle / CARD_NAME).write_text(json.dumps(kept), encoding="utf-8")


def test_a_bundle_is_read_as_it_was_written(bundle: Path) -> None:
    for path in (bundle, bundle / INT8_NAME):
        read = load_bundle(path)
        assert (read.name, read.classes, read.path) == ("made", ("x", "y"), bundle)
        assert (read.int8, read.float32) == (b"int8", b"float")
        assert read.front_end == paper_front_end()
        assert (read.model_samples, read.model_rows) == (16_000, 59)
    assert sorted(path.name for path in bundle.iterdir()) == [
        "card.json",
        "model.keras",
        "model_float.tflite",
        "model_int8.tflite",
    ]


def test_the_same_bundle_has_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    write_bundle(tmp_path / "again", CARD, b"float", b"int8", b"keras")
    for path in bundle.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_no_model_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == (
        f"There is no model at {tmp_path / 'none'}.\n"
        "  Make one:  sernet-edge train --data emodb=DIR --out MODEL\n"
        "  or leave --model out to use the bundled one."
    )


def test_a_folder_without_a_card(tmp_path: Path) -> None:
    assert refusal(tmp_path) == (
        f"{tmp_path} is not a model bundle: it has no card.json.\n"
        "  A bundle is a folder with card.json, model_int8.tflite and model_float.tflite.\n"
        f"{REMAKE}"
    )


def test_a_card_that_is_not_json(bundle: Path) -> None:
    (bundle / CARD_NAME).write_text("{", encoding="utf-8")
    message = refusal(bundle)
    assert message.startswith(f"The model card {bundle / CARD_NAME} is not readable: ")
    assert message.endswith(REMAKE)


@pytest.mark.parametrize(("changed", "seen"), [(2, "2"), (None, "None")])
def test_a_card_of_another_format(bundle: Path, changed: int | None, seen: str) -> None:
    rewrite(bundle, format=changed)
    assert refusal(bundle) == (
        f"The model card {bundle / CARD_NAME} has format {seen}; this version reads format 1.\n"
        f"{REMAKE}"
    )


def test_a_card_that_is_no_object(bundle: Path) -> None:
    (bundle / CARD_NAME).write_text("[1]", encoding="utf-8")
    assert "has format list; this version reads format 1." in refusal(bundle)


def test_a_card_that_lacks_a_field(bundle: Path) -> None:
    rewrite(bundle, classes=None)
    assert refusal(bundle) == f"The model card {bundle / CARD_NAME} lacks 'classes'.\n{REMAKE}"


@pytest.mark.parametrize("name", ["", "two\nlines"])
def test_a_name_that_no_comment_can_hold(bundle: Path, name: str) -> None:
    rewrite(bundle, name=name)
    assert refusal(bundle) == (
        f"The model card {bundle / CARD_NAME} has the name {name!r}; a name has one sign at least, "
        f"and no control characters.\n{REMAKE}"
    )


@pytest.mark.parametrize(
    ("classes", "fault"),
    [
        ("abc", "classes that are no list of names"),
        ([1, 2], "classes that are no list of names"),
        ([], "no classes"),
        (["x", "y", "x"], "a class name twice"),
        (["x", ""], "the class name ''"),
        (["x", "cut\0off"], r"the class name 'cut\x00off'"),
        (["x", "\ud800"], r"the class name '\ud800'"),
    ],
)
def test_class_names_that_cannot_be_carried(bundle: Path, classes: Any, fault: str) -> None:
    rewrite(bundle, classes=classes)
    assert refusal(bundle) == (
        f"The model card {bundle / CARD_NAME} has {fault}; every class has a name of its own, "
        f"without control characters.\n{REMAKE}"
    )


@pytest.mark.parametrize(
    ("seconds", "seen"),
    [(float("nan"), "nan"), (-1.0, "-1"), (0.0639, "0.0639"), (1e12, "1e+12"), (60.1, "60.1")],
)
def test_clip_lengths_that_cannot_be_used(bundle: Path, seconds: float, seen: str) -> None:
    rewrite(bundle, clip_seconds=seconds)
    assert refusal(bundle) == (
        f"The model card {bundle / CARD_NAME} has clip_seconds {seen}; a clip holds one frame at "
        f"least (0.064 s) and lasts 60 s at most.\n{REMAKE}"
    )


@pytest.mark.parametrize("name", [FLOAT_NAME, INT8_NAME])
def test_a_missing_model(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    assert refusal(bundle) == (
        f"The model {bundle / name} is not readable: No such file or directory.\n{REMAKE}"
    )


def test_a_model_that_its_card_does_not_describe(bundle: Path) -> None:
    (bundle / INT8_NAME).write_bytes(b"damaged")
    assert refusal(bundle) == (
        f"The model {bundle / INT8_NAME} is not the one its card describes: "
        f"SHA-256 {digest(b'damaged')} instead of {digest(b'int8')}.\n{REMAKE}"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"form": "tape"}, "The model card's front_end.form is 'tape'; known: stream, paper."),
        ({"window": "kaiser"}, "front_end.window is 'kaiser'; known: hann, hamming."),
        ({"mean": [0.0]}, "has 1 means and 40 deviations; 40 of each are needed."),
        ({"clip": "wide"}, "The model card's front_end is not readable: ValueError("),
        ({"clip": float("nan")}, "or a deviation or clip that is not a positive number."),
        ({"deviation": [0.0] * 40}, "or a deviation or clip that is not a positive number."),
        ({"mean": [float("inf")] * 40}, "The model card's front_end has a mean that is not finite"),
    ],
)
def test_front_ends_that_cannot_be_used(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError) as caught:
        front_end_from_json(paper_front_end().to_json() | changes)
    assert message in str(caught.value)


@pytest.mark.parametrize("hashes", [None, [1], {}])
def test_a_card_without_the_hash_of_its_model(bundle: Path, hashes: Any) -> None:
    rewrite(bundle, sha256=hashes)
    assert refusal(bundle) == (
        f"The model card {bundle / CARD_NAME} has no SHA-256 of {INT8_NAME}.\n"
        "  Make the bundle anew:  sernet-edge quantize --model MODEL --data emodb=DIR --out MODEL"
    )


def test_the_bundled_model_is_the_default() -> None:
    bundle = resolve_model(None)
    assert bundle.path == bundled_model()
    assert (bundle.name, bundle.model_rows, len(bundle.classes)) == ("emodb-3s", 184, 7)
    assert resolve_model(str(bundled_model())) == bundle


def test_a_bundled_model_is_found_by_name_unless_a_folder_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_model("emodb-3s-small") == bundled_model("emodb-3s-small")
    assert resolve_model("emodb-3s-small").name == "emodb-3s-small"
    (tmp_path / "emodb-3s-small").mkdir()
    assert find_model("emodb-3s-small") == Path("emodb-3s-small")
    assert find_model("other") == Path("other")


@pytest.mark.parametrize("name", BUNDLED_NAMES)
def test_a_bundled_card_tells_where_the_model_comes_from_and_no_paths(name: str) -> None:
    card = resolve_model(name).card
    text = json.dumps(card)
    assert "/work" not in text
    assert "/home" not in text
    assert card["name"] == name
    assert card["command"].startswith("sernet-edge train --data emodb=DIR ")
    assert len(card["training"]["speakers"]) == 10
    assert card["loso"]["command"].startswith("sernet-edge train --data emodb=DIR --protocol loso ")
    for measure in ("ua", "wa", "f1"):
        float32, int8 = card[f"loso_{measure}_float"], card[f"loso_{measure}_int8"]
        assert 0.8 < int8 < 0.9
        assert abs(float32 - int8) < 0.005


def test_the_small_model_is_small() -> None:
    assert sizes_of(resolve_model("emodb-3s-small")).weight_bytes <= 128 * 1024

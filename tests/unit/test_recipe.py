"""Recipes: read strictly from TOML, each setting with a sentence, limits and an effect."""

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from sernet_cal.errors import InputError
from sernet_edge.train.recipe import BUNDLED, Recipe, load_recipe, override, recipe_from_json
from sernet_edge.train.recipe_groups import SECTIONS
from sernet_edge.train.schedule import average_decay, learning_rate
from sernet_edge.train.settings import explain

STREAM = load_recipe("stream")
PAPER = load_recipe("paper")


def refused(call: Any, *arguments: Any) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments)
    return str(caught.value)


@pytest.mark.parametrize("name", BUNDLED)
def test_every_setting_has_a_sentence(name: str) -> None:
    for group in load_recipe(name).sections().values():
        for item in explain(group):
            assert item.says[0].isupper() or item.says[0] == "`", item
            assert item.says.endswith("."), item


def test_the_published_recipe_is_as_published() -> None:
    assert PAPER.optimizer.name == "adam"
    assert PAPER.schedule.epochs == 300
    assert PAPER.front_end.clip == 10.0
    assert PAPER.network.l2 == 1e-6
    rates = [learning_rate(PAPER.schedule, 0, 1, epoch) for epoch in range(300)]
    assert rates[:60] == [1e-4] * 60
    assert rates[60] == pytest.approx(1e-4 * 0.8607, rel=1e-4)
    assert rates[299] == pytest.approx(1e-4 * 0.8607**12, rel=1e-3)


def test_the_rate_rises_to_its_peak_and_falls_to_nothing() -> None:
    rates = [learning_rate(STREAM.schedule, step, 900, 0) for step in range(900)]
    assert rates[0] == pytest.approx(1.2e-4)
    assert rates[225] == pytest.approx(3e-3)
    assert rates[-1] == pytest.approx(1e-8)
    assert all(a < b for a, b in itertools.pairwise(rates[:226]))
    assert all(a > b for a, b in itertools.pairwise(rates[225:]))
    assert learning_rate(STREAM.schedule, 0, 1, 0) == pytest.approx(1.2e-4)


def test_the_average_starts_fast_and_settles() -> None:
    assert average_decay(0.995, 0) == pytest.approx(0.1)
    assert average_decay(0.995, 10_000) == 0.995
    assert average_decay(0.0, 5) == 0.0


def test_few_clips_take_more_epochs() -> None:
    schedule = (
        load_recipe("stream").changed({"schedule.epochs": 60, "schedule.least_steps": 900}).schedule
    )
    assert [schedule.usual_epochs(clips) for clips in (482, 535, 410, 10)] == [60, 60, 75, 900]
    assert schedule.steps_per_epoch(95) == 2
    assert schedule.steps_per_epoch(5) == 1


def test_a_recipe_may_start_from_another(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'base = "stream"\nsummary = "Mine."\n[network]\nwidth = 1\n[schedule]\nepochs = 7'
    )
    mine = load_recipe(str(path))
    assert (mine.name, mine.summary, mine.network.width) == ("mine", "Mine.", 1.0)
    assert mine == dataclasses.replace(
        STREAM.changed({"schedule.epochs": 7}), name="mine", summary="Mine."
    )
    assert mine.digest() != STREAM.digest()
    assert mine.to_json()["schedule"]["epochs"] == 7


def test_a_name_does_not_change_the_digest() -> None:
    assert dataclasses.replace(STREAM, name="other", summary="").digest() == STREAM.digest()


def test_assignments_override_settings() -> None:
    changed = override(STREAM, ["schedule.epochs=3", "network.pooling = max", "loss.prior_share=1"])
    assert (changed.schedule.epochs, changed.network.pooling) == (3, "max")
    assert changed.loss.prior_share == 1.0
    assert override(STREAM, ["augmentation.speeds=[0.8]"]).augmentation.speeds == (0.8,)


def test_a_plain_quantization_keeps_the_digests_of_before_there_was_another() -> None:
    # Of the run whose figures the README states; it knew no group `quantization`.
    settings = {"optimizer.precision": "bfloat16", "quantization.bias_correction": False}
    plain = PAPER.changed(settings)
    assert plain.digest() == "2557e2793a776ac3daaa6366373a6418cb99db269d7623d727681a6b42de46c5"
    corrected = plain.changed({"quantization.bias_correction": True})
    assert corrected.digest() != plain.digest()
    assert corrected.training_digest() == plain.training_digest() == plain.digest()
    assert plain.training_digest() != PAPER.training_digest()


def test_a_recipe_is_read_back_from_what_it_wrote() -> None:
    for recipe in (PAPER, STREAM):
        assert recipe_from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    old = PAPER.to_json()
    del old["quantization"]
    assert not recipe_from_json(old).quantization.bias_correction
    assert PAPER.quantization.bias_correction
    assert refused(recipe_from_json, {**PAPER.to_json(), "shedule": {}}) == (
        "There is no setting shedule.\n  Did you mean schedule?"
    )


def test_only_the_published_recipe_corrects_biases() -> None:
    assert {name: load_recipe(name).quantization.bias_correction for name in BUNDLED} == {
        "stream": False,
        "paper": True,
        "small": False,
    }
    (item,) = explain(PAPER.quantization)
    assert (item.name, item.value, item.limits) == ("bias_correction", True, "true or false")


MESSAGES = {
    "quantization.bias_correction=1": "quantization.bias_correction is 1; true or false is "
    "expected.",
    "quantization.bias=true": "There is no setting quantization.bias.\n"
    "  Known there: bias_correction.",
    "schedule.epoch=3": "There is no setting schedule.epoch.\n  Did you mean epochs?",
    "shedule.epochs=3": "There is no setting shedule.epochs.\n  Did you mean schedule?",
    "loss.zzz=3": "There is no setting loss.zzz.\n  Known there: kind, focal_gamma, "
    "label_smoothing, prior_share.",
    "schedule.epochs=0": "schedule.epochs is 0; at least 1 can be used.",
    "schedule.epochs=2.5": "schedule.epochs is 2.5; a whole number is expected.",
    "schedule.epochs=true": "schedule.epochs is True; a whole number is expected.",
    "network.width=wide": "network.width is 'wide'; a number is expected.",
    "network.width=0": "network.width is 0.0; more than 0 can be used.",
    "network.pooling=median": "network.pooling is 'median'; average or max can be used.",
    "network.pooling=3": "network.pooling is 3; a word is expected.",
    "network.dropout=1.5": "network.dropout is 1.5; 0 to 0.95 can be used.",
    "augmentation.speeds=1.1": "augmentation.speeds is 1.1; a list of numbers is expected.",
    'augmentation.speeds=["a"]': "augmentation.speeds is ('a',); a list of numbers is expected.",
    "augmentation.speeds=[9.0]": "augmentation.speeds is (9.0,); 0.5 to 2 can be used.",
    "augmentation.snr_db=[30, 5]": "augmentation.snr_db is [30.0, 5.0]; the lowest and the highest "
    "are expected.",
    "augmentation.snr_db=[nan, 5.0]": "augmentation.snr_db is (nan, 5.0); any finite number can "
    "be used.",
    "augmentation.gain_db=inf": "augmentation.gain_db is inf; at least 0 can be used.",
    "front_end.clip_seconds=61.0": "front_end.clip_seconds is 61.0; more than 0, at most 60 can be "
    "used.",
    "network.width=nan": "network.width is nan; more than 0 can be used.",
    "epochs": "--set epochs sets nothing.\n  Write it as:  --set schedule.epochs=100",
}


@pytest.mark.parametrize("assignment", MESSAGES)
def test_what_cannot_be_set(assignment: str) -> None:
    assert refused(override, STREAM, [assignment]) == MESSAGES[assignment]


def written(folder: Path, text: str | bytes) -> str:
    path = folder / "mine.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def test_recipes_that_cannot_be_read(tmp_path: Path) -> None:
    assert refused(load_recipe, "strem") == (
        "There is no recipe strem: neither one of stream, paper, small nor a file NAME.toml.\n"
        "  See a recipe with all its settings:  sernet-edge recipe stream"
    )
    assert refused(load_recipe, written(tmp_path, "a = ")).startswith(
        "The recipe mine is not TOML: "
    )
    path = written(tmp_path, b"\xff\xfe")
    assert refused(load_recipe, path) == f"{path} is not TOML: it is not UTF-8 text."
    assert refused(load_recipe, written(tmp_path, "[los]\n")) == (
        "There is no setting los.\n  Did you mean loss?"
    )
    assert refused(load_recipe, written(tmp_path, "loss = 3\n")) == (
        "loss in the recipe mine is 3; a table is expected."
    )
    assert refused(load_recipe, written(tmp_path, '[front_end]\nform = "stream"\n')) == (
        "front_end lacks window, clip_seconds, clip.\n"
        '  Add them, or write  base = "stream"  first to take what is not named from there.'
    )


def dotted(recipe: Recipe) -> list[str]:
    return [
        f"{section}.{item.name}"
        for section in SECTIONS
        for item in explain(getattr(recipe, section))
    ]


def test_a_written_recipe_is_read_back() -> None:
    table = STREAM.to_json()
    settings = {name: table[name.split(".")[0]][name.split(".")[1]] for name in dotted(STREAM)}
    assert dataclasses.replace(PAPER.changed(settings), name="stream", summary=STREAM.summary) == (
        STREAM
    )

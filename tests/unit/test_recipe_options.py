"""The options of `train` that change a recipe, and how a card's command states them."""

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from sernet_cal.errors import InputError
from sernet_edge.commands.recipe_options import RecipeChoice, recipe_options, take_choice
from sernet_edge.train.recipe import load_recipe


def choice(*words: str) -> RecipeChoice:
    """Return what the options on a command line choose."""
    found: list[RecipeChoice] = []

    @click.command()
    @recipe_options
    def command(**options: Any) -> None:
        found.append(take_choice(options))
        assert not options

    result = CliRunner().invoke(command, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return found[0]


def test_nothing_given_is_the_stream_recipe() -> None:
    assert choice().load() == load_recipe("stream")
    assert choice().stated() == {"recipe": "stream"}


def test_each_option_changes_its_setting() -> None:
    given = choice(
        *("--recipe", "small", "--window", "hamming", "--pooling", "average"),
        *("--clip-seconds", "2.5", "--epochs", "7", "--set", "loss.kind=focal"),
    )
    recipe = given.load()
    assert recipe == load_recipe("small").changed(
        {
            "front_end.window": "hamming",
            "network.pooling": "average",
            "front_end.clip_seconds": 2.5,
            "schedule.epochs": 7,
            "schedule.least_steps": 0,
            "loss.kind": "focal",
        }
    )
    assert recipe.schedule.usual_epochs(10) == 7
    assert given.stated() == {
        "recipe": "small",
        "set": ("loss.kind=focal",),
        "window": "hamming",
        "pooling": "average",
        "clip_seconds": "2.5",
        "epochs": 7,
    }


def test_another_form_brings_the_limit_of_its_own_features() -> None:
    paper, stream = load_recipe("paper").front_end.clip, load_recipe("stream").front_end.clip
    assert choice("--form", "paper").load().front_end.clip == paper
    assert choice("--recipe", "paper", "--form", "stream").load().front_end.clip == stream
    kept = choice("--set", "front_end.clip=3", "--form", "stream").load()
    assert kept.front_end.clip == 3.0


def test_a_recipe_of_ones_own_is_stated_without_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "stream"\n\n[schedule]\nepochs = 5\n', encoding="utf-8")
    given = choice("--recipe", str(path))
    assert given.load().schedule.epochs == 5
    assert given.stated() == {"recipe": "mine.toml"}


@pytest.mark.parametrize("seconds", ["0.01", "0.0639"])
def test_a_clip_without_a_frame_is_refused(seconds: str) -> None:
    with pytest.raises(InputError) as caught:
        choice("--clip-seconds", seconds).load()
    assert str(caught.value) == (
        f"A clip length of {seconds} s cannot be used; 0.064 to 60 s can.\n"
        "  The published lengths are:  --clip-seconds 3  and  --clip-seconds 7"
    )

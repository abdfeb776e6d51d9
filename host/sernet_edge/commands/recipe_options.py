"""The options that choose a recipe and change some of its settings."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from sernet_edge.commands.recipe import set_option
from sernet_edge.train.recipe import BUNDLED, Recipe, load_recipe, override
from sernet_edge.train.split import check_clip_seconds

_OPTIONS = (
    click.option(
        "--recipe",
        default="stream",
        show_default=True,
        metavar="NAME",
        help=f"All settings of the training: {', '.join(BUNDLED)}, or a file NAME.toml.",
    ),
    set_option,
    click.option(
        "--form",
        type=click.Choice(["stream", "paper"]),
        help="Change the front-end: standardised frame by frame, or divided by the kept clip's "
        "percentile.",
    ),
    click.option(
        "--window", type=click.Choice(["hann", "hamming"]), help="Change the window of the frames."
    ),
    click.option(
        "--pooling",
        type=click.Choice(["average", "max"]),
        help="Change the pooling of the network.",
    ),
    click.option("--clip-seconds", type=float, help="Change the length of the clips."),
    click.option(
        "--epochs", type=int, help="Change the number of epochs, and make no more of them."
    ),
)


@dataclass(frozen=True)
class RecipeChoice:
    """What the recipe options were given; None and () where the recipe decides."""

    recipe: str
    assignments: tuple[str, ...]
    form: str | None
    window: str | None
    pooling: str | None
    clip_seconds: float | None
    epochs: int | None

    def load(self) -> Recipe:
        """Return the recipe with its changes.

        Raises InputError for what is not a recipe, a setting or one of its values.
        """
        recipe = override(load_recipe(self.recipe), self.assignments)
        recipe = recipe.changed(self._changes(recipe))
        check_clip_seconds(recipe.front_end.clip_seconds)
        return recipe

    def stated(self) -> dict[str, Any]:
        """Return the options given, as a card's command states them: without a folder."""
        name = self.recipe if self.recipe in BUNDLED else Path(self.recipe).name
        seconds = None if self.clip_seconds is None else f"{self.clip_seconds:g}"
        listed = {
            "recipe": name,
            "set": self.assignments or None,
            "form": self.form,
            "window": self.window,
            "pooling": self.pooling,
            "clip_seconds": seconds,
            "epochs": self.epochs,
        }
        return {option: value for option, value in listed.items() if value is not None}

    def _changes(self, recipe: Recipe) -> dict[str, Any]:
        changes: dict[str, Any] = {
            "front_end.form": self.form,
            "front_end.window": self.window,
            "front_end.clip_seconds": self.clip_seconds,
            "network.pooling": self.pooling,
            "schedule.epochs": self.epochs,
        }
        if self.form not in (None, recipe.front_end.form):
            # The features of each form have their own size; the recipe of its name knows it.
            changes["front_end.clip"] = load_recipe(str(self.form)).front_end.clip
        if self.epochs is not None:
            changes["schedule.least_steps"] = 0
        return {name: value for name, value in changes.items() if value is not None}


def recipe_options(command: Any) -> Any:
    """Add the options to a command; its function takes them with `take_choice`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_choice(options: dict[str, Any]) -> RecipeChoice:
    """Return the recipe options among `options`, and remove them there."""
    return RecipeChoice(**{field.name: options.pop(field.name) for field in fields(RecipeChoice)})

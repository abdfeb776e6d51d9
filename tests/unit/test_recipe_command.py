"""`sernet-edge recipe`."""

import json

from click.testing import CliRunner

from sernet_edge.commands import recipe
from sernet_edge.train.recipe import load_recipe


def test_it_lists_every_setting_with_its_meaning() -> None:
    result = CliRunner().invoke(recipe.command, ["paper"])
    assert result.exit_code == 0
    for section, group in load_recipe("paper").sections().items():
        for name in vars(group):
            assert f"{section}.{name}" in result.stdout
    assert "As published" in result.stdout


def test_json_holds_the_changed_settings() -> None:
    result = CliRunner().invoke(recipe.command, ["--set", "schedule.epochs=5", "--json"])
    found = json.loads(result.stdout)
    assert (found["name"], found["schedule"]["epochs"]) == ("stream", 5)
    assert found["digest"] != load_recipe("stream").digest()

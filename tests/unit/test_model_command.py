"""`sernet-edge model`, and what cards say about speakers never heard."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tiny_bundle import CLIP_SECONDS, make_bundle

from sernet_cal.bundle import CARD_NAME, Bundle
from sernet_cal.qmodel import read_qmodel
from sernet_edge.commands import model
from sernet_edge.model.loso import LOSO_KEYS, loso_scores
from sernet_edge.model.present import NO_LOSO
from sernet_edge.model.sizes import sizes_of
from sernet_gen.plan import plan_model

LOSO = {
    "seeds": [1, 2],
    "float": {"ua": 0.841, "wa": 0.851, "f1": 0.861},
    "int8": {"ua": 0.842, "wa": 0.852, "f1": 0.862},
    "int8_agreement": 0.993,
    "confusion": {"int8": [[91, 0, 0, 0], [0, 92, 0, 0], [0, 0, 93, 0], [7, 0, 0, 94]]},
    "command": "sernet-edge train --data made=DIR --protocol loso --out run",
}


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return make_bundle(tmp_path)


def shown(bundle: Bundle | None, *words: str, **card: Any) -> str:
    """Return what `model` prints of `bundle` with these entries in its card."""
    arguments = list(words)
    if bundle is not None:
        path = bundle.path / CARD_NAME
        path.write_text(json.dumps({**bundle.card, **card}), encoding="utf-8")
        arguments += ["--model", str(bundle.path)]
    result = CliRunner().invoke(model.command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_the_bundled_model_has_a_card() -> None:
    text = shown(None)
    for words in ("emodb-3s", "anger, boredom", "Licence: ", "Limits: ", "Made by: sernet-edge "):
        assert words in text
    figures = json.loads(shown(None, "--json"))
    assert set(LOSO_KEYS) | {"classes", "license", "limits", "command", "sha256"} <= set(figures)
    assert figures["sizes"]["int8_bytes"] > figures["sizes"]["weight_bytes"] > 400_000


def test_json_is_the_card_with_the_loso_figures(bundle: Bundle) -> None:
    figures = json.loads(shown(bundle, "--json", loso=LOSO))
    assert {key: figures[key] for key in LOSO_KEYS} == {
        "loso_ua_float": 0.841,
        "loso_ua_int8": 0.842,
        "loso_wa_float": 0.851,
        "loso_wa_int8": 0.852,
        "loso_f1_float": 0.861,
        "loso_f1_int8": 0.862,
    }
    assert figures["loso"] == LOSO
    assert figures["sizes"] == sizes_of(bundle).to_json()


def test_unknown_figures_are_null(bundle: Bundle) -> None:
    figures = json.loads(shown(bundle, "--json"))
    assert {figures[key] for key in LOSO_KEYS} == {None}
    assert loso_scores({"float": {"ua": 0.5}, "int8": None}) == {
        **dict.fromkeys(LOSO_KEYS),
        "loso_ua_float": 0.5,
    }
    assert NO_LOSO in shown(bundle)


def test_a_person_reads_figures_confusions_and_the_command(bundle: Bundle) -> None:
    text = shown(bundle, loso=LOSO)
    for words in ("means over 2 seeds", "84.1", "84.2", "86.2", "99.3 %", "93", LOSO["command"]):
        assert str(words) in text
    assert NO_LOSO not in text
    assert "means over" not in shown(bundle, loso={**LOSO, "seeds": [1]})


def test_a_person_reads_what_the_card_says(bundle: Bundle) -> None:
    training = {
        "corpus": "made",
        "speakers": ["a", "b"],
        "held_out_speakers": ["c"],
        "clips": 8,
        "epochs": 2,
        "seed": 5,
        "recipe": {"name": "stream"},
    }
    accuracy = {"speakers": ["c"], "clips": 4, "float": {"ua": 0.75, "wa": 0.5, "f1": 0.25}}
    text = shown(bundle, training=training, accuracy=accuracy, intended_use="To be tested.")
    for words in (
        "calm, angry, sad, glad",
        f"{CLIP_SECONDS:g} s",
        "made: 8 clips of 2 speakers",
        "stream, 2 epochs, seed 5",
        "on 4 clips of the speakers held out (c):",
        "75.0",
        "Intended use: To be tested.",
    ):
        assert words in text


def test_sizes_count_weights_and_biases(bundle: Bundle) -> None:
    sizes = sizes_of(bundle)
    assert sizes.float_bytes == sizes.int8_bytes == len(bundle.int8)
    assert 0 < sizes.parameters < sizes.weight_bytes < 4 * sizes.parameters
    assert sizes.row_by_row_arena_bytes == plan_model(read_qmodel(bundle.int8)).arena_bytes
    text = shown(bundle)
    assert f"{sizes.row_by_row_arena_bytes:,} bytes row by row; faster with more:" in text
    assert "sernet-edge plan --board NAME" in text

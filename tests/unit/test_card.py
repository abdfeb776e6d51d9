"""What the model card says of a model that was just made, or quantized anew."""

from typing import Any

from sernet_cal.features import paper_front_end
from sernet_edge.model.loso import LOSO_KEYS
from sernet_edge.train.card import INTENDED_USE, quantized_card, training_card
from sernet_edge.train.options import TrainingPlan
from sernet_edge.train.quantize import Network, Quantized
from sernet_edge.train.recipe import load_recipe
from sernet_edge.train.split import Split

LOSO = {"float": {"ua": 0.8, "wa": 0.7, "f1": 0.6}, "int8": {"ua": 0.5, "wa": 0.4, "f1": 0.3}}
QUANTIZED = Quantized(b"", b"", 3, (), None)
SPLIT = Split((), ())


def card_with(loso: dict[str, Any] | None, corpus: str = "emodb") -> dict[str, Any]:
    plan = TrainingPlan(("x", "y"), load_recipe("stream"), 1)
    front_end = paper_front_end()
    return training_card("m", corpus, plan, front_end, 60, SPLIT, QUANTIZED, "command", loso)


def requantized(card: dict[str, Any], clip_seconds: float) -> dict[str, Any]:
    network = Network(b"", "m", ("x", "y"), paper_front_end(), clip_seconds)
    return quantized_card(card, "n", "emodb", network, SPLIT, QUANTIZED)


def test_a_card_states_loso_figures_under_their_own_names() -> None:
    card = card_with(LOSO)
    assert [card[key] for key in LOSO_KEYS] == [0.8, 0.5, 0.7, 0.4, 0.6, 0.3]
    assert card["loso"] == LOSO
    unknown = card_with(None)
    assert {unknown[key] for key in LOSO_KEYS} == {None}
    assert unknown["loso"] is None


def test_a_card_says_what_the_model_is_for_and_what_not() -> None:
    for corpus in ("emodb", "other"):
        card = card_with(None, corpus)
        assert card["intended_use"] == INTENDED_USE
        assert "not a person's inner state" in card["limits"]
        assert card["license"]


def test_another_clip_length_drops_the_loso_figures() -> None:
    card = card_with(LOSO)
    assert requantized(card, card["clip_seconds"])["loso_ua_int8"] == 0.5
    other = requantized(card, 7.0)
    assert (other["loso"], other["loso_ua_int8"], other["clip_seconds"]) == (None, None, 7.0)

"""How well a model does: its answers to labelled clips, and what is computed of them."""

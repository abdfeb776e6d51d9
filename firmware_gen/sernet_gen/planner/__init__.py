"""Chooses how each layer runs, so that a clip takes the least time within a board's memory."""

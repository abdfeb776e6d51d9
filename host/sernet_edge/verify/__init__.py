"""Boards compared with the references, clip by clip: one board, or a bench of them."""

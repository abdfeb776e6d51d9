"""Reads a quantised model and a board, and writes a firmware project of constants."""

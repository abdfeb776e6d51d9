"""Reads a quantized model and a board, and writes a firmware project of constants."""

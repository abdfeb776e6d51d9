"""Corpora and audio files in, 16 kHz mono int16 samples out."""

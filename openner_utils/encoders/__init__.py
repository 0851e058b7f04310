"""Encoders: sub-tokens, windows, models, training, and grids of runs."""

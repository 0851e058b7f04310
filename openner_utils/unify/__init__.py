"""Corpora made to agree and made small: conflicts between types, pruning, instructions (after B2NER, Yang et al. 2025)."""

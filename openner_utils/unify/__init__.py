"""Corpora made to agree, made small, and made into instructions: pruning, conflicts of types (B2NER, Yang et al. 2025)."""

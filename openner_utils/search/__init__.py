"""Recipes that are tried on a development set: drawn with Optuna, in T-NER's three phases, or learning rates alone."""

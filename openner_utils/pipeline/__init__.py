"""Notebooks as text, the runner that executes them, and what dvc.yaml says of the code."""

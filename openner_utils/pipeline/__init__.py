"""Notebooks as text, the runner that executes them, and what dvc.yaml says of the code."""

import sys

# What checks notebooks (jsonschema) builds a grammar of internationalized web addresses whenever it is imported, for 1.5
# seconds in each process. There is none to check in a notebook, and it does without where this module is absent.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

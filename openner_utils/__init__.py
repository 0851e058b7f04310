"""Shared modules of the OpenNER compendium: everything that computes.

Importing the package switches telemetry off for the libraries beneath it and keeps them offline unless
``OPENNER_ONLINE=1`` allows model downloads; a value that is already set in the environment wins.
"""

import os

__version__ = "0.1.0"

_QUIET = {
    "DVC_NO_ANALYTICS": "1",
    "ITERATIVE_DO_NOT_TRACK": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}
for _name, _value in _QUIET.items():
    os.environ.setdefault(_name, _value)
if os.environ.get("OPENNER_ONLINE") != "1":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")

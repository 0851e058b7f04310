"""What readers see: figures, tables, HTML pages, README, log, and whether a run gives the committed tables."""

import logging

# Where matplotlib keeps its fonts, and how long it takes to find them, is no part of an executed notebook.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

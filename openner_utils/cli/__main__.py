"""``python -m openner_utils.cli``: the command where it is not on the PATH."""

from openner_utils.cli.main import main

main()

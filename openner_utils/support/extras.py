"""Packages that only some users need: they stand in a file of requirements of their own and are imported when asked for."""

import importlib
from types import ModuleType

from openner_utils.support.errors import OpenNERError


def extra(package: str, requirements: str, what: str) -> ModuleType:
    """Return an imported package; where it is absent the error says ``what`` needs it, and which file installs it.

    ``requirements``: a file at the top of the compendium.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != package.split(".")[0]:
            raise
        raise OpenNERError(
            f"{what} needs the package {package.split('.')[0]}, which is not installed. Install it: pip install -r {requirements}"
        ) from error

"""What commands print: names of files, labels and tokens are foreign text, and terminals obey what such text may hold."""

import json
import re

import typer

from openner_utils.support.words import on_line

_LEFT = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that terminals obey and that JSON may hold as they are."""


def say(text: str, err: bool = False) -> None:
    """Print a line on standard output, or on standard error; what a terminal would obey, or would end it, is written out."""
    typer.echo(on_line(text), err=err)


def say_json(value: object) -> None:
    r"""Print one JSON document; what a terminal would obey is escaped, so that the values stay what they are.

    >>> say_json(["\x1b[31m", "\x9b31m"])
    [
     "\u001b[31m",
     "\u009b31m"
    ]
    """
    text = json.dumps(value, ensure_ascii=False, indent=1)
    typer.echo(_LEFT.sub(lambda found: f"\\u{ord(found[0]):04x}", text))

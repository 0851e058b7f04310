"""What the user says about a file; everything that is left out is guessed."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from openner_utils.readers import READERS, delimited, glued_fields
from openner_utils.readers.guess import options_said
from openner_utils.readers.layout import OWN_FLAWS, Layout
from openner_utils.support.errors import OpenNERError, unknown

_GUESSED_WITH = ("separator", "token", "label", "encoding", "comment", "header", "extra", "sentence_id")
"""Options of the reader delimited on which a guess depends, so they are checked before it."""


@dataclass(frozen=True, slots=True)
class Format:
    """What the user says: ``options`` are the reader's, as on a card; ``allow`` names flaws that are passed over, ``outside``
    labels that mean O and stay as they are.
    """

    reader: str | None = None
    scheme: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    allow: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()

    def check(self) -> "Format":
        """Return this format; flaws, readers, separators and encodings that there are not are errors."""
        for flaw in self.allow:
            if flaw not in OWN_FLAWS:
                raise unknown("flaw", flaw, OWN_FLAWS)
        if self.reader is not None and self.reader not in READERS:
            raise unknown("reader", self.reader, READERS)
        if self.reader in (None, "delimited"):
            _check_separator(self.options.get("separator"))
        _check_encoding(self.options.get("encoding"))
        some = {name: value for name, value in self.options.items() if name in _GUESSED_WITH}
        if self.reader in (None, "delimited") and some:
            known = Layout("delimited", some).typed(delimited.Options)
            some = {name: getattr(known, name) for name in some}
            return replace(self, options={**self.options, **some})
        return self

    @property
    def said(self) -> str:
        """What the user says, as the command line takes it, each option after a blank; empty where nothing is said.

        >>> Format("delimited", "IOB2", {"separator": "tab"}, ("empty-label",)).said
        ' --reader delimited --scheme IOB2 --separator tab --allow empty-label'
        """
        named = (("reader", self.reader), ("scheme", self.scheme))
        words = [f"--{name} {value}" for name, value in named if value]
        words += options_said(self.options)
        words += [f"--allow {flaw}" for flaw in self.allow]
        words += [f"--outside {shlex.quote(label)}" for label in self.outside]
        return "".join(f" {word}" for word in words)


def _check_separator(separator: object) -> None:
    choices = get_args(delimited.Options.model_fields["separator"].annotation)
    if separator in (None, *choices):
        return
    if separator in (",", "comma", "csv"):
        raise OpenNERError(
            "Cells with commas between them are read by another reader: leave --separator out, or give --reader csv_tokens "
            "--option delimiter=, --option header=true --token 0 --label 1."
        )
    if separator in glued_fields.USUAL:
        raise OpenNERError(
            f"Words with their labels glued to them are read by another reader: --reader glued_fields --separator '{separator}'"
        )
    raise unknown("separator", str(separator), choices)


def _check_encoding(encoding: object) -> None:
    if encoding is None:
        return
    try:
        b"a".decode(str(encoding), "replace")
    except (LookupError, ValueError) as error:
        raise OpenNERError(
            f"{encoding!r} is no text encoding. Give one that Python knows, such as utf-8, latin-1, cp1252 or utf-16."
        ) from error

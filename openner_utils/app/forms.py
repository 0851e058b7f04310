"""What a browser sends: fields and files of a form, with limits on each."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from openner_utils.support.errors import OpenNERError

MOST_BYTES = 16 << 20
"""Bytes of a request's body."""
MOST_FIELDS = 64
_BOUNDARY = re.compile(
    r"""multipart/form-data;.*boundary="?([A-Za-z0-9'()+_,./:=? -]{1,70})"?""", re.IGNORECASE
)
_NAME = re.compile(rb'; name="([^"]{1,64})"')
_FILE = re.compile(rb'; filename="((?:[^"\\]|\\.){0,512})"')


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent: its name without folders, as somebody's browser says it, and its bytes."""

    name: str
    content: bytes


@dataclass(slots=True)
class Form:
    """Fields by name, each with the values that it was sent with; and files by the name of their field."""

    fields: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    files: dict[str, Upload] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """Return the first value of a field, or an empty text."""
        return next(iter(self.fields.get(name, ())), "")

    def all(self, name: str) -> list[str]:
        """Return all values of a field."""
        return list(self.fields.get(name, ()))


def form_of(kind: str, body: bytes) -> Form:
    """Return the form in a request's body, whose Content-Type is ``kind``; anything else than a form is an `OpenNERError`."""
    if kind.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        return _urlencoded(body)
    match = _BOUNDARY.match(kind)
    if match is None:
        raise OpenNERError("The request is no form. Send it from the page of this app.")
    return _multipart(body, match[1].encode("ascii"))


def _urlencoded(body: bytes) -> Form:
    form = Form()
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise OpenNERError(
            "The form is damaged, or has too many fields. Send it from the page of this app."
        ) from error
    for name, value in pairs:
        form.fields[name].append(value)
    return form


def _multipart(body: bytes, boundary: bytes) -> Form:
    """Return the form in a body of RFC 7578: parts between boundary lines, each with headers, an empty line, and its bytes."""
    form = Form()
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary, MOST_FIELDS + 1)
    if len(pieces) < 2 or len(pieces) > MOST_FIELDS or not pieces[-1].startswith(b"--"):
        raise OpenNERError("The form is damaged, or has too many fields. Send it from the page of this app.")
    for piece in pieces[1:-1]:
        head, blank, content = piece.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not blank or name is None:
            raise OpenNERError("The form is damaged. Send it from the page of this app.")
        file = _FILE.search(head)
        if file is None:
            form.fields[_text(name[1])].append(_text(content))
        elif file[1] or content:
            form.files[_text(name[1])] = Upload(re.split(r"[\\/]", _text(file[1]))[-1][:200], content)
    return form


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise OpenNERError("A field of the form is not UTF-8. Send it from the page of this app.") from error

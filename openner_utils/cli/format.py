"""The options of ``openner`` that say how a file is read, the same for every command that reads files without a card."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openner_utils.readers import READERS
from openner_utils.support.errors import OpenNERError
from openner_utils.support.words import shortened

if TYPE_CHECKING:  # the commands import what they need when they run
    from openner_utils.ownfiles.format import Format

SCHEMES = "IO, IOB1, IOB2 (or BIO), BIOES (IOBES), BILOU (BILUO) or BMES"
ALIASES = {"BIO": "IOB2", "IOBES": "BIOES", "BIOSE": "BIOES", "BILUO": "BILOU"}
"""Other names of encodings; in these and in ours, capitals do not matter."""
FORMS = {"JSON": "jsonl", "JSONL": "jsonl", "PARQUET": "parquet", "CONLL": "conll"}
"""Forms of files that are asked for where an encoding belongs, and the export that writes them."""

Reader = Annotated[str | None, typer.Option(help=f"{', '.join(READERS)}; default: guessed.")]
Scheme = Annotated[str | None, typer.Option(help=f"Encoding of the labels: {SCHEMES}; guessed.")]
Separator = Annotated[
    str | None,
    typer.Option(help="tab, space or whitespace; guessed. Of glued_fields: | or / or another sign."),
]
Token = Annotated[int | None, typer.Option(help="Column of tokens, from 0; guessed.")]
Label = Annotated[
    int | None, typer.Option(help="Column of labels, from 0, or from the end with -1; guessed.")
]
Encoding = Annotated[str | None, typer.Option(help="Text encoding; guessed.")]
More = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="NAME=VALUE",
        help="Another option of the reader, as on a card; lists in brackets.",
    ),
]
Allow = Annotated[
    list[str] | None,
    typer.Option(help="Pass over a flaw: empty-label, empty-token, missing-label or unknown-label."),
]
Outside = Annotated[
    list[str] | None,
    typer.Option(metavar="LABEL", help="A label that is no entity, too, and stays as it is."),
]
OPTIONS: dict[str, Any] = {
    "reader": Reader,
    "scheme": Scheme,
    "separator": Separator,
    "token": Token,
    "label": Label,
    "encoding": Encoding,
    "option": More,
    "allow": Allow,
    "outside": Outside,
}


def with_format(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say how its files are read; it gets them as one argument, ``format``."""

    @wraps(command)
    def run(**given: Any) -> None:
        _refuse_bytes(given)
        said = {name: given.pop(name) for name in OPTIONS}
        command(**given, format=format_of(**said))

    own = [each for each in inspect.signature(command).parameters.values() if each.name != "format"]
    more = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in OPTIONS.items()
    ]
    # Typer reads both, and what it finds here is all that it knows.
    run.__signature__ = inspect.Signature([*own, *more])  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in (*own, *more)}
    return run


def _refuse_bytes(given: Mapping[str, Any]) -> None:
    """Refuse options that are no UTF-8; files may have such names, and what is said of them may not."""
    from openner_utils.readers.text import half_pair

    for name, value in given.items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and half_pair(text):
                raise OpenNERError(
                    f"--{name.replace('_', '-')} {shortened(ascii(text))}: not UTF-8. Write it in UTF-8, as terminals do."
                )


def scheme_of(name: str) -> str:
    """Return our name of an encoding; a name that means several, or none of ours, is an error."""
    plain = name.upper()
    if plain == "IOB":
        raise OpenNERError(
            "IOB means two encodings. Say IOB2 (every mention begins with B-) or IOB1 (B- only between mentions "
            "of one type that touch)."
        )
    if plain in ("BMEOW", "BMEWO"):
        raise OpenNERError(
            f"{name} is BMES with W- for S-. Say BMES: in files that have W- it is read as S-, and S- is what is written."
        )
    if plain in FORMS:
        raise OpenNERError(
            f"{name} is a form of files, not an encoding of labels ({SCHEMES}). An export writes it: openner corpus add FILE, "
            f"openner data use ID, dvc repro standardize, openner export {FORMS[plain]} --out FOLDER."
        )
    from openner_utils.core.encoding import get_encoding

    return get_encoding(ALIASES.get(plain, plain)).name


def format_of(
    option: list[str] | None,
    reader: str | None,
    scheme: str | None,
    allow: list[str] | None,
    outside: list[str] | None,
    **named: Any,
) -> "Format":
    """Return what the options of the command line say about a file; ``named`` are options of the reader."""
    from openner_utils.ownfiles.format import Format

    options: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    for pair in option or ():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise OpenNERError(f"--option {pair}: expected NAME=VALUE, for instance --option header=true.")
        given = _value(pair, value)
        if options.get(name, given) != given:
            raise OpenNERError(
                f"--option {pair}: {name} was given before, as {options[name]!r}. Give it once."
            )
        options[name] = given
    said = scheme_of(scheme) if scheme else None
    return Format(reader, said, options, tuple(allow or ()), tuple(outside or ())).check()


def _value(pair: str, text: str) -> Any:
    """Return the value of an option: true, false, a number, a list in brackets or quoted text; else the text itself."""
    from openner_utils.readers.guess import VALUES

    if not VALUES.fullmatch(text):
        return text
    from openner_utils.support.documents import of_yaml

    try:
        return of_yaml(text, "the value")
    except OpenNERError as error:
        raise OpenNERError(
            f"--option {shortened(pair)}: {shortened(repr(text))} is not valid ({shortened(str(error))}) "
            "Put text in double quotes."
        ) from error

"""The commands of ``openner`` that make something for others: drafts of cards, exports, patches."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openner_utils.cli.format import SCHEMES, scheme_of, with_format
from openner_utils.cli.say import say

if TYPE_CHECKING:
    from openner_utils.ownfiles.format import Format

app = typer.Typer()
card = typer.Typer(help="Cards of corpora.", no_args_is_help=True)


@card.callback()
def _cards() -> None:
    """Keep `new` a command of its own, though it is the only one."""


@card.command()
@with_format
def new(
    file: Annotated[Path, typer.Argument(help="A file, or the folder of a corpus.")],
    id: Annotated[str | None, typer.Option(help="The corpus's id; default: from the file's name.")] = None,
    language: Annotated[str, typer.Option(help="ISO 639-3 code of the files' language.")] = "und",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File or folder of the card; default: beside FILE."),
    ] = None,
    *,
    format: "Format",
) -> None:
    """Draft a card: inspect the files, say what was guessed and why, and write a card to complete."""
    from openner_utils.ownfiles.draft_card import draft

    drafted = draft(file, id, language, format)
    for line in drafted.told:
        say(f"guessed: {line}", err=True)
    path = drafted.write(out or file.parent)
    say(f"{path}: {drafted.text.count('TODO')} places to complete")


@app.command()
def export(
    format: Annotated[str, typer.Argument(help="conll, parquet or jsonl.")],
    out: Annotated[Path, typer.Option("--out", help="A new or empty folder.")],
    corpora: Annotated[
        list[str] | None, typer.Argument(metavar="CORPUS…", help="Default: those of params.yaml.")
    ] = None,
    release: Annotated[str, typer.Option(help="standardized or core.")] = "standardized",
    encoding: Annotated[str, typer.Option(help=f"Of conll: {SCHEMES}.")] = "IOB2",
) -> None:
    """Write corpora from the stage standardize for other programs, with a README of counts, licences, citations."""
    from openner_utils.config.params import OfData, load
    from openner_utils.exports import releases as exports

    done = exports.export(format, out, corpora or load(OfData).data.corpora, release, scheme_of(encoding))
    say(f"{len(done)} files and README.md → {out}")


@app.command()
def upstream(
    corpus: Annotated[str, typer.Argument(help="A corpus that data/ holds.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The patch; default: standard output.")
    ] = None,
) -> None:
    """Write the repairs of a corpus as a patch against the publisher's files, for `git apply`."""
    from openner_utils.catalog import load_card
    from openner_utils.exports import upstream as patches
    from openner_utils.support.files import write_bytes

    patch = patches.patch(load_card(corpus))
    if out is None:
        sys.stdout.buffer.write(patch.content)
        sys.stdout.buffer.flush()
    else:
        write_bytes(out, patch.content)
    for name, lines in patch.changed.items():
        say(f"{name}: {lines} lines", err=True)
    if not patch.changed:
        say(f"{corpus}: nothing to repair", err=True)

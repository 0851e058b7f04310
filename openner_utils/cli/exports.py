"""The commands of ``openner`` that make something for others: drafts of cards, exports, patches."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openner_utils.cli.format import SCHEMES, scheme_of, with_format
from openner_utils.cli.paths import folder
from openner_utils.cli.say import say
from openner_utils.cli.stale import tell_stale
from openner_utils.support.paths import Place
from openner_utils.support.seeds import LARGEST_SEED
from openner_utils.support.words import counted

if TYPE_CHECKING:
    from openner_utils.ownfiles.format import Format

app = typer.Typer()
card = typer.Typer(help="Cards of corpora.", no_args_is_help=True)


@card.command()
@with_format
def new(
    path: Annotated[
        Path, typer.Argument(help="A file, a folder, an archive, or the snapshot of a whole repository.")
    ],
    id: Annotated[str | None, typer.Option(help="The corpus's id; default: from PATH's name.")] = None,
    language: Annotated[str, typer.Option(help="ISO 639-3 code of the files' language.")] = "und",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="File or folder of the card; default: beside PATH.", callback=folder
        ),
    ] = None,
    *,
    format: "Format",
) -> None:
    """Draft cards, one for each kind of file: inspect the files, say what was guessed and why, write cards to complete."""
    from openner_utils.ownfiles.drafting import draft

    drafted = draft(path, id, language, format)
    written = drafted.write(out or path.parent)
    for line in drafted.apart:
        say(f"set apart: {line}", err=True)
    for card, where in zip(drafted.cards, written, strict=True):
        for line in card.guessed:
            say(f"{where}: guessed: {line}", err=True)
        for line in (*card.again, *card.flaws):
            say(f"{where}: {line}", err=True)
        say(f"{where}: {counted(card.open_places, 'place')} to complete")
    say("Next, count by what was written, now and whenever it changes:")
    for where in written:
        say(f"  openner card count {shlex.quote(str(where))} {shlex.quote(str(drafted.root))}")


@card.command()
def count(
    path: Annotated[Path, typer.Argument(metavar="CARD", help="A card, complete or not.")],
    folder: Annotated[Path, typer.Argument(help="Where the files of the card lie, under their paths.")],
) -> None:
    """Read and clean a corpus's files as its card says, and count; exit code 1 if a file stops it or is not as expected."""
    from openner_utils.ownfiles.card_count import count as rows_of
    from openner_utils.ownfiles.drafting.text import open_places

    failures = 0
    for row in rows_of(path, folder):
        say(row.told)
        failures += row.failed
    if left := open_places(path.read_text(encoding="utf-8-sig")):
        say(f"{path}: {counted(left, 'place')} to complete (TODO)", err=True)
    if failures:
        say(f"{counted(failures, 'file is', 'files are')} not as the card says", err=True)
        raise typer.Exit(1)


@app.command()
def export(
    context: typer.Context,
    format: Annotated[str, typer.Argument(help="conll, parquet, jsonl or instructions.")],
    out: Annotated[
        Path, typer.Option("--out", help="A folder that is new, empty, or of an export.", callback=folder)
    ],
    corpora: Annotated[
        list[str] | None, typer.Argument(metavar="CORPUS…", help="Default: those of params.yaml.")
    ] = None,
    release: Annotated[str, typer.Option(help="standardized or core; not of instructions.")] = "standardized",
    encoding: Annotated[str, typer.Option(help=f"Of conll: {SCHEMES}.")] = "IOB2",
    types: Annotated[
        str,
        typer.Option(
            help="Of instructions: names of types, universal (the taxonomy's), standardized or published."
        ),
    ] = "universal",
    use: Annotated[
        str,
        typer.Option(
            help="Of instructions: licences that are any, known, adaptable or open (also commercially)."
        ),
    ] = "any",
    seed: Annotated[
        int, typer.Option(min=0, max=LARGEST_SEED, help="Of instructions: decides label sets and examples.")
    ] = 1,
    labels: Annotated[
        int, typer.Option(min=1, help="Of instructions: most types of a training label set.")
    ] = 18,
    dropout: Annotated[
        float, typer.Option(min=0, max=1, help="Of instructions: how often a type is dropped in training.")
    ] = 0.1,
    copies: Annotated[
        int, typer.Option(min=1, help="Of instructions: label sets for each training sentence.")
    ] = 1,
    shots: Annotated[int, typer.Option(min=0, help="Of instructions: worked examples before each text.")] = 0,
    descriptions: Annotated[
        bool, typer.Option("--descriptions", help="Of instructions: say what types mean.")
    ] = False,
    named: Annotated[bool, typer.Option("--name-corpus", help="Of instructions: name the corpus.")] = False,
    plain: Annotated[
        bool,
        typer.Option("--all-labels", help="Of instructions: name every type in training, too, in one order."),
    ] = False,
) -> None:
    """Write corpora for other programs, with a README of counts, licences, citations.

    conll, parquet and jsonl are made from the stage standardize, instructions from the stage clean.

    Stale releases are named: `dvc repro standardize` makes them anew.
    """
    from openner_utils.config.params import OfData, load
    from openner_utils.core.artifacts import CLEANED
    from openner_utils.exports import instructions, releases

    place: Place = context.obj
    chosen = corpora or load(OfData, place.params).data.corpora
    if format != instructions.FORMAT:
        done = releases.export(format, out, chosen, release, scheme_of(encoding), place)
        tell_stale(place, [releases.RELEASES[release].path(place.artifacts, corpus=each) for each in chosen])
        say(f"{len(done)} files and README.md → {out}")
        return
    from openner_utils.support.errors import unknown
    from openner_utils.unify.instructions import Options
    from openner_utils.unify.names import TYPES

    if types not in TYPES:
        raise unknown("kind of types", types, TYPES)
    options = Options(seed, labels, dropout, descriptions, shots, named, not plain, copies)
    made = instructions.export(out, chosen, options, types, use, place)  # type: ignore[arg-type]
    tell_stale(place, [CLEANED.path(place.artifacts, corpus=each) for each in chosen])
    for corpus in made.left_out:
        say(f"{corpus}: left out, its licence is not for {use} use", err=True)
    say(f"{counted(made.counts.total(), 'instruction')} and README.md → {out}")


@app.command()
def upstream(
    corpus: Annotated[str, typer.Argument(help="A corpus that data/ holds.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The patch; default: standard output.")
    ] = None,
) -> None:
    """Write the labels of a corpus as cleaning left them as a patch against the publisher's files, for `git apply`."""
    from openner_utils.catalog import load_card
    from openner_utils.exports import upstream as patches
    from openner_utils.support.files import write_bytes

    patch = patches.patch(load_card(corpus))
    if not patch.changed:
        say(f"{corpus}: no label differs from what is published, so no patch was written", err=True)
        return
    if out is None:
        sys.stdout.buffer.write(patch.content)
        sys.stdout.buffer.flush()
    else:
        write_bytes(out, patch.content)
    for name, rules in patch.changed.items():
        by_rule = ", ".join(f"{rule} {number:,}" for rule, number in rules.most_common())
        say(f"{name}: {counted(rules.total(), 'line')} ({by_rule})", err=True)

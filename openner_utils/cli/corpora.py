"""The commands of ``openner`` for a corpus of one's own: into the catalog in one step, and its page without a run."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openner_utils.cli.format import with_format
from openner_utils.cli.paths import folder
from openner_utils.cli.say import say
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place

if TYPE_CHECKING:  # the commands import what they need when they run
    from openner_utils.ownfiles.format import Format

corpus = typer.Typer(help="Corpora of one's own, put into the catalog.", no_args_is_help=True)
report = typer.Typer(help="Pages that need no run of the pipeline.", no_args_is_help=True)


@corpus.command()
@with_format
def add(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="A file, a folder or an archive of this machine.")],
    language: Annotated[
        str, typer.Option(help="ISO 639-3 code of the files' language; default: as their paths tell.")
    ] = "und",
    id: Annotated[str | None, typer.Option(help="The corpus's id; default: from PATH's name.")] = None,
    type: Annotated[
        list[str] | None,
        typer.Option(metavar="RAW=NAME", help="What a type of the files is: --type gpe=GPE."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Add anew what was added before, with its card.")
    ] = False,
    *,
    format: "Format",
) -> None:
    """Put files of one's own into the catalog: card drafted and completed, files copied into downloads/."""
    from openner_utils.api import corpora

    place: Place = context.obj
    added, apart = corpora.add(path, language, id, _types(type or ()), format, replace, place)
    for line in apart:
        say(f"set apart: {line}", err=True)
    for each in added:
        where = place.relative(each.card)
        for line in each.guessed:
            say(f"{where}: guessed: {line}", err=True)
        for line in each.again:
            say(f"{where}: {line}", err=True)
        for raw in each.unsure:
            say(
                f"{where}: {raw}: no standardized name is certain, so it is MISC. Say it: --replace --type {raw}=NAME",
                err=True,
            )
        say(f"{each.card.stem} → {where}")
    ids = " ".join(each.card.stem for each in added)
    if apart:
        say(
            f"{ids}: without the files that are set apart above; openner validate FILE says more of each",
            err=True,
        )
    say("Next, its page (nothing is trained), and the pipeline with it beside the samples or alone:")
    for command in (f"report corpus {ids}", f"data use samples {ids}", f"data use {ids}"):
        say(f"  openner {command}")


def _types(pairs: "list[str] | tuple[str, ...]") -> dict[str, str]:
    """Return what ``RAW=NAME`` pairs say."""
    said = {}
    for pair in pairs:
        raw, equals, name = pair.rpartition("=")
        if not (equals and raw and name):
            raise OpenNERError(f"--type {pair}: expected RAW=NAME, for instance --type gpe=GPE.")
        said[raw] = name
    return said


@report.command("corpus")
def of_corpus(
    context: typer.Context,
    ids: Annotated[
        list[str], typer.Argument(metavar="CORPUS…", help="Corpora at hand: samples, or fetched.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Default: reports/corpora.", callback=folder)
    ] = None,
) -> None:
    """Write the page of a corpus without training anything: counts, labels, repairs, ledger, leakage, examples."""
    from openner_utils.api import corpora

    place: Place = context.obj
    for page in corpora.report(ids, out or place.corpus_pages, place):
        say(f"open {shlex.quote(place.relative(page))}")

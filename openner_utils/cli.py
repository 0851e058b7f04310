"""The command ``openner``. Each subcommand imports what it needs, so that ``openner --help`` is quick."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from openner_utils.errors import OpenNERError

app = typer.Typer(
    help="The OpenNER compendium: corpora, pipeline and reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data = typer.Typer(
    help="Choose the corpora of a run: data/ is a view of samples/ or of the store.", no_args_is_help=True
)
app.add_typer(data, name="data")


def main() -> None:
    """Run the command line; an error that the user can act on is one line and exit code 1."""
    try:
        app()
    except OpenNERError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(
            f"error: {error.filename or 'input/output'}: {error.strerror or error}. Correct this and rerun."
        )


@app.command()
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="CORPUS…", help="Corpora of the catalog.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every corpus of the catalog.")] = False,
    mirror: Annotated[
        Path | None,
        typer.Option(
            envvar="OPENNER_MIRROR", help="Read the same URLs from this local tree instead of the network."
        ),
    ] = None,
) -> None:
    """Fetch corpora from their publishers into downloads/; an interrupted fetch continues."""
    if bool(names) == everything:
        raise OpenNERError("Name the corpora to fetch, or give --all. `openner data show` lists them.")
    from openner_utils import paths
    from openner_utils.catalog import load_cards
    from openner_utils.sources.build import SAMPLES
    from openner_utils.sources.fetch import fetch as run
    from openner_utils.sources.store import Store
    from openner_utils.sources.transfer import Https, Mirror

    cards = [card for card in load_cards(names or None).values() if card.source.repository != SAMPLES]
    failures = 0
    for outcome in run(cards, Store(paths.DOWNLOADS), Mirror(mirror) if mirror else Https()):
        state = f"{len(outcome.failures)} failed" if outcome.failures else "complete"
        typer.echo(f"{outcome.corpus}: {outcome.files} files, {outcome.fetched:,} bytes fetched, {state}")
        for failure in outcome.failures:
            typer.echo(f"error: {outcome.corpus}: {failure}", err=True)
        failures += len(outcome.failures)
    if failures:
        raise typer.Exit(1)


@data.command()
def use(
    names: Annotated[
        list[str], typer.Argument(metavar="samples | CORPUS…", help="The collection or corpora.")
    ],
) -> None:
    """Build data/ from samples/ or from fetched corpora; rewrites data.dvc and the list in params.yaml."""
    from openner_utils import paths
    from openner_utils.sources.build import use as build
    from openner_utils.sources.store import Store

    held = build(names, Store(paths.DOWNLOADS))
    typer.echo(
        f"data/ now holds {len(held)} corpora: {', '.join(held)}. `dvc repro` runs the pipeline on them."
    )


@data.command()
def show() -> None:
    """List the catalog: what is fetched, and what data/ holds now."""
    from openner_utils import paths
    from openner_utils.catalog import load_cards
    from openner_utils.sources.build import SAMPLES
    from openner_utils.sources.pin import chosen
    from openner_utils.sources.store import Store

    store, used = Store(paths.DOWNLOADS), chosen()
    rows = [("in use", "corpus", "languages", "files", "licence", "where")]
    for name, card in load_cards().items():
        here = sum(store.content(file) is not None for file in card.files)
        where = f"downloads/ ({here} of {len(card.files)} files)" if here else "not fetched"
        if card.source.repository == SAMPLES:
            where = "samples/"
        mark = "yes" if name in used else ""
        rows.append((mark, name, " ".join(card.languages), str(len(card.files)), card.licence.spdx, where))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

"""The command ``openner``. Each subcommand imports what it needs, so that ``openner --help`` is quick."""

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from openner_utils.cli import app as cli_app
from openner_utils.cli import compare as cli_compare
from openner_utils.cli import corpora as cli_corpora
from openner_utils.cli import exports as cli_exports
from openner_utils.cli import files as cli_files
from openner_utils.cli import models as cli_models
from openner_utils.cli import search as cli_search
from openner_utils.cli import splits as cli_splits
from openner_utils.cli import tagger as cli_tagger
from openner_utils.cli import taxonomy as cli_taxonomy
from openner_utils.cli import unify as cli_unify
from openner_utils.cli import web as cli_web
from openner_utils.cli.paths import NoEmptyPath, folder
from openner_utils.cli.say import say
from openner_utils.cli.stale import tell_stale
from openner_utils.support.errors import OpenNERError, refusal
from openner_utils.support.paths import HERE, Place
from openner_utils.support.process import insist_on_utf8
from openner_utils.support.words import counted, on_line, shortened

app = typer.Typer(
    cls=NoEmptyPath,
    help="The OpenNER compendium: corpora, pipeline and reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data = typer.Typer(
    help="Choose the corpora of a run: data/ is a view of samples/ or of the store.", no_args_is_help=True
)
profile = typer.Typer(help="Named sets of choices for params.yaml.", no_args_is_help=True)
log = typer.Typer(help="The log of experiments, docs/log.md.", no_args_is_help=True)
_GROUPS = (
    (data, "data"), (profile, "profile"), (log, "log"), (cli_exports.card, "card"), (cli_models.model, "model"), (cli_search.runs, "runs"),
    (cli_tagger.tagger, "tagger"), (cli_taxonomy.taxonomy, "taxonomy"), (cli_corpora.corpus, "corpus"), (cli_corpora.report, "report"),
    (cli_web.web, "web"),
)  # fmt: skip
for _group, _name in _GROUPS:
    app.add_typer(_group, name=_name)


def main(arguments: list[str] | None = None, place: Place = HERE) -> None:
    """Run the command line on ``place``; an error that the user can act on is one line and exit code 1."""
    insist_on_utf8()
    if sys.stdout is None:  # its number would go to the next file that is opened
        sys.exit("error: standard output is closed. Send it to /dev/null where nothing is to be told.")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files need not be UTF-8
    try:
        app(arguments, obj=place)
    except OpenNERError as error:
        sys.exit("\n".join(("error: " + on_line(error.said), *map(on_line, error.details))))
    except OSError as error:
        sys.exit(f"error: {on_line(refusal(error))}")
    except MemoryError:
        sys.exit(
            "error: out of memory. Name fewer or smaller files, or split them at blank lines; a packed file may hold "
            "far more than its size."
        )
    except UnicodeEncodeError:
        from openner_utils.readers.text import half_pair

        given = sys.argv[1:] if arguments is None else arguments
        odd = next((each for each in given if half_pair(each)), None)
        if odd is None:
            raise
        sys.exit(
            f"error: {shortened(ascii(odd))}: an argument that is not UTF-8. Write it in UTF-8, as terminals do."
        )


@app.command()
def fetch(
    context: typer.Context,
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
    from openner_utils.catalog import load_cards
    from openner_utils.sources.build import SAMPLES
    from openner_utils.sources.fetch import fetch as run
    from openner_utils.sources.store import Store
    from openner_utils.sources.transfer import Https, Mirror

    place: Place = context.obj
    cards = [
        card for card in load_cards(names or None, place.cards).values() if card.source.repository != SAMPLES
    ]
    failures = 0
    for outcome in run(cards, Store(place.downloads), Mirror(mirror) if mirror else Https()):
        state = f"{len(outcome.failures)} failed" if outcome.failures else "complete"
        if outcome.absent:
            state += f" but for {len(outcome.absent)} unverified file(s) that the mirror lacks"
        if outcome.restricted:
            state = "to be had from its publisher only"
            say(outcome.restricted[0], err=True)
        say(f"{outcome.corpus}: {outcome.files} files, {outcome.fetched:,} bytes fetched, {state}")
        for line in outcome.recorded:
            say(f"{outcome.corpus}: unverified, recorded: {line}")
        for member in outcome.empty:
            say(f"{outcome.corpus}: empty: {member}")
        for failure in outcome.failures:
            say(f"error: {outcome.corpus}: {failure}", err=True)
        failures += len(outcome.failures) + (bool(outcome.restricted) and not everything)
    if failures:
        raise typer.Exit(1)


@data.command()
def use(
    context: typer.Context,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="samples | fetched | CORPUS…", help="The collection, all that is fetched, or corpora."
        ),
    ],
) -> None:
    """Build data/ from samples/ or from fetched corpora; rewrites data.dvc and the list in params.yaml."""
    from openner_utils.sources.build import use as build
    from openner_utils.sources.store import Store

    place: Place = context.obj
    held = build(names, Store(place.downloads), place)
    say(
        f"data/ now holds {counted(len(held), 'corpus', 'corpora')}: {', '.join(held)}. `dvc repro` runs the pipeline on them."
    )


@data.command()
def show(context: typer.Context) -> None:
    """List the catalog: what is fetched, and what data/ holds now."""
    from openner_utils.catalog import load_cards
    from openner_utils.sources.address import url
    from openner_utils.sources.build import SAMPLES
    from openner_utils.sources.pin import chosen
    from openner_utils.sources.store import Store

    place: Place = context.obj
    store, used = Store(place.downloads), chosen(place)
    rows = [("in use", "corpus", "languages", "files", "licence", "where")]
    for name, card in load_cards(cards=place.cards).items():
        here = sum(bool(store.content(file, url(card, file))) for file in card.files)
        where = f"downloads/ ({here} of {len(card.files)} files)" if here else "not fetched"
        if card.source.repository == SAMPLES:
            where = "samples/"
        if card.unverified:
            where += ", unverified"
        if card.source.instructions:
            where += ", restricted"
        mark = "yes" if name in used else ""
        rows.append((mark, name, " ".join(card.languages), str(len(card.files)), card.licence.spdx, where))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@profile.command("use")
def profile_use(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A file of profiles/, without its ending.")],
) -> None:
    """Write params.yaml as a profile says; corpora that data/ lacks are named."""
    from openner_utils.config import profiles

    place: Place = context.obj
    _tell_moved(profiles.use(name, place), place)
    say(f"params.yaml is now the profile {name}.")
    lacking = [each for each in profiles.corpora(name, place.profiles) if not (place.data / each).is_dir()]
    if lacking:
        say(
            f"data/ lacks {', '.join(lacking)}: `openner profile run {name}` fetches them and runs the pipeline."
        )
    else:
        say("data/ holds its corpora: `dvc repro` runs the pipeline on them.")


@profile.command("run")
def profile_run(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A file of profiles/, without its ending.")],
    mirror: Annotated[
        Path | None,
        typer.Option(
            envvar="OPENNER_MIRROR", help="Read corpora from this local tree instead of the network."
        ),
    ] = None,
) -> None:
    """Write params.yaml, fetch the corpora, build data/ and run the pipeline: one command for an experiment.

    `openner profile run sample` returns to the default.
    """
    from openner_utils.catalog import load_cards
    from openner_utils.config import profiles
    from openner_utils.pipeline.repro import repro
    from openner_utils.sources.build import SAMPLES

    place: Place = context.obj
    corpora = profiles.corpora(name, place.profiles)
    cards = load_cards(corpora, place.cards)
    real = [card.id for card in cards.values() if card.source.repository != SAMPLES]
    if real:
        fetch(context, real, everything=False, mirror=mirror)
    _tell_moved(profiles.use(name, place), place)
    use(context, list(corpora) if real else [SAMPLES])
    raise typer.Exit(repro(place))


def _tell_moved(moved: tuple[Path, ...], place: Place) -> None:
    for path in moved:
        say(f"moved out of artifacts/, since nothing else keeps it: {place.relative(path)}", err=True)


@app.command()
def verify(
    context: typer.Context,
    accept: Annotated[
        bool, typer.Option(help="Then take this run's tables and figures over into reports/.")
    ] = False,
) -> None:
    """Compare this run's tables with the committed ones, and name what is stale or was edited by hand (exit code 1).

    Tables are identical, within tolerance, or different (tolerances: openner_utils/pages/table_schemas.yaml).

    This run's tables lie in artifacts/figures, the committed ones in reports/tables, where no run writes.

    What was made is stale where data, params.yaml or code are no longer as dvc.lock has them.
    """
    from openner_utils.pages.freshness import look
    from openner_utils.pages.verify import accept as take_over
    from openner_utils.pages.verify import verify as compare

    place: Place = context.obj
    verdict = compare()
    for line in f"Tables against the last commit: {verdict}".split("\n"):
        say(line)
    if accept:
        take_over(place)
    found = look(place)
    for line in str(found).split("\n"):
        say(line)
    if (verdict.level == "different" and not accept) or not found.fresh:
        raise typer.Exit(1)


@app.command()
def paper(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder.", callback=folder)] = Path(
        "reports/paper"
    ),
) -> None:
    """Write a run's tables, figures and numbers for LaTeX, each with what it was made from."""
    from openner_utils.pages import paper as pages

    place: Place = context.obj
    written = pages.write(place, out)
    tell_stale(place, [place.made])
    say(f"{counted(len(written), 'file')} in {out}")


@log.command("add")
def log_add(title: Annotated[str, typer.Argument(help="What the experiment is about.")]) -> None:
    """Append the present results to docs/log.md, with the hash of the file they come from."""
    from openner_utils.pages import logbook

    logbook.add(title)


@log.command("table")
def log_table(
    title: Annotated[str, typer.Argument(help="What was measured.")],
    file: Annotated[Path, typer.Argument(help="A CSV file with the results.", exists=True, dir_okay=False)],
) -> None:
    """Append a CSV file as a table to docs/log.md, with its hash."""
    from openner_utils.pages import logbook

    logbook.add_file(title, file)


@log.command("errors")
def log_errors() -> None:
    """Append the simulated error rates of intervals and tests to docs/log.md (python -m benchmarks significance)."""
    from openner_utils.pages import logbook

    logbook.errors()


@log.command("corpora")
def log_corpora() -> None:
    """Write docs/corpora.md from the audit: what was found in each corpus, what its card expects, what is published."""
    from openner_utils.pages import logbook

    logbook.corpora()


for _commands in (
    cli_files.app,
    cli_compare.app,
    cli_exports.app,
    cli_models.app,
    cli_search.app,
    cli_splits.app,
    cli_unify.app,
    cli_app.app,
):
    app.add_typer(_commands)


if __name__ == "__main__":
    main()

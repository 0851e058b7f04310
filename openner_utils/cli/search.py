"""The commands of ``openner`` that look for a recipe, and that say where grids of runs stand."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from openner_utils.cli.format import with_format
from openner_utils.cli.paths import folder
from openner_utils.cli.say import say
from openner_utils.cli.seeds import Seed
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place

if TYPE_CHECKING:
    from openner_utils.ownfiles.format import Format
    from openner_utils.search.rates import RateTest
    from openner_utils.search.told import Row

app = typer.Typer()
runs = typer.Typer(help="Grids of runs, and where each stands.", no_args_is_help=True)

Strategy = Literal["tpe", "three-phase"]
_SHOWN = 10


@app.command()
@with_format
def search(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Labelled files to train on.")],
    dev: Annotated[
        list[Path] | None,
        typer.Option(help="A labelled file that recipes are compared on; never a test set."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="The folder of the search; one that holds it already goes on.",
            callback=folder,
        ),
    ] = None,
    encoder: Annotated[str, typer.Option(help="A name under `encoders` of params.yaml.")] = "minilm",
    strategy: Annotated[
        Strategy, typer.Option(help="tpe draws recipes (Optuna); three-phase tries a grid as T-NER does.")
    ] = "tpe",
    trials: Annotated[int, typer.Option(min=1, help="Recipes that tpe draws.")] = 20,
    first: Annotated[
        int | None, typer.Option(min=1, help="Epochs of the first phase; a quarter of the recipe's.")
    ] = None,
    keep: Annotated[int, typer.Option(min=1, help="Recipes of the second phase.")] = 3,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Trials at once; tpe repeats itself with one alone. Default: 1, of three-phase `run.workers`.",
        ),
    ] = None,
    seed: Seed = 1,
    find_rate: Annotated[
        bool, typer.Option("--find-rate", help="Only look at the loss while the learning rate rises.")
    ] = False,
    *,
    format: "Format",
) -> None:
    """Look for the recipe of an encoder on labelled files: what is tried stands under `search` in params.yaml.

    An interrupted search goes on when the same command is run again. The best recipe is printed as a block of params.yaml.
    """
    from openner_utils.api import searching
    from openner_utils.cli.models import labelled
    from openner_utils.config.params import OfSearch, load
    from openner_utils.exports.folder import MODEL
    from openner_utils.runs.sites import Site
    from openner_utils.search.three_phase import Phases
    from openner_utils.support.errors import unknown
    from openner_utils.support.paths import HERE
    from openner_utils.support.progress import bar

    params = load(OfSearch)
    if encoder not in params.encoders:
        raise unknown("encoder", encoder, params.encoders)
    recipe = params.encoders[encoder]
    if find_rate:
        with bar("rising rate", total=searching.STEPS) as shown:
            test = searching.find_rate(
                recipe, [labelled(path, format) for path in files], seed, shown.advance
            )
        _tell_rate(test, recipe.learning_rate, seed)
        return
    if not dev or out is None:
        raise OpenNERError(
            "A search needs --dev FILE, on which recipes are compared, and --out FOLDER, in which it is kept."
        )
    if (out / MODEL).is_file():
        raise OpenNERError(
            f"{out}: holds a trained model, beside which no search is kept. Name another folder."
        )
    task = searching.Task(f"{encoder}_found", recipe, params.search, out, seed)
    train, held_out = ([labelled(path, format) for path in paths] for paths in (files, dev))
    if strategy == "tpe":
        rows = searching.draw(task, train, held_out, trials, workers or 1)
    else:
        if first is not None and first > recipe.epochs:
            raise OpenNERError(
                f"--first {first}: the recipe {encoder} has {recipe.epochs} epochs, all of which the second phase trains. Choose "
                "fewer, or raise `epochs` in params.yaml."
            )
        run = params.run if workers is None else params.run.model_copy(update={"workers": workers})
        phases = Phases(first or -(-recipe.epochs // 4), keep, most=2 * recipe.epochs)
        rows = searching.in_three_phases(task, train, held_out, phases, Site(run, HERE.own))
    _tell(rows, task.name, out)


def _tell(rows: "Sequence[Row]", name: str, out: Path) -> None:
    """Say what was tried, and the best recipe as it can be pasted."""
    from openner_utils.search.space import TRIED
    from openner_utils.search.told import BEST, TABLE, block, ranked

    best = ranked(rows)
    states = Counter(row.state for row in rows)
    say(
        f"{len(rows)} trials: {', '.join(f'{count} {state}' for state, count in states.items())} → {out / TABLE}"
    )
    if not best:
        raise OpenNERError(
            "No trial came to its end: every recipe diverged. Lower the bounds of `search.learning_rate`; --find-rate tells where."
        )
    for row in best[:_SHOWN]:
        values = ", ".join(
            f"{key} {value}" for key in TRIED if (value := getattr(row.tried.recipe, key)) is not None
        )
        say(f"F1 on dev {100 * row.tried.f1:5.1f}  trial {row.number}: {values}")
    say(
        f"The best of {len(rows)} on dev looks better there than it is: score it on sentences that no trial has seen. As a block of "
        f"params.yaml ({out / BEST}):"
    )
    for line in block(name, best[0].tried.recipe).splitlines():
        say(line)


def _tell_rate(test: "RateTest", own: float, seed: int) -> None:
    """Say at which learning rates the loss fell, was lowest and left all bounds; the rows that are spoken of are marked."""
    from math import log

    below = test.steepest_below
    marks: dict[int, str] = {}
    if below is not None:
        marks[below] = "  <- falls fastest below the loss of label frequencies"
    if test.steepest is not None:
        marks[test.steepest] = "  <- falls fastest: suggested"
    if test.losses:
        marks[test.lowest] = "  <- lowest"
        say(
            "learning rate, loss after smoothing (nats per token), and what it changes by for ten times the rate:"
        )
    for step in sorted({*range(0, len(test.rates), max(1, len(test.rates) // 20)), *marks}):
        change = log(10) * test.slopes[step] if len(test.rates) > 1 else 0.0
        say(f"rate {test.rates[step]:.1e}: loss {test.losses[step]:.3f} {change:+.3f}{marks.get(step, '')}")
    if test.diverged is not None:
        say(f"collapse: beyond rate {test.diverged:.1e} the loss leaves all bounds")
    if not test.learnt:
        say(
            f"collapse: at no rate did the loss fall below {test.constant_loss:z.3f}, that of a model that knows only how frequent "
            "labels are; in so few steps nothing was learnt from the text"
        )
    if test.suggested is None:
        raise OpenNERError(
            "No rate can be suggested: the loss never fell. Look at the labels (openner count FILE) and the recipe."
        )
    say(
        f"suggested learning_rate: {test.suggested:.1e}, where the loss fell fastest (the recipe's is {own:.1e}; a tenth of that with "
        f"the lowest loss is {test.rates[test.lowest] / 10:.1e})"
    )
    if test.losses[test.steepest or 0] >= test.constant_loss:
        say(
            f"There the loss was still above {test.constant_loss:.3f}, that of a model that knows only how frequent labels are: what "
            "it learnt so fast may be no more than these"
            + ("." if below is None else f". Below, it fell fastest at {test.rates[below]:.1e}.")
        )
    say(
        f"This is what seed {seed} gave, once: another --seed moves it. Take it as a middle to search around."
    )


@runs.command()
def status(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(help="Where runs are kept; default: those of the pipeline's stages.")
    ] = None,
) -> None:
    """Say of each grid how many of its runs are finished, missing and failed, and name those that are not finished."""
    from openner_utils.runs.manifest import all_below

    place: Place = context.obj
    if folder is not None and not folder.is_dir():
        raise OpenNERError(f"{folder}: no such folder. Name the one that runs are kept in, or none at all.")
    found = list(all_below(folder or place.resume))
    if not found:
        say(f"No grid of runs was begun in {folder or place.relative(place.resume)}.")
    for manifest in found:
        counts = ", ".join(f"{count} {state}" for state, count in manifest.counts().items())
        where = manifest.place if folder else manifest.place.relative_to(place.resume)
        say(f"{where}: {len(manifest.runs)} runs, {counts}")
        for run in manifest.runs:
            if run.state != "finished":
                say(f"  {run.state} {run.key[:12]}  {run.run}{': ' * bool(run.error)}{run.error}")

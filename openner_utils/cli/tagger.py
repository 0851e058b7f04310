"""The commands ``openner tagger``: a model that finds mentions of any types one names, trained on corpora with types of their own."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openner_utils.cli.format import with_format
from openner_utils.cli.models import write_labels, write_mentions
from openner_utils.cli.paths import beside, folder, refuse_over
from openner_utils.cli.say import say
from openner_utils.cli.seeds import Seed, each_once
from openner_utils.cli.unify import Names, Split, Types
from openner_utils.support.files import STANDARD
from openner_utils.support.paths import Place
from openner_utils.support.seeds import LARGEST_SEED
from openner_utils.support.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openner_utils.opentypes.recipe import Recipe
    from openner_utils.ownfiles.format import Format
    from openner_utils.unify.ablated import Comparison
    from openner_utils.unify.transferred import Correlation, Row

tagger = typer.Typer(help="A model for any list of entity types.", no_args_is_help=True)


@tagger.command()
@with_format
def train(
    context: typer.Context,
    names: Names,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="A folder that is new, empty, or of an earlier tagger.", callback=folder
        ),
    ],
    recipe: Annotated[
        Path | None,
        typer.Option(
            help="A YAML file with what is to be otherwise than in the default recipe, as `widest: 12`."
        ),
    ] = None,
    seed: Seed = 1,
    split: Split = "train",
    types: Types = "universal",
    *,
    format: "Format",
) -> None:
    """Train a model that compares spans with names of types, on corpora each of which annotates types of its own.

    What a corpus does not annotate it says nothing of: a word is no counter-example for a type that nobody looked for.
    """
    from openner_utils.api import opentypes
    from openner_utils.api.collecting import gather
    from openner_utils.exports.folder import refuse_foreign
    from openner_utils.support.errors import unknown
    from openner_utils.support.progress import bar
    from openner_utils.unify.names import TYPES

    if types not in TYPES:
        raise unknown("kind of types", types, TYPES)
    made_by = _recipe(recipe)
    refuse_foreign(out, model=True)
    place: Place = context.obj
    materials = [
        opentypes.material_of(each, types, place) for each in gather(names, split, types, place, format)
    ]
    total = made_by.epochs * sum(each.columns.n_sentences for each in materials)
    with bar("train a tagger, sentences", total=total) as shown:
        model, learnt = opentypes.train(materials, made_by, out, seed, advance=shown.advance)
    for number, loss in enumerate(learnt.losses, 1):
        say(f"epoch {number}: loss {loss:.3f} a sentence")
    for each in model.about.corpora:
        say(
            f"{each.name}: {counted(each.sentences, 'sentence')}, {counted(sum(each.mentions.values()), 'mention')} of "
            f"{counted(len(each.types), 'type')}"
        )
    if learnt.lost:
        say(
            f"{learnt.lost:,} of {counted(learnt.mentions, 'mention')} have more than {made_by.widest} tokens or reach beyond a window: "
            "they were not learnt, and such are not found. Raise `widest` in a recipe."
        )
    say(f"{counted(learnt.steps, 'step')} → {out}")


@tagger.command()
@with_format
def predict(
    model: Annotated[Path, typer.Argument(help="A folder that `openner tagger train` wrote.")],
    file: Annotated[Path, typer.Argument(help="Text in UTF-8, a file of tokens with --tokens, or -.")],
    type: Annotated[
        list[str] | None,
        typer.Option(help="A type to look for: of the taxonomy, or any words; default: those of training."),
    ] = None,
    types: Annotated[
        Path | None, typer.Option(help="A YAML file of types: a list, or `type: definition` a line.")
    ] = None,
    least: Annotated[
        float, typer.Option(min=0, max=1, help="Probability from which a span is a mention.")
    ] = 0.5,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write.")] = STANDARD,
    tokens: Annotated[
        bool, typer.Option("--tokens", help="The file holds tokens; labels in it are not looked at.")
    ] = False,
    *,
    format: "Format",
) -> None:
    """Find mentions of the types that are named, one JSON line for each line of a text: offsets are characters of that line.

    With --tokens the output is two columns, token and label (IOB2), with a tab between them.
    """
    from openner_utils.api import opentypes

    refuse_over(out, file, model, types)
    found = replace(opentypes.load(model), least=least)
    asked = (opentypes.read_words(types) if types else {}) | opentypes.words_of(type or ())
    if asked:
        found = found.asked(asked)
    if tokens:
        write_labels(found, file, out, format)  # spans decide, so that no label is invalid
    else:
        write_mentions(found, file, out)


@tagger.command()
@with_format
def transfer(
    context: typer.Context,
    names: Names,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="A folder for the tables: new, empty, or of an export.", callback=folder
        ),
    ],
    recipe: Annotated[
        Path | None, typer.Option(help="A YAML file with what is to be otherwise than in the default recipe.")
    ] = None,
    seed: Annotated[
        list[int] | None,
        typer.Option(min=0, max=LARGEST_SEED, help="A seed of training; default: 1, 2 and 3."),
    ] = None,
    sentences: Annotated[
        int, typer.Option("--sentences", "-n", min=1, help="Most sentences of each corpus to train on.")
    ] = 300,
    test: Annotated[int, typer.Option(min=1, help="Most sentences of each corpus to test on.")] = 300,
    arm: Annotated[
        list[str] | None,
        typer.Option(
            help="Compare with the full method: `published names`, `corpus names`, `no regularization`, `pruned`, "
            "`as few, drawn`, or `all` of them."
        ),
    ] = None,
    k: Annotated[
        int, typer.Option("-k", min=1, help="Sentences of a type of a corpus in the arm `pruned`.")
    ] = 10,
    finished: Annotated[
        bool, typer.Option("--finished", help="Train nothing: write what earlier calls have finished.")
    ] = False,
    page: Annotated[
        Path | None, typer.Option(help="Write an HTML page that answers what arms were compared for.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    *,
    format: "Format",
) -> None:
    """Test a tagger on domains that it never saw: each is held out once, and trained on are all others.

    Scores are those of types that are seen in training and of those that are not, under their own names and under others. What is finished
    is kept: a command that was ended goes on where it was.
    """
    from openner_utils.api import transferring, types_page
    from openner_utils.exports import transfer as exports
    from openner_utils.exports.folder import refuse_foreign
    from openner_utils.support.errors import OpenNERError
    from openner_utils.unify import ablated, arms, transferred
    from openner_utils.unify.vectors import of_checkpoint

    refuse_foreign(out)
    if page is not None:
        beside(page, out, *(Path(name) for name in names if name), recipe)
    place: Place = context.obj
    made_by = _recipe(recipe)
    seeds = list(each_once(seed))
    wanted = list(arms.ARMS) if "all" in (arm or ()) else [arms.FULL, *(arm or ())]
    made = transferring.prepare(
        names, transferring.Sizes(sentences, test, k), made_by, seeds, wanted, place, format
    )
    tested = transferring.carry_out(made, workers, place, train=not finished)
    folds = ablated.finished(made.folds, tested, seeds, arms.FULL)
    if not folds:
        raise OpenNERError("No domain is finished with every seed yet. Run the command without --finished.")
    rows = transferred.table(folds, tested)
    embed = of_checkpoint(made_by.checkpoint, place.own / "embeddings", made_by.revision)
    types = transferred.by_type(folds, tested, embed)
    together = transferred.correlation(types)
    comparisons = ablated.compare(folds, tested, seeds)
    options = {
        "recipe": made_by.model_dump(),
        "seeds": seeds,
        "sentences": sentences,
        "test": test,
        "corpora": names,
        "arms": wanted,
        "k": k,
        "domains": [fold.held for fold in folds],
    }
    exports.write(rows, types, together, comparisons, options, out)
    if page is not None:
        types_page.write(out, page)
        say(f"→ {page}")
    _tell(rows, comparisons if len(wanted) > 1 else None, together)


def _tell(
    rows: "Sequence[Row]", comparisons: "Sequence[Comparison] | None", together: "Correlation | None"
) -> None:
    """Say what a test out of domain came to; ``comparisons`` is None where no arm was asked for."""
    from openner_utils.unify import answers, transferred

    for row in rows:
        if row.rule == transferred.STRICT:
            say(
                f"{row.held}, {row.slice} types ({row.naming} names): F1 {100 * row.f1.value:.1f} "
                f"({100 * row.f1.low:.1f} to {100 * row.f1.high:.1f}), {counted(row.types, 'type')}, {counted(row.mentions, 'mention')}"
            )
    for question in () if comparisons is None else answers.QUESTIONS:
        say(question.title)
        for line in answers.answer(question, comparisons or []):
            say(f"  {line}")
    if together is not None:
        rho = together.value
        say(
            f"Familiarity of a name and F1, over {together.types} unseen types: rank correlation {rho.value:.2f} "
            f"({rho.low:.2f} to {rho.high:.2f})"
        )


def _recipe(path: Path | None) -> "Recipe":
    """Return the default recipe, or one with what a file says otherwise."""
    from openner_utils.opentypes.recipe import Recipe
    from openner_utils.support.documents import read_mapping
    from openner_utils.support.records import parse

    return Recipe() if path is None else parse(Recipe, read_mapping(path), str(path), path)

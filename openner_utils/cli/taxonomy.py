"""The commands ``openner taxonomy``: what entity types mean, whether the taxonomy holds together, and what a label may be."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from openner_utils.cli.say import say, say_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from openner_utils.support.words import counted

taxonomy = typer.Typer(
    help="The universal taxonomy of entity types, and what corpora call them.", no_args_is_help=True
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@taxonomy.command()
def show(
    name: Annotated[
        str | None,
        typer.Argument(metavar="TYPE", help="A type's name or alias; default: the main categories."),
    ] = None,
    tree: Annotated[
        bool, typer.Option("--tree", help="Types with their parts below them: of TYPE, or of all.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Tell what a type means, what is marked of it, and which raw types of which corpora it is."""
    from openner_utils.catalog.taxonomy import told, universal

    known = universal()
    chosen = None if name is None else known.named(name)
    if as_json:
        say_json([told.record(known, each) for each in known.types if chosen in (None, each)])
    elif tree:
        for line in told.forest(known) if chosen is None else told.tree(known, (chosen,)):
            say(line)
    elif chosen is not None:
        for line in told.lines(known, chosen):
            say(line)
    else:
        for category in known.categories.values():
            types = sum(each == category.name for each in known.category_of.values())
            say(f"{category.name} ({counted(types, 'type')}): {category.definition}")


@taxonomy.command()
def check(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Option(help="A taxonomy laid out like the compendium's; default: its own.")
    ] = None,
) -> None:
    """List what is wrong with types and with the raw types mapped to them; exit code 1 if anything is.

    A corpus of one's own (`openner corpus add`) need not be mapped; where it is, it is checked like any other.
    """
    from openner_utils.catalog import FOLDER, load_cards
    from openner_utils.catalog.ontology import entity_types
    from openner_utils.catalog.taxonomy import load, told, universal
    from openner_utils.catalog.taxonomy.checks import faults

    place: Place = context.obj
    known = load(folder) if folder else universal()
    if not known.types:
        raise OpenNERError(f"{folder}: no types. Give a folder that holds types/*.yaml.")
    every = load_cards(cards=place.cards)
    own = [
        id
        for id, card in every.items()
        if card.source.repository.startswith(f"{FOLDER}:") and id not in known.mapped
    ]
    cards = {id: card for id, card in every.items() if id not in own}
    found = faults(known, cards, frozenset(entity_types()))
    for fault in found:
        say(str(fault))
    for line in told.counts(known, cards):
        say(line)
    if own:
        say(f"Of one's own, and not mapped: {', '.join(own)}")
    say(counted(len(found), "fault"))
    if found:
        raise typer.Exit(1)


@taxonomy.command()
def suggest(
    label: Annotated[str, typer.Argument(help="What a corpus or a task calls a type, or a few words on it.")],
    most: Annotated[int, typer.Option("--most", "-n", min=1, help="How many types to name.")] = 5,
    subject: Annotated[
        str, typer.Option(help="Only types of this subject, such as law or cybersecurity.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Name the types that a label may mean, the nearest first, each with the reason."""
    from openner_utils.catalog.taxonomy import universal
    from openner_utils.catalog.taxonomy.nearest import suggest as nearest
    from openner_utils.support.errors import unknown

    known = universal()
    subjects = {known.subject(name) for name in known.types}
    if subject and subject not in subjects:
        raise unknown("subject", subject, subjects)
    found = nearest(known, label, most, subject)
    if as_json:
        say_json([asdict(each) for each in found])
        return
    if not found:
        say(f"Nothing in the taxonomy is like {label!r}. `openner taxonomy show --tree` lists all types.")
    for each in found:
        say(f"{each.score:.2f}  {each.type}: {each.why}")
        say(f"      {known.types[each.type].definition}")

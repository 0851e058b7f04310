"""The commands of ``openner`` for several corpora at once: what makes them small, and where their types contradict each other."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openner_utils.cli.format import with_format
from openner_utils.cli.paths import beside, folder
from openner_utils.cli.say import say
from openner_utils.cli.seeds import each_once
from openner_utils.support.paths import Place
from openner_utils.support.seeds import LARGEST_SEED
from openner_utils.support.words import counted

if TYPE_CHECKING:
    from openner_utils.ownfiles.format import Format

app = typer.Typer()

Names = Annotated[
    list[str],
    typer.Argument(
        metavar="CORPUS|FILE…", help="Corpora that data/ holds, or files and folders of one's own."
    ),
]
Split = Annotated[str, typer.Option(help="Of corpora of the catalog: train, dev, test or all.")]
Types = Annotated[
    str, typer.Option(help="Names of types: universal (the taxonomy's), standardized or published.")
]


@app.command()
@with_format
def prune(
    context: typer.Context,
    names: Names,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="A folder that is new, empty, or of an export.", callback=folder),
    ],
    k: Annotated[int, typer.Option("-k", min=1, help="Most sentences per corpus and type.")] = 400,
    strategy: Annotated[str, typer.Option(help="diverse, threshold, random, k-centre or plain.")] = "diverse",
    offset: Annotated[float, typer.Option(help="The paper's b; --sign says which way it works.")] = 0.0,
    sign: Annotated[
        str, typer.Option(help="stricter: b lowers the probability; equation: b raises it.")
    ] = "stricter",
    distance: Annotated[
        float, typer.Option(min=0, max=2, help="Of threshold: least cosine distance to all of the pool.")
    ] = 0.1,
    most: Annotated[int | None, typer.Option(min=0, help="Of plain: how many sentences to draw.")] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=LARGEST_SEED, help="Decides what is visited first and what is drawn.")
    ] = 1,
    encoder: Annotated[
        str, typer.Option(help="Checkpoint of the sentence vectors, as in params.yaml.")
    ] = "package:multilingual-e5-small",
    revision: Annotated[str | None, typer.Option(help="Commit of an encoder of the hub.")] = None,
    coverage: Annotated[
        bool,
        typer.Option("--coverage", help="Compare with the other strategies at several sizes: coverage.csv."),
    ] = False,
    split: Split = "train",
    types: Types = "universal",
    *,
    format: "Format",
) -> None:
    """Keep few sentences of each type of each corpus, and such as differ (the pruning of B2NER).

    All mentions of a kept sentence stay; up to a fifth of k sentences without a mention are kept per corpus.
    """
    from openner_utils.api.collecting import gather
    from openner_utils.catalog import corpora as catalogued
    from openner_utils.catalog import load_card
    from openner_utils.exports import pruned as exports
    from openner_utils.exports.folder import refuse_foreign
    from openner_utils.support.errors import unknown
    from openner_utils.unify import pruning
    from openner_utils.unify.coverage import curves
    from openner_utils.unify.names import TYPES
    from openner_utils.unify.vectors import of_checkpoint

    choices = ((strategy, pruning.STRATEGIES), (sign, pruning.SIGNS), (types, TYPES))
    for what, (given, allowed) in zip(("strategy", "sign", "kind of types"), choices, strict=True):
        if given not in allowed:
            raise unknown(what, given, allowed)
    options = pruning.Options(k, strategy, offset, sign, distance, most, seed)  # type: ignore[arg-type]
    refuse_foreign(out)
    place: Place = context.obj
    corpora = gather(names, split, types, place, format)  # type: ignore[arg-type]
    embed = of_checkpoint(encoder, place.own / "embeddings", revision)
    collection = [pruning.Candidates.of(each, embed(list(each.texts()))) for each in corpora]
    found = pruning.prune(collection, options)
    points = []
    if coverage:
        ways = [replace(options, strategy=each, most=options.most or 0) for each in pruning.STRATEGIES]
        ways.sort(key=lambda each: (each.strategy == "plain", each.strategy != "diverse"))
        sizes = sorted({max(k // part, 1) for part in (16, 8, 4, 2, 1)})
        points = list(curves(corpora, collection, ways, sizes))
    cards = [load_card(name, place.cards) for name in names if name in catalogued(place.cards)]
    exports.write(corpora, found, points, {"encoder": encoder, "split": split, "types": types}, out, cards)
    for each in corpora:
        kept = len(found.kept(each.name))
        say(f"{each.name}: {kept:,} of {counted(each.columns.n_sentences, 'sentence')} kept")
    say(f"{counted(len(found.pools), 'pool')} in {out / exports.POOLS}")


@app.command()
@with_format
def conflicts(
    context: typer.Context,
    names: Names,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="A folder for tables and suggestions: new, empty, or of an export.",
            callback=folder,
        ),
    ] = None,
    split: Split = "all",
    types: Types = "published",
    by: Annotated[
        list[str] | None, typer.Option(help="rule or model; give it twice for both. Default: rule.")
    ] = None,
    encoder: Annotated[
        str, typer.Option(help="By model: whose recipe, a name under `encoders` of params.yaml.")
    ] = "minilm",
    seed: Annotated[
        list[int] | None,
        typer.Option(min=0, max=LARGEST_SEED, help="By model: a seed of training; default: 1, 2 and 3."),
    ] = None,
    sentences: Annotated[
        int, typer.Option(min=1, help="By model: most sentences of a corpus to learn from, and to read.")
    ] = 1000,
    page: Annotated[Path | None, typer.Option(help="Write the atlas, a page in HTML, to this file.")] = None,
    most: Annotated[int, typer.Option("--most", "-n", min=0, help="How many of the clearest to print.")] = 20,
    *,
    format: "Format",
) -> None:
    """Find types that are called alike in two or more corpora and mark different things.

    By rule: by the texts that both hold; an effect is the share of texts that the other corpus marks otherwise, beyond how often the corpus
    contradicts itself. By model: a tagger that learnt from one corpus reads the other; an effect is the share of its mentions that the corpus
    has otherwise, beyond that of the corpus's own taggers.
    """
    from openner_utils.api import conflicting
    from openner_utils.api.collecting import gather, meaning
    from openner_utils.exports import conflicts as exports
    from openner_utils.exports.folder import refuse_foreign
    from openner_utils.support.errors import OpenNERError, unknown
    from openner_utils.unify.names import TYPES

    if types not in TYPES:
        raise unknown("kind of types", types, TYPES)
    methods = tuple(dict.fromkeys(by or [exports.RULE]))
    for method in methods:
        if method not in exports.METHODS:
            raise unknown("method", method, exports.METHODS)
    if len(names) < 2:
        raise OpenNERError("Conflicts are between corpora: name two or more.")
    if out is not None:
        refuse_foreign(out)
    if page is not None:
        beside(page, out, *(Path(name) for name in names if name))
    place: Place = context.obj
    options = conflicting.Options(encoder, each_once(seed), sentences)
    recipe = conflicting.recipe_of(options, place) if exports.MODEL in methods else None
    corpora = gather(names, split, types, place, format)
    found = [conflicting.find(method, corpora, options, recipe, meaning(place)) for method in methods]
    for each in found:
        for verdict in each.verdicts[:most]:
            say(exports.told(verdict))
        clear = sum(verdict.candidate.clear for verdict in each.verdicts)
        say(
            f"By {each.by}: {counted(len(each.verdicts), 'candidate')}, {clear} clear; {counted(len(each.edges), 'edge')} of the lattice"
        )
    if out is not None:
        exports.write(found, out)
    if page is not None:
        from openner_utils.api import atlas

        atlas.write(found, corpora, meaning(place), page)
        say(f"open {page}")

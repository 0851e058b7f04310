"""What pruning kept, as a folder: the sentences of each corpus as JSON lines, and how each pool was filled."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np

from openner_utils import __version__
from openner_utils.catalog import Card
from openner_utils.exports import jsonl, licences
from openner_utils.exports.folder import refuse_foreign, replaced
from openner_utils.exports.tables import write_csv
from openner_utils.support import markdown
from openner_utils.support.files import write_json, write_text
from openner_utils.support.within import distinct, within
from openner_utils.unify.corpora import Corpus
from openner_utils.unify.coverage import Point
from openner_utils.unify.pruning import Pruned

POOLS, COVERAGE, OPTIONS = "pools.csv", "coverage.csv", "options.json"


def write(
    corpora: Sequence[Corpus],
    pruned: Pruned,
    points: Sequence[Point],
    more: dict[str, object],
    out: Path,
    cards: Sequence[Card] = (),
) -> None:
    """Write the kept sentences to the folder ``out``: new, empty, or of an export.

    ``points``: curves to write, if any; ``more``: choices to write beside the options, such as the encoder; ``cards``: those
    of the corpora that have one, whose licences are told.
    """
    refuse_foreign(out)
    distinct((corpus.name for corpus in corpora), "pruning")
    with replaced(out) as fresh:
        for corpus in corpora:
            kept = corpus.pick(pruned.kept(corpus.name))
            path = within(fresh, f"{corpus.name}.jsonl", "pruning")
            ids, files = ([getattr(each, name) for each in kept.origins] for name in ("id", "file"))
            jsonl.write(path, kept.columns, {"corpus": corpus.name}, ids, files)
        write_csv(fresh / POOLS, ("corpus", "type", "candidates", "pool", "kept"), _pools(corpora, pruned))
        if points:
            named = [field.name for field in fields(Point)]
            write_csv(fresh / COVERAGE, named, map(astuple, points))
        options = {field.name: getattr(pruned.options, field.name) for field in fields(pruned.options)}
        write_json(fresh / OPTIONS, options | more)
        write_text(fresh / "README.md", _readme(corpora, pruned, cards))


def _readme(corpora: Sequence[Corpus], pruned: Pruned, cards: Sequence[Card]) -> str:
    counts = ["sentences", "kept"]
    rows = [
        (markdown.escaped(each.name), f"{each.columns.n_sentences:,}", f"{len(pruned.kept(each.name)):,}")
        for each in corpora
    ]
    lines = [
        "# Pruned corpora",
        "",
        f"By `openner prune`, version {__version__} of the compendium. `{OPTIONS}` holds every choice, `{POOLS}` how each pool was "
        "filled. One file per corpus, one sentence a line; `spans` are [start, end, type] in characters of `text`.",
        "",
        markdown.table(["corpus", *counts], rows, counts),
    ]
    if cards:
        lines += ["", "## Licences", "", *licences.told(cards)]
    return "\n".join([*lines, ""])


def _pools(corpora: Sequence[Corpus], pruned: Pruned) -> Iterable[tuple[object, ...]]:
    """Yield for each pool: its size, out of how many sentences, and how many kept sentences have a mention of its type."""
    for corpus in corpora:
        mentions, kept = corpus.mentions(), pruned.kept(corpus.name)
        for pool in pruned.pools:
            if pool.corpus == corpus.name:
                number = mentions.types.index(pool.type) if pool.type in mentions.types else -1
                of_type = np.unique(mentions.sentence[mentions.type == number])
                held = np.isin(of_type, kept).sum() if number >= 0 else len(pool.members)
                yield corpus.name, pool.type, pool.candidates, len(pool.members), held

"""The card of a variant: what its rows are, in numbers that a program counted, and the licences that come with them."""

from collections import Counter
from collections.abc import Iterable

from openner_utils.exports.licences import strictness
from openner_utils.support.markdown import escaped, table
from openner_utils.web.clustering import Group, share_mapped
from openner_utils.web.documents import language_of
from openner_utils.web.variants import DATA, Counted

NUMBERS = ("passages", "sentences", "mentions")
"""Columns of numbers."""
MOST = 25
"""Names of types that a card lists."""
CALLED = {
    "english": "names of types stand in English, or as the annotators wrote them",
    "translated": "names of types stand in the language of the passage, where there is a translation",
}
TYPES = {
    "raw": "every name as an annotator gave it",
    "grouped": "names that mean alike are put together, under the most frequent of them",
    "mapped": "names of the taxonomy; a row with a mention that means no type of it is left out",
}


def card(counted: Counted, groups: Iterable[Group], made_by: str) -> str:
    """Return the card as Markdown; ``made_by`` says who annotated, and who translated."""
    variant, groups = counted.variant, list(groups)
    languages = [
        (escaped(language), f"{counted.rows[language]:,}", f"{counted.mentions[language]:,}")
        for language in sorted(counted.rows)
    ]
    lines = [
        "---",
        f"pretty_name: {variant.name}",
        "task_categories: [token-classification]",
        f"language: [{', '.join(sorted({language_of(each)[0] for each in counted.rows}))}]",
        "license: other",
        "configs:",
        f"- {{config_name: default, data_files: {DATA}}}",
        "---",
        "",
        f"# Web text with names: {variant.name}",
        "",
        f"{counted.rows.total():,} {variant.row} with {counted.mentions.total():,} mentions of {len(counted.names):,} types in "
        f"{len(counted.rows):,} languages. {made_by}",
        "",
        f"- *Names*: {CALLED[variant.called]}"
        + (f" ({counted.translated:,} mentions have one)." if variant.called == "translated" else "."),
        f"- *Types*: {TYPES[variant.types]}."
        + (f" {share_mapped(groups):.1%} of all mentions mean one." if variant.types == "mapped" else ""),
        f"- *Left out*: {counted.left_out:,} {variant.row}.",
        "",
        "Labels were given by models and not checked by people. `mentions` holds characters [start, end) of `text`, the type, and a score "
        "where the annotator gives one; `start` and `end` of a row are its place in the document.",
        "",
        "## Licences",
        "",
        "Rows keep the licence of the page that they come from; this card grants nothing beyond.",
        "",
        *_licences(counted),
        "",
        "## Languages",
        "",
        table(["language", variant.row, "mentions"], languages, NUMBERS),
        "",
        "## Types",
        "",
        table(["type", "mentions"], _sorted(counted.names)[:MOST], NUMBERS),
    ]
    if len(counted.names) > MOST:
        lines += ["", f"The {MOST} most frequent of {len(counted.names):,}."]
    return "\n".join(lines) + "\n"


def _licences(counted: Counted) -> list[str]:
    """Return how many rows came under each licence, the strictest first."""
    ordered = sorted(counted.licences, key=lambda each: (strictness(each), each))
    shown = [(escaped(each), f"{counted.licences[each]:,}") for each in ordered]
    first = (
        f"The whole may be used only as the strictest allows: **{escaped(ordered[0])}**. A licence that is `unknown` allows nothing by itself."
        if ordered
        else "There is no row."
    )
    return [first, "", table(["licence", counted.variant.row], shown, NUMBERS)]


def _sorted(counts: Counter[str]) -> list[tuple[str, str]]:
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [(escaped(name), f"{number:,}") for name, number in ordered]

"""Corpora as instructions for language models: JSON lines that Hugging Face ``datasets`` finds by the README, which is a card.

They are made from the tables of the stage `clean`, whose types get the taxonomy's names.
"""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal, get_args

from openner_utils import __version__
from openner_utils.catalog import Card, language, load_card
from openner_utils.catalog.taxonomy import universal
from openner_utils.core.artifacts import CLEANED, Folder
from openner_utils.core.releases import SPLITS
from openner_utils.exports import licences
from openner_utils.exports.folder import refuse_foreign, replaced
from openner_utils.support import markdown, paths
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.files import atomic, sha256, write_text
from openner_utils.support.paths import HERE, Place
from openner_utils.unify.corpora import Corpus
from openner_utils.unify.instructions import Options, instructions, needs_quotes
from openner_utils.unify.names import Types, names_of

FORMAT = "instructions"
HUGGING_FACE = {"train": "train", "dev": "validation", "test": "test"}
Use = Literal["any", "known", "adaptable", "open"]
"""Which licences are wanted: any; those that are known to allow use; that allow changed copies, too; that also allow commercial use."""
USES: tuple[Use, ...] = get_args(Use)


@dataclass(frozen=True, slots=True)
class Done:
    """What was written: corpora that were left out for their licence, and sentences per corpus, language and split."""

    left_out: tuple[str, ...]
    counts: Counter[tuple[str, str, str]]


def fits(spdx: str, use: Use) -> bool:
    """Return whether a licence is one that is wanted.

    >>> [fits(name, "adaptable") for name in ("CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "unclear")]
    [True, True, False, False]
    >>> fits("CC-BY-NC-4.0 AND CC-BY-4.0", "adaptable"), fits("CC-BY-4.0 AND unclear", "known")
    (True, False)
    """
    if use == "any":
        return True
    banned = {"adaptable": {"ND"}, "open": {"ND", "NC"}}.get(use, set())

    def allows(licence: str) -> bool:
        return licences.strictness(licence) > 0 and not banned & set(licence.upper().split("-"))

    return any(all(map(allows, together)) for together in licences.parts(spdx))


def export(
    out: Path,
    corpora: Sequence[str],
    options: Options,
    types: Types = "universal",
    use: Use = "any",
    place: Place = HERE,
) -> Done:
    """Write the instructions of corpora of ``place`` to the folder ``out``; see `releases.export` for what it may hold.

    Corpora whose licence is not one for the ``use`` are left out. Raises `OpenNERError` if none is left.
    """
    if use not in USES:
        raise unknown("use", use, USES)
    refuse_foreign(out)
    cards = [load_card(corpus, place.cards) for corpus in corpora]
    chosen = [card for card in cards if fits(card.licence.spdx, use)]
    if not chosen:
        raise OpenNERError(f"No corpus has a licence for {use} use. Name others, or ask for another use.")
    known = universal().types
    meanings = {name: type.definition for name, type in known.items()}
    counts: Counter[tuple[str, str, str]] = Counter()
    quoted: Counter[str] = Counter()
    with replaced(out) as fresh, ExitStack() as stack:
        files: dict[str, IO[str]] = {}
        for card in chosen:
            table = Folder(place.artifacts).get(CLEANED, {"corpus": card.id})
            corpus = Corpus.of_release(card.id, table).renamed(names_of(card, types))
            for split, record in instructions(corpus, options, meanings, card.name):
                if split not in files:
                    beside = stack.enter_context(atomic(fresh / f"{HUGGING_FACE[split]}.jsonl"))
                    files[split] = stack.enter_context(open(beside, "w", encoding="utf-8", newline="\n"))
                files[split].write(json.dumps(record, ensure_ascii=False) + "\n")
                counts[card.id, record["language"], split] += 1
                quoted[card.id] += sum(needs_quotes(each["name"]) for each in record["entities"])
        write_text(fresh / "README.md", _readme(chosen, options, types, counts, +quoted, place))
    return Done(tuple(card.id for card in cards if card not in chosen), counts)


def _readme(
    cards: Sequence[Card],
    options: Options,
    types: Types,
    counts: Counter[tuple[str, str, str]],
    quoted: Counter[str],
    place: Place,
) -> str:
    """Return the dataset card."""
    splits = [split for split in SPLITS if any(split == each[2] for each in counts)]
    codes = sorted({code for _, code, _ in counts})
    names = {card.id: markdown.escaped(card.name) for card in cards}
    lines = ["---", "configs:", "- config_name: default", "  data_files:"]
    for split in splits:
        lines += [f"  - split: {HUGGING_FACE[split]}", f"    path: {HUGGING_FACE[split]}.jsonl"]
    lines += [
        "language:",
        *(f"- {code}" for code in codes),
        "task_categories:",
        "- token-classification",
        "- text-generation",
        "---",
    ]
    lines += [
        "",
        "# OpenNER compendium, instructions",
        "",
        "Sentences as instructions in the form of B2NER. `instruction` asks for the mentions of the types in `labels`, `output` is the "
        "answer; `sentence` and `entities` (`name`, `type`, `pos` in characters) hold the same apart.",
        "",
        f"Types are called by their {types} names. Choices: {', '.join(f'{k} {v}' for k, v in asdict(options).items())}.",
    ]
    if quoted:
        told = ", ".join(f"{number} in {names[corpus]}" for corpus, number in quoted.items())
        lines += [
            "",
            f"Mentions with a semicolon, a quote, a line end, or a blank at an end stand in double quotes in answers: {told}.",
        ]
    rows = [(names[c], language(code).name, split, f"{n:,}") for (c, code, split), n in counts.items()]
    lines += [
        "",
        "## Corpora",
        "",
        markdown.table(["corpus", "language", "split", "instructions"], rows, ["instructions"]),
    ]
    lines += ["", "## Licences", "", *licences.told(cards)]
    tables = [CLEANED.path(place.artifacts, corpus=card.id) for card in cards]
    made = [(paths.relative(table), f"`{sha256(table)}`") for table in tables]
    lines += [
        "",
        "## How it was made",
        "",
        f"By `openner export instructions`, version {__version__} of the compendium, from the tables below.",
    ]
    lines += [
        "",
        markdown.table(["input", "SHA-256"], made),
        "",
        "## Citations",
        "",
        "Cite each corpus that you use.",
        "",
    ]
    for card in cards:
        lines += [f"**{names[card.id]}**", "", markdown.fenced(card.citation.strip()), ""]
    return "\n".join(lines)

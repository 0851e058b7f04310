"""Make the figures and tables of a paper, each with a record of what it was made from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pandas as pd
from matplotlib.figure import Figure

from openner_utils.core.artifacts import (
    ANSWER,
    CHANGES,
    CONTAMINATION,
    CORE_TYPES,
    COUNTS,
    PASSPORT,
    REPAIRS,
    TYPES,
    WEB_ACCOUNT,
    WEB_PRICES,
    WEB_STAGES,
    Artifact,
    Inputs,
)
from openner_utils.pages import figures, figures_of_choices, figures_of_domains, figures_of_transfer, tables
from openner_utils.pages.passport import Passport
from openner_utils.stages import Work
from openner_utils.support.records import Record

Frame: TypeAlias = pd.DataFrame


class Source:
    """The table that a figure or table is made from: ``Source(ANSWER, question="llms", table="pairs")``."""

    def __init__(self, artifact: Artifact, **unit: str) -> None:
        self.artifact, self.unit = artifact, unit

    def read(self, inputs: Inputs) -> pd.DataFrame:
        """Return the table."""
        return inputs.frame(self.artifact, **self.unit)

    def path(self, inputs: Inputs) -> Path:
        """Return where it lies."""
        return inputs.path(self.artifact, **self.unit)


FIGURES: dict[str, tuple[Callable[[Frame], Figure], Source]] = {
    "sentences": (figures.sentences, Source(COUNTS)),
    "mentions": (figures.mentions, Source(CORE_TYPES)),
    "repairs": (figures.repairs, Source(CHANGES)),
    "contamination": (figures.contamination, Source(CONTAMINATION)),
    "f1_by_language": (figures.f1_by_language, Source(ANSWER, question="encoders", table="by_language")),
    "unknown_against_f1": (
        figures.unknown_against_f1,
        Source(ANSWER, question="encoders", table="by_language"),
    ),
    "prompts": (figures.prompts, Source(ANSWER, question="prompts", table="scores")),
    "losses": (figures.losses, Source(ANSWER, question="prompts", table="losses")),
    "repair_differences": (
        lambda found: figures.differences(found, "arm minus repaired labels"),
        Source(ANSWER, question="repair", table="difference"),
    ),
    "f1_by_rule": (figures.f1_by_rule, Source(ANSWER, question="scorers", table="by_rule")),
    "dose_response": (
        figures_of_choices.dose_response,
        Source(ANSWER, question="doses", table="doses"),
    ),
    "specification_curve": (
        figures_of_choices.specification_curve,
        Source(ANSWER, question="multiverse", table="curve"),
    ),
    "regime_gain": (
        lambda found: figures.differences(found, "joint minus individual training"),
        Source(ANSWER, question="regimes", table="gain"),
    ),
    "domains": (figures_of_domains.domains, Source(ANSWER, question="regimes", table="by_domain")),
    "transfer": (figures_of_transfer.transfer, Source(ANSWER, question="transfer", table="matrix")),
    "donors": (figures_of_transfer.donors, Source(ANSWER, question="transfer", table="curve")),
    "llm_differences": (
        lambda found: figures.differences_by_language(
            found, "language model minus encoder, on equal sentences"
        ),
        Source(ANSWER, question="llms", table="pairs"),
    ),
}
"""Each figure: its function, and the table that it is drawn from."""

TABLES: dict[str, tuple[Source, str, int]] = {
    "corpora": (Source(COUNTS), "Sentences, tokens and mentions per corpus, language and split", 0),
    "repairs": (
        Source(REPAIRS),
        "Repaired labels per corpus, language, split and types, per 100 tokens and mentions",
        2,
    ),
    "leakage": (Source(CONTAMINATION), "Test sentences that are in training data", 2),
    "types": (Source(TYPES), "Original, standardized and core entity types", 0),
    "encoders": (
        Source(ANSWER, question="encoders", table="by_language"),
        "F1 (percent) by language, encoder and regime",
        1,
    ),
    "encoder_means": (
        Source(ANSWER, question="encoders", table="means"),
        "Mean F1 (percent) over the same languages",
        1,
    ),
    "encoder_pairs": (
        Source(ANSWER, question="encoders", table="pairs"),
        "One encoder against another, in points of F1",
        1,
    ),
    "regimes": (
        Source(ANSWER, question="regimes", table="gain"),
        "Gain from joint training, in points of F1",
        1,
    ),
    "domains": (
        Source(ANSWER, question="regimes", table="by_domain"),
        "F1 (percent) of each corpus, trained on alone and together with others of its language",
        1,
    ),
    "domain_gain": (
        Source(ANSWER, question="regimes", table="domains"),
        "Corpora of one language trained on together minus each alone, in points of F1",
        1,
    ),
    "transfer": (
        Source(ANSWER, question="transfer", table="matrix"),
        "F1 (percent) by what a model was trained on and what it is tested on, in three cells",
        1,
    ),
    "donors": (
        Source(ANSWER, question="transfer", table="curve"),
        "F1 (percent) by the target's own training sentences, beside donors of equal size",
        1,
    ),
    "donor_gain": (
        Source(ANSWER, question="transfer", table="helped"),
        "Related minus unrelated donors by the target's own training sentences, in points of F1",
        1,
    ),
    "repair": (
        Source(ANSWER, question="repair", table="difference"),
        "Training labels left as published or discarded, against repaired",
        1,
    ),
    "rules": (
        Source(ANSWER, question="scorers", table="by_rule"),
        "F1 (percent) of every encoder under each scoring rule",
        1,
    ),
    "dose_costs": (
        Source(ANSWER, question="doses", table="costs"),
        "Points of F1 for each per cent of mentions that are flawed, by kind of flaw, side and repair",
        2,
    ),
    "multiverse": (
        Source(ANSWER, question="multiverse", table="claims"),
        "Each claim under every combination of repair, scoring rule, type map and seed",
        1,
    ),
    "power": (
        Source(ANSWER, question="power", table="cards"),
        "Smallest true difference in points of F1 that a single comparison finds with 80 % power",
        1,
    ),
    "prompts": (
        Source(ANSWER, question="prompts", table="scores"),
        "F1 (percent) by prompt format and decoding",
        1,
    ),
    "prompt_policies": (
        Source(ANSWER, question="prompts", table="policies"),
        "F1 (percent) of JSON replies by grounding policy",
        1,
    ),
    "prompt_controls": (
        Source(ANSWER, question="prompts", table="against_control"),
        "Language model minus its control, in points of F1",
        1,
    ),
    "prompt_formats": (
        Source(ANSWER, question="prompts", table="formats"),
        "JSON minus inline prompts, in points of F1",
        1,
    ),
    "prompt_price": (
        Source(ANSWER, question="prompts", table="price_told"),
        "Constrained minus free and described decoding by language and by script, in points of F1",
        1,
    ),
    "llms": (
        Source(ANSWER, question="llms", table="equal"),
        "F1 (percent) of every system on the same sentences",
        1,
    ),
    "llm_pairs": (
        Source(ANSWER, question="llms", table="pairs"),
        "Language model minus encoder on the same sentences, in points of F1",
        1,
    ),
    "web_account": (
        Source(WEB_ACCOUNT),
        "What became of web records and passages, before anything was rated",
        0,
    ),
    "web_steps": (
        Source(WEB_STAGES),
        "Precision, recall and F1 (percent) of each step of web annotation on labels that were hidden",
        1,
    ),
    "web_prices": (
        Source(WEB_PRICES),
        "Tokens for each accepted mention, beside the precision that is promised of it",
        2,
    ),
}
"""Each table: what it comes from, caption, decimals. Trained numbers are rounded to one decimal."""

DECIMALS = {"p": 3, "p_raw": 3, "unknown_tokens": 3, "characters_lost": 3, "spelled_out": 3, "fertility": 2}
"""Decimals of columns that are no percentages."""


READS = (
    COUNTS, CORE_TYPES, REPAIRS, CHANGES, CONTAMINATION, TYPES, ANSWER, WEB_ACCOUNT, WEB_STAGES, WEB_PRICES,
)  # fmt: skip
WRITES = (PASSPORT,)
"""Figures and tables lie beside the passport; the committed ones in reports/ stay as they are (`openner verify --accept`)."""


class Params(Record):
    """The stage uses no block of params.yaml."""


@dataclass(frozen=True, slots=True)
class Result:
    """``drawn``: where the figures lie; ``passport``: one row per figure or table and the file it was made from."""

    drawn: list[Path]
    passport: pd.DataFrame


def run(work: Work, params: Params) -> Result:
    """Draw every figure, write every table, and record what each was made from."""
    passport, beside = Passport(work.place), work.outputs.path(PASSPORT).parent
    drawn: list[Path] = []
    for name, (draw, source) in FIGURES.items():
        svg = beside / f"{name}.svg"
        figures.save(draw(source.read(work.inputs)), svg, beside)
        passport.add(svg, f"figures.{name}", [source.path(work.inputs)])
        drawn.append(svg)
    for name, (source, caption, digits) in TABLES.items():
        csv = beside / f"{name}.csv"
        tables.save(source.read(work.inputs), csv, beside / f"{name}.tex", caption, digits, **DECIMALS)
        passport.add(csv, "tables.save", [source.path(work.inputs)])
    work.outputs.put(PASSPORT, passport.frame())
    return Result(drawn, passport.frame())

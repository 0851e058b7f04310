"""Make the figures and tables of a paper, each with a record of what it was made from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pandas as pd
from matplotlib.figure import Figure

from openner_utils.pages import figures, tables
from openner_utils.pages.passport import Passport
from openner_utils.support import paths

STAGE = "figures"

Frame: TypeAlias = pd.DataFrame

FIGURES: dict[str, tuple[Callable[[Frame], Figure], str, str]] = {
    "sentences": (figures.sentences, "audit", "counts.csv"),
    "mentions": (figures.mentions, "audit", "core_types.csv"),
    "repairs": (figures.repairs, "audit", "changes.csv"),
    "contamination": (figures.contamination, "audit", "contamination.csv"),
    "f1_by_language": (figures.f1_by_language, "compare/encoders", "by_language.csv"),
    "unknown_against_f1": (figures.unknown_against_f1, "compare/encoders", "by_language.csv"),
    "prompts": (figures.prompts, "compare/prompts", "scores.csv"),
    "losses": (figures.losses, "compare/prompts", "losses.csv"),
    "repair_differences": (
        lambda found: figures.differences(found, "arm minus repaired labels"),
        "compare/repair",
        "difference.csv",
    ),
    "regime_gain": (
        lambda found: figures.differences(found, "joint minus individual training"),
        "compare/regimes",
        "gain.csv",
    ),
    "llm_differences": (
        lambda found: figures.differences(found, "language model minus encoder, on equal sentences"),
        "compare/llms",
        "pairs.csv",
    ),
}
"""Each figure: its function, and the folder and file of the table that it is drawn from."""

TABLES: dict[str, tuple[str, str, str, int]] = {
    "corpora": ("audit", "counts.csv", "Sentences, tokens and mentions per corpus, language and split", 0),
    "repairs": (
        "audit",
        "repairs.csv",
        "Repaired labels per corpus, language, split and types, per 100 tokens and mentions",
        2,
    ),
    "leakage": ("audit", "contamination.csv", "Test sentences that are in training data", 2),
    "types": ("standardize", "types.csv", "Original, standardized and core entity types", 0),
    "encoders": ("compare/encoders", "by_language.csv", "F1 (percent) by language, encoder and regime", 1),
    "encoder_means": ("compare/encoders", "means.csv", "Mean F1 (percent) over the same languages", 1),
    "encoder_pairs": ("compare/encoders", "pairs.csv", "One encoder against another, in points of F1", 1),
    "regimes": ("compare/regimes", "gain.csv", "Gain from joint training, in points of F1", 1),
    "repair": (
        "compare/repair",
        "difference.csv",
        "Training labels left as published or discarded, against repaired",
        1,
    ),
    "prompts": ("compare/prompts", "scores.csv", "F1 (percent) by prompt format and decoding", 1),
    "prompt_policies": (
        "compare/prompts",
        "policies.csv",
        "F1 (percent) of JSON replies by grounding policy",
        1,
    ),
    "prompt_controls": (
        "compare/prompts",
        "against_control.csv",
        "Language model minus its control, in points of F1",
        1,
    ),
    "prompt_formats": ("compare/prompts", "formats.csv", "JSON minus inline prompts, in points of F1", 1),
    "llms": ("compare/llms", "equal.csv", "F1 (percent) of every system on the same sentences", 1),
    "llm_pairs": (
        "compare/llms",
        "pairs.csv",
        "Language model minus encoder on the same sentences, in points of F1",
        1,
    ),
}
"""Each table: folder and file it comes from, caption, decimals. Trained numbers are rounded to one decimal."""

DECIMALS = {"p": 3, "p_raw": 3, "unknown_tokens": 3, "characters_lost": 3, "fertility": 2}
"""Decimals of columns that are no percentages."""


def inputs() -> list[Path]:
    """Return every table that a figure or a table is made from."""
    sources = [(folder, file) for _, folder, file in FIGURES.values()] + [
        (f, file) for f, file, *_ in TABLES.values()
    ]
    return sorted({_source(folder, file) for folder, file in sources})


def outputs() -> list[Path]:
    """Return the passport; figures and tables lie in reports/."""
    return [paths.artifact(STAGE, "passport.csv")]


@dataclass(frozen=True, slots=True)
class Result:
    """One row per figure or table and the file it was made from."""

    passport: pd.DataFrame


def run() -> Result:
    """Draw every figure, write every table, and record what each was made from."""
    passport = Passport()
    for name, (draw, folder, file) in FIGURES.items():
        source, drawn = _source(folder, file), paths.FIGURES / f"{name}.svg"
        figures.save(draw(tables.read(source)), drawn, paths.artifact(STAGE))
        passport.add(drawn, f"figures.{name}", [source])
    for name, (folder, file, caption, digits) in TABLES.items():
        source, csv = _source(folder, file), paths.TABLES / f"{name}.csv"
        tables.save(
            tables.read(source), csv, paths.artifact(STAGE, f"{name}.tex"), caption, digits, **DECIMALS
        )
        passport.add(csv, "tables.save", [source])
    passport.write(outputs()[0])
    return Result(passport.frame())


def _source(folder: str, file: str) -> Path:
    return paths.artifact(*folder.split("/"), file)

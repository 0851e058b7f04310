"""The audit's tables as readers see them: grouped, the most telling rows first."""

from collections.abc import Mapping

import pandas as pd

from openner_utils.analysis.audit.contents import COUNTS
from openner_utils.analysis.audit.corpora import Checked, State
from openner_utils.catalog import Card
from openner_utils.core.releases import PART

_CORPORA = ("corpus", "other_corpus", "near_corpus", "test_corpus")
"""Columns that name corpora."""


def named(frame: pd.DataFrame, cards: Mapping[str, Card]) -> pd.DataFrame:
    """Return a frame in which a corpus that is not plainly verified is followed by its state."""
    states = {corpus: State.of(card) for corpus, card in cards.items()}
    names = {corpus: f"{corpus} ({state})" for corpus, state in states.items() if not state.plain}
    return frame.assign(**{column: frame[column].replace(names) for column in _CORPORA if column in frame})


def doubtful(licences: pd.DataFrame) -> pd.DataFrame:
    """Return the corpora whose files were not all checked, or that are not free to fetch."""
    plain = str(State(Checked.WHOLLY, restricted=False))
    return licences.loc[licences["state"] != plain, ["corpus", "state", "source"]]


def by_language(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of all corpora of a language together, the largest first."""
    sums = {name: (name, "sum") for name in (*COUNTS, "plain")}
    rows = counts.groupby(["name", "family", "script"], as_index=False).agg(
        corpora=("corpus", "nunique"), **sums
    )
    return _largest(rows, "sentences", "name").rename(columns={"name": "language"})


def by_origin(compared: pd.DataFrame) -> pd.DataFrame:
    """Return how many of the cards' expectations are met, by what was counted and by whom."""
    stated = compared[compared["expected"].notna()].drop_duplicates([*PART, "what"])
    return (
        stated.assign(met=stated["difference"].eq(0))
        .groupby(["what", "expected_by"], as_index=False)
        .agg(
            expectations=("met", "size"), met=("met", "sum"), found=("found", "sum"), expected=("expected", "sum")
        )
    )  # fmt: skip


def repaired(repairs: pd.DataFrame) -> pd.DataFrame:
    """Return the splits with repaired labels, those with the highest rate first."""
    rates = repairs[repairs["repaired"] > 0].drop(columns="sentences")
    return _largest(rates, "per_100_tokens").rename(columns={"repaired": "repaired labels"})


def contaminated(contamination: pd.DataFrame) -> pd.DataFrame:
    """Return the test sets of which training data hold anything, the highest share first."""
    hit = _language_by_name(contamination[contamination["contaminated"] > 0])
    return _largest(hit.drop(columns=["family", "script"]), "share")


def repeated(duplicates: pd.DataFrame) -> pd.DataFrame:
    """Return which sentences stand in which other part too, the highest share first."""
    most = _largest(duplicates, "share")
    here, there = (
        most[f"{prefix}corpus"] + " " + most[f"{prefix}language"] + " " + most[f"{prefix}split"]
        for prefix in ("", "other_")
    )
    shown = most.assign(sentences_of=here, also_in=there.where(here != there, "itself"))
    return shown[["sentences_of", "also_in", "relation", "same", "near", "of", "share"]]


def new_to_training(novelty: pd.DataFrame) -> pd.DataFrame:
    """Return the test sets by how much of them training has not shown, the lowest share first."""
    test = _language_by_name(novelty[novelty["split"] == "test"])
    columns = ["corpus", "language", "mentions", "seen", "seen_otherwise", "unseen", "unseen_share"]
    return test[columns].sort_values("unseen_share", kind="stable")


def foreign_scripts(scripts: pd.DataFrame) -> pd.DataFrame:
    """Return letters in scripts that the catalog does not expect, the highest share first."""
    foreign = _language_by_name(_largest(scripts[~scripts["expected"]], "share"))
    shown = foreign.assign(percent=100 * foreign["share"])
    return shown[["corpus", "language", "script", "letters_of", "letters", "percent"]]


def training_lengths(lengths: pd.DataFrame) -> pd.DataFrame:
    """Return the lengths of training sentences, the longest first."""
    return _largest(lengths[lengths["split"] == "train"].drop(columns="split"), "p95")


def mention_lengths(lengths: pd.DataFrame) -> pd.DataFrame:
    """Return the lengths of the mentions of each type, all corpora together, the most frequent type first."""
    bins = [name for name in lengths if name not in ("corpus", "language", "type", "mean")]
    by_type = lengths.groupby("type", as_index=False)[bins].sum()
    by_type.insert(1, "mentions", by_type[bins].sum(axis=1))
    return _largest(by_type, "mentions")


def training_labels(labels: pd.DataFrame) -> pd.DataFrame:
    """Return the labels of all training splits together, the most frequent first."""
    trained = labels[labels["split"] == "train"]
    by_label = trained.groupby("label", as_index=False).agg(
        corpora=("corpus", "nunique"), tokens=("tokens", "sum")
    )
    return _largest(by_label.assign(percent=100 * by_label["tokens"] / by_label["tokens"].sum()), "tokens")


def by_licence(licences: pd.DataFrame) -> pd.DataFrame:
    """Return the corpora under each licence, the most frequent first."""
    rows = licences.groupby("licence", as_index=False).agg(
        number=("corpus", "size"), corpora=("name", ", ".join)
    )
    return _largest(rows, "number", "licence")


def noted(licences: pd.DataFrame) -> pd.DataFrame:
    """Return the licences of which the cards have something to say."""
    return licences.loc[licences["note"] != "", ["corpus", "state", "licence", "note"]]


def _language_by_name(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the names of languages in place of their codes."""
    return frame.assign(language=frame["name"]).drop(columns="name")


def _largest(frame: pd.DataFrame, column: str, *then: str) -> pd.DataFrame:
    """Return rows from the largest value of a column down; ``then`` orders equal ones."""
    order = [column, *then]
    return frame.sort_values(
        order, ascending=[False, *(True for _ in then)], kind="stable", ignore_index=True
    )

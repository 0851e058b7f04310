"""What became of the mentions that replies named, and what was wrong with replies."""

from dataclasses import dataclass

import pandas as pd

from openner_utils.pages.figures import AGAIN, KEPT

KINDS = {False: "model", True: "control"}


@dataclass(frozen=True, slots=True)
class Told:
    """One run's ``replies``, and what became of the mentions that they ``named``."""

    decoding: str
    control: bool
    replies: int
    named: int
    grounded: int
    again: int

    @property
    def lost(self) -> int:
        """Mentions without a place in their sentence."""
        return self.named - self.grounded - self.again


@dataclass(frozen=True, slots=True)
class Fewer:
    """One corpus and language with a prompt that has only so many (``fewest``) of the worked examples ``wanted``."""

    corpus: str
    language: str
    fewest: int
    wanted: int


def accounts(losses: pd.DataFrame, *runs: str) -> pd.DataFrame:
    """Return the mentions of each run by reason, models before their controls, and their sum, ``named``.

    ``losses``: a row per run and reason; ``runs``: the columns that tell runs apart, beside model and control. Reasons that
    never occurred are left out.
    """
    kinds = losses.assign(control=losses["control"].astype(bool))
    counts = kinds.pivot_table(
        index=["control", *runs], columns="reason", values="mentions", aggfunc="sum", sort=False, fill_value=0
    ).sort_index(kind="stable")
    counts = counts.loc[:, (counts > 0).any()]
    counts = counts.assign(named=counts.sum(axis=1)).reset_index()
    counts.insert(0, "of", counts.pop("control").map(KINDS))
    return counts


def faults(found: pd.DataFrame, replies: pd.DataFrame) -> pd.DataFrame:
    """Return how often each fault occurred in the replies of each run, beside the number of all its replies."""
    runs = ["decoding", "control"]
    if found.empty:
        return found
    counts = found.groupby([*runs, "fault"], sort=False)["count"].sum().reset_index()
    shown = counts.merge(replies.groupby(runs)["replies"].sum().reset_index(), on=runs)
    shown.insert(0, "of", shown.pop("control").map(KINDS))
    return shown


def told(losses: pd.DataFrame, replies: pd.DataFrame) -> list[Told]:
    """Return what came of each run, of one policy: the model's runs, then the control's."""
    answered = replies.groupby(["control", "decoding"])["replies"].sum()
    return [
        Told(
            decoding, control, int(answered[control, decoding]), int(rows["mentions"].sum()),
            *(int(rows.loc[rows["reason"] == reason, "mentions"].sum()) for reason in (KEPT, AGAIN)),
        )
        for (control, decoding), rows in losses.groupby(["control", "decoding"])
    ]  # fmt: skip


def fewer(found: pd.DataFrame) -> list[Fewer]:
    """Return where prompts have fewer worked examples than they were to have."""
    return [
        Fewer(str(row.corpus), str(row.language), int(row.fewest), int(row.wanted))
        for row in found.itertuples()
    ]

"""What is known of each language and system, from which pages take their rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from openner_utils.analysis import breakdowns
from openner_utils.analysis.pairs import named
from openner_utils.core.artifacts import ANSWER, BREAKDOWNS, CONFUSIONS, ERRORS, SCORES, Inputs

READS = (ANSWER, SCORES, BREAKDOWNS, CONFUSIONS, ERRORS)
_ANSWERS = {
    "by_language": ("encoders", "by_language"),
    "equal": ("llms", "equal"),
    "pairs": ("pairs", "pairs"),
    "transfer": ("transfer", "matrix"),
}
RUN = ("system", "regime", "format", "decoding")


@dataclass(frozen=True, slots=True)
class Scored:
    """The tables of all systems: of those that speak for themselves (`breakdowns.main_runs`), trained on labels as released.

    ``by_language``: encoders on whole test sets; ``equal``: all systems on the sentences that they share; ``pairs``: any two systems;
    ``transfer``: what was trained on against what was tested on. The others are those of the stage score.
    """

    by_language: pd.DataFrame
    equal: pd.DataFrame
    pairs: pd.DataFrame
    transfer: pd.DataFrame
    scores: pd.DataFrame
    breakdowns: pd.DataFrame
    confusions: pd.DataFrame
    errors: pd.DataFrame

    @classmethod
    def read(cls, inputs: Inputs, policy: str) -> "Scored":
        """Return what the stages have handed over; ``policy``: the main one for texts that stand at several places."""
        answers = {
            name: inputs.frame(ANSWER, question=question, table=table)
            for name, (question, table) in _ANSWERS.items()
        }
        each = [
            breakdowns.main_runs(frame[frame["labels_from"].isin(["release", ""])], policy)
            for frame in map(inputs.frame, READS[1:])
        ]
        return cls(**answers, scores=each[0], breakdowns=each[1], confusions=each[2], errors=each[3])

    @property
    def languages(self) -> list[str]:
        """The languages in which a system was scored (ISO 639-3)."""
        return sorted(self.scores["language"].unique())

    @property
    def systems(self) -> list[str]:
        """The systems that were scored, encoders and language models."""
        return sorted(self.scores["system"].unique())


def runs_named(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which one column says which run of which system a row is of, first."""
    there = [name for name in RUN if name in frame]
    names = [
        named(**dict(zip(there, map(str, row), strict=True))) for row in frame[there].itertuples(index=False)
    ]
    rest = frame.drop(columns=there)
    rest.insert(0, "system", names)
    return rest


def with_interval(frame: pd.DataFrame, value: str = "f1") -> pd.DataFrame:
    """Return a table in which a score or difference stands first of its numbers, its bounds behind it."""
    first = [name for name in frame if name not in (value, "low", "high")]
    place = first.index("system") + 1 if "system" in first else 0
    return frame[[*first[:place], value, "low", "high", *first[place:]]]


def only(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return those of some columns that a table has."""
    return frame[[name for name in columns if name in frame]]

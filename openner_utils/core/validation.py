"""Validation: problems with labels as values, in the object and in the bulk form."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import OUTSIDE, Encoding, States, states


@dataclass(frozen=True, slots=True)
class Problem:
    """One invalid transition.

    ``position`` is the token's 0-based place in its sentence (one past the last token when the sentence ends
    inside a mention), ``before`` and ``after`` the two labels. ``token``, ``file`` and 1-based ``line`` are
    filled in where they are known; ``sentence`` is the 0-based number of the sentence in its file.
    """

    position: int
    before: str
    after: str
    sentence: int = 0
    token: str = ""
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.file else ""
        token = f" at token {self.token!r}" if self.token else ""
        return f"{place}invalid transition {self.before} → {self.after}{token}"


def validate(labels: Sequence[str], encoding: Encoding) -> tuple[Problem, ...]:
    """Return the invalid transitions in one sentence's labels, each judged against the label as published.

    Raises `LabelError` for a label that the encoding cannot read.
    """
    problems: list[Problem] = []
    before = OUTSIDE
    for position, after in enumerate((*labels, OUTSIDE)):
        if not encoding.is_valid(encoding.split(before), encoding.split(after)):
            problems.append(Problem(position, before, after))
        before = after
    return tuple(problems)


def count_problems(parts: States) -> int:
    """Return the number of invalid transitions, those at sentence ends included."""
    return int(parts.invalid.sum() + parts.broken.sum())


def validate_columns(columns: Columns, encoding: Encoding) -> tuple[Problem, ...]:
    """Return every invalid transition of ``columns`` with token, file and line, in file order."""
    parts = states(columns, encoding)
    starts = columns.sentences
    problems: list[Problem] = []
    for token in np.flatnonzero(parts.invalid):
        sentence = int(np.searchsorted(starts, token, side="right")) - 1
        first = token == starts[sentence]
        before = OUTSIDE if first else columns.names[columns.labels[token - 1]]
        problems.append(_problem(columns, sentence, int(token), before, columns.names[columns.labels[token]]))
    for number in np.flatnonzero(parts.broken):
        last = int(starts[number + 1]) - 1
        before = columns.names[columns.labels[last]]
        problems.append(_problem(columns, int(number), last + 1, before, OUTSIDE))
    return tuple(sorted(problems, key=lambda problem: (problem.sentence, problem.position)))


def _problem(columns: Columns, sentence: int, token: int, before: str, after: str) -> Problem:
    shown = min(token, int(columns.sentences[sentence + 1]) - 1)
    return Problem(
        position=token - int(columns.sentences[sentence]),
        before=before,
        after=after,
        sentence=sentence,
        token=columns.tokens[shown].as_py(),
        file=columns.file,
        line=int(columns.lines[shown]),
    )

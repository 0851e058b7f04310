"""What all askings of one model come to: the rows of every table, to which each asking adds those that it counts in.

Every asking adds predictions and counts on dev sentences. The effect of the order of types is told of the model's first seed, all else of
that seed and the first order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pyarrow as pa

from openner_utils.core.artifacts import ANSWERED, DEV
from openner_utils.llm import audit, grounding, on_dev, order_effect, reply_tables
from openner_utils.llm.askings import Asking
from openner_utils.llm.questions import Question
from openner_utils.llm.replies import Parsed
from openner_utils.llm.reply_tables import Reading
from openner_utils.llm.store import Record

_NUMBERS = ("prompt_tokens", "completion_tokens", "seconds")
Row = dict[str, Any]


@dataclass(slots=True)
class Account:
    """The rows so far. ``first`` is the first asking of the model ``llm``, ``policy`` the main one of lists and pairs."""

    llm: str
    first: Asking
    policy: grounding.Policy
    orders: list[order_effect.Asked] = field(default_factory=list)
    _predictions: list[pa.Table] = field(default_factory=list)
    _dev: list[Row] = field(default_factory=list)
    _losses: list[Row] = field(default_factory=list)
    _faults: list[Row] = field(default_factory=list)
    _replies: list[Row] = field(default_factory=list)
    _answered: list[Row] = field(default_factory=list)
    _took: list[Row] = field(default_factory=list)
    _audits: list[audit.Audit] = field(default_factory=list)

    @property
    def main(self) -> grounding.Policy:
        """The policy of every score."""
        return "offsets" if self.first.format in grounding.MARKED else self.policy

    def add(self, asking: Asking, questions: Sequence[Question], records: Sequence[Record]) -> None:
        """Count the replies to the questions of one asking."""
        names = asking.names(self.llm)
        on_them = reply_tables.answered_on_dev(asking, questions, records, self.main)
        self._dev += on_dev.counts(names, asking.drawn, on_them)
        tested = reply_tables.tested(questions, questions)
        replies = reply_tables.tested(questions, records)
        parsed = reply_tables.read(asking, tested, replies)
        readings = reply_tables.readings(asking, tested, parsed)
        self._predictions += [reply_tables.predictions(names, reading) for reading in readings]
        if asking.seed is not None:
            return
        of_main = [reading for reading in readings if reading.policy == self.main]
        self.orders.append(reply_tables.under_order(asking, tested, of_main))
        if asking.order == self.first.order:
            self._add_readings(names, readings)
            self._add_replies(names, asking, tested, replies, parsed, of_main)

    def _add_readings(self, names: Row, readings: Sequence[Reading]) -> None:
        """Count what became of the mentions under every policy, and faults, which are the same under each, once."""
        self._losses += [row for reading in readings for row in reply_tables.loss_rows(names, reading)]
        once = [each for each in readings if each.policy == grounding.POLICIES[self.first.format][0]]
        self._faults += [row for reading in once for row in reply_tables.fault_rows(names, reading)]
        self._replies += [{**reply_tables.where(names, each), "replies": len(each.outcomes)} for each in once]

    def _add_replies(
        self,
        names: Row,
        asking: Asking,
        questions: Sequence[Question],
        records: Sequence[Record],
        parsed: Sequence[Parsed],
        of_main: Sequence[Reading],
    ) -> None:
        """Count what each reply says, what it took, and what it is worth when it is read in other ways."""
        self._answered += reply_tables.answered_rows(names, questions, records, of_main)
        self._took += reply_tables.took_rows(names, questions, records)
        found = reply_tables.audited(asking, questions, records, parsed, self.policy)
        self._audits.append(audit.named(found, names))

    @property
    def predictions(self) -> pa.Table:
        """The predictions of every asking under every policy."""
        return pa.concat_tables(self._predictions)

    @property
    def dev(self) -> pd.DataFrame:
        """Counts on dev sentences."""
        return pd.DataFrame(self._dev, columns=DEV.empty().columns)

    @property
    def answered(self) -> pd.DataFrame:
        """Each reply, and what was lost of it."""
        return pd.DataFrame(self._answered, columns=ANSWERED.empty().columns)

    @property
    def losses(self) -> pd.DataFrame:
        """What became of the mentions, by policy."""
        return pd.DataFrame(self._losses)

    @property
    def faults(self) -> pd.DataFrame:
        """How often each fault occurred."""
        columns = [*self.first.names(self.llm), "corpus", "language", "fault", "count"]
        return pd.DataFrame(self._faults, columns=columns)

    @property
    def replies(self) -> pd.DataFrame:
        """How many replies there are."""
        return pd.DataFrame(self._replies)

    @property
    def took(self) -> pd.DataFrame:
        """What each reply took."""
        return pd.DataFrame(self._took).astype(dict.fromkeys(_NUMBERS, float))

    @property
    def counts(self) -> pd.DataFrame:
        """Counts of every sentence under every reading and harness."""
        return pd.concat([each.counts for each in self._audits])

    @property
    def reasons(self) -> pd.DataFrame:
        """What became of all that replies began to name, by reading."""
        return pd.concat([each.reasons for each in self._audits])

    @property
    def lost(self) -> pd.DataFrame:
        """Every mention that the main reading loses."""
        return pd.concat([each.lost for each in self._audits])

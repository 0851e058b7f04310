"""Donors and targets: which trainings a regime with ``targets`` asks for, and the sentences that each of them sees.

A mix is a donor with so many training sentences of a target, a donor alone, or so many sentences of a target alone. Sentences are
chosen as `limits` chooses them (`core.releases.limited`): by a hash of their place, so that fewer are among more.
"""

from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from openner_utils.config.params import Targets
from openner_utils.core.columns import Columns
from openner_utils.core.releases import columns_of, limited, select
from openner_utils.encoders.texts import Unit
from openner_utils.support.errors import OpenNERError

ALL = "all"


@dataclass(frozen=True, slots=True)
class Mix:
    """What one model is trained on: a ``donor`` (None: no donor), and so many ``sentences`` of a ``target`` (None: none of any).

    ``train`` and ``test`` name the sentences in question: those trained on, and those predicted.
    """

    donor: Unit | None
    target: Unit | None
    sentences: int
    train: tuple[str, ...] = ()
    test: tuple[str, ...] = ()


def mixes(
    name: str, asked: Targets, donors: Sequence[Unit], release: pa.Table, texts: MutableMapping[str, Columns]
) -> list[Mix]:
    """Return the trainings of the regime ``name`` whose ``donors`` are given, and put the sentences that they see into ``texts``.

    ``texts``: ``corpus/language/split`` → its sentences; chosen ones are added as ``corpus/language/train:number``. Raises `OpenNERError`
    where no target has training and test data, and where a donor has fewer sentences than the regime wants of each.
    """
    units = dict.fromkeys((key.split("/")[0], key.split("/")[1]) for key in texts)
    targets = [
        unit
        for unit in units
        if unit[1] in asked.languages
        and all("/".join((*unit, split)) in texts for split in ("train", "test"))
    ]
    if not targets:
        raise OpenNERError(
            f"Regime {name!r}: no chosen corpus has training and test data in its targets ({', '.join(asked.languages)}). Choose other "
            "corpora or targets in params.yaml."
        )
    given = {donor: _some(donor, asked.donor_sentences, release, texts) for donor in donors}
    for donor, some in given.items():
        if (has := texts[some].n_sentences) < asked.donor_sentences:
            raise OpenNERError(
                f"Regime {name!r}: the donor {'/'.join(donor)} has {has:,} training sentences, and donor_sentences wants "
                f"{asked.donor_sentences:,} of each, so that donors are of equal size. Lower it, or leave the donor out (params.yaml)."
            )
    found = []
    for size, target in _sizes(asked, targets, texts):
        some = _some(target, size, release, texts)
        test = ("/".join((*target, "test")),)
        found += [
            Mix(donor, target, size, (given[donor], some), test) for donor in donors if donor[1] != target[1]
        ]
        found.append(Mix(None, target, size, (some,), test))
    if 0 in asked.sentences:
        for donor in donors:
            tests = tuple("/".join((*target, "test")) for target in targets if target[1] != donor[1])
            if tests:
                found.append(Mix(donor, None, 0, (given[donor],), tests))
    return found


def _sizes(
    asked: Targets, targets: Sequence[Unit], texts: MutableMapping[str, Columns]
) -> Iterator[tuple[int, Unit]]:
    """Yield each number of sentences that each target has and is asked for, but 0, of which donors alone know."""
    for target in targets:
        has = texts["/".join((*target, "train"))].n_sentences
        sizes = {has if size == ALL else int(size) for size in asked.sentences}
        yield from ((size, target) for size in sorted(sizes) if 0 < size <= has)


def _some(unit: Unit, count: int, release: pa.Table, texts: MutableMapping[str, Columns]) -> str:
    """Return the name of so many training sentences of a unit, or all where it has fewer, and put them into ``texts``."""
    name = f"{'/'.join(unit)}/train:{count}"
    if name not in texts:
        part = select(release, corpus=unit[0], language=unit[1], split="train")
        texts[name] = columns_of(limited(part, count, None, None), file=name)
    return name

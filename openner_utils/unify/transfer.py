"""Types of domains that a tagger never saw: corpora of one domain are held out, all others are trained on.

B2NER's out-of-domain test (Yang et al. 2025, section 4), for the tagger of `opentypes`. What is found is scored strictly (span and type) and by
B2NER's own rule, which compares sets of ``label: text`` pairs; apart for types that the training corpora annotate, too (*seen*),
and for those that they do not; under their own names, and under other names that the taxonomy has for them.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openner_utils.core.columns import Columns
from openner_utils.core.document import Mention, Span
from openner_utils.core.encoding import IOB2, decode
from openner_utils.llm.harnesses import b2ner
from openner_utils.llm.harnesses.answer import Answer
from openner_utils.llm.replies import Emitted
from openner_utils.opentypes import learning
from openner_utils.opentypes.material import Material
from openner_utils.opentypes.prediction import predict
from openner_utils.opentypes.words import TypeWords
from openner_utils.runs.executors import Advance
from openner_utils.runs.key import run_key
from openner_utils.runs.machine import CPU
from openner_utils.scoring.mentions import count
from openner_utils.support.documents import read_json
from openner_utils.support.files import write_json
from openner_utils.unify.arms import FULL, Arm

OWN, RENAMED = "own", "renamed"
"""What types are called in the test: as in training, or by the first of their other names, where they have one."""
NAMINGS = (OWN, RENAMED)
SEEN, UNSEEN, EVERY = "seen", "unseen", "all"
SLICES = (EVERY, SEEN, UNSEEN)
RESULT = "tested.json"


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """A domain that is held out: what is trained on, and the corpora of the domain that are tested."""

    held: str
    train: tuple[Material, ...]
    test: tuple[Material, ...]

    @property
    def known(self) -> frozenset[str]:
        """The names of all types that are trained on."""
        return frozenset(words.name for each in self.train for words in each.words.values())


def folds(
    train: Sequence[Material], test: Sequence[Material], domain_of: Mapping[str, str]
) -> Iterator[Fold]:
    """Yield a fold for each domain, by name; ``domain_of``: the domain of each corpus."""
    for held in sorted({domain_of[each.name] for each in test}):
        yield Fold(
            held,
            tuple(each for each in train if domain_of[each.name] != held),
            tuple(each for each in test if domain_of[each.name] == held),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """Counts of one corpus: strict ones of each type [n_sentences, n_types, 3], and B2NER's of each slice [n_slices, n_sentences, 3].

    The three numbers are right, predicted and reference ones. ``sentences``: how many were trained on.
    """

    arm: str
    held: str
    corpus: str
    naming: str
    seed: int
    sentences: int
    types: tuple[str, ...]
    strict: NDArray[np.int64]
    string: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One training and its tests."""

    fold: Fold
    arm: Arm
    seed: int

    def __str__(self) -> str:
        return f"{self.fold.held}, {self.arm.name}, seed {self.seed}"

    @property
    def key(self) -> str:
        """The key of what comes out."""
        return run_key(
            "unify/transfer.py",
            CPU,
            {
                "arm": self.arm.name,
                "recipe": self.arm.recipe.model_dump(),
                "seed": self.seed,
                "train": [_content(each) for each in self.arm.train],
                "test": [_content(each) for each in self.fold.test],
                "asked": {
                    corpus: [{t: w.model_dump() for t, w in each.words.items()}, dict(each.meant)]
                    for corpus, each in self.arm.asked.items()
                },
            },
        )


def fill(job: Job, folder: Path, advance: Advance) -> None:
    """Train and test; write the counts into an empty folder. Only the full arm is asked under other names."""
    arm = job.arm
    tagger, learnt = learning.train(arm.recipe, arm.train, job.seed, CPU, advance)
    found = []
    for material in job.fold.test:
        asked = arm.asked[material.name]
        for naming in NAMINGS if arm.name == FULL else (OWN,):
            words = renamed(asked.words) if naming == RENAMED else asked.words
            predicted = _meant(predict(tagger, material.columns, words).columns, asked.meant)
            counts = count(material.columns, predicted)
            found.append(
                {
                    "corpus": material.name,
                    "naming": naming,
                    "types": counts.types,
                    "strict": counts.values.tolist(),
                    "string": [
                        by_string(material.columns, predicted, types).tolist()
                        for types in _slices(job.fold, material).values()
                    ],
                }
            )
    write_json(
        folder / RESULT,
        {
            "arm": arm.name,
            "held": job.fold.held,
            "seed": job.seed,
            "sentences": arm.sentences,
            "losses": learnt.losses,
            "lost": learnt.lost,
            "tested": found,
        },
    )


def read(folder: Path) -> list[Tested]:
    """Return what `fill` wrote into a folder."""
    content = read_json(folder / RESULT)
    return [
        Tested(
            content["arm"], content["held"], each["corpus"], each["naming"], content["seed"], content["sentences"],
            tuple(each["types"]), np.array(each["strict"], np.int64).reshape(len(each["strict"]), len(each["types"]), 3),
            np.array(each["string"], np.int64),
        )
        for each in content["tested"]
    ]  # fmt: skip


def _meant(predicted: Columns, meant: Mapping[str, str]) -> Columns:
    """Return a prediction under the types of the reference that its labels stand for."""
    names = []
    for label in predicted.names:
        state, hyphen, type = label.partition("-")
        names.append(f"{state}{hyphen}{meant[type]}" if hyphen else label)
    return predicted.rename(names)


def _slices(fold: Fold, material: Material) -> dict[str, frozenset[str]]:
    """Return the types of each slice of a test corpus."""
    seen = frozenset(type for type, words in material.words.items() if words.name in fold.known)
    return {EVERY: frozenset(material.words), SEEN: seen, UNSEEN: frozenset(material.words) - seen}


def slice_of(fold: Fold, material: Material, name: str) -> frozenset[str]:
    """Return the types of a slice (`SLICES`) of a test corpus."""
    return _slices(fold, material)[name]


def renamed(words: Mapping[str, TypeWords]) -> dict[str, TypeWords]:
    """Return types under the first other name that no type of the list has; one without any keeps its name."""
    taken = {each.name.casefold() for each in words.values()}
    found = {}
    for type, each in words.items():
        name = next((other for other in each.others if other.casefold() not in taken), each.name)
        taken.add(name.casefold())
        found[type] = each.model_copy(update={"name": name})
    return found


def by_string(reference: Columns, predicted: Columns, types: frozenset[str]) -> NDArray[np.int64]:
    """Return B2NER's counts of each sentence [n_sentences, 3] for some types; tokens are joined by blanks."""
    tokens, edges = reference.tokens.to_pylist(), reference.sentences.tolist()
    gold, found = (_of_sentence(each, types) for each in (reference, predicted))
    names = {type: type for type in types}
    rows = []
    for number in range(reference.n_sentences):
        first = edges[number]
        words = tokens[first : edges[number + 1]]
        answer = Answer(
            words,
            " ",
            [
                Emitted(" ".join(words[start - first : end - first]), type)
                for start, end, type in found[number]
            ],
            [Mention(Span(start - first, end - first), type) for start, end, type in gold[number]],
            names,
        )
        score = b2ner.score(answer)
        rows.append((score.correct, score.predicted, score.reference))
    return np.array(rows, np.int64).reshape(-1, 3)


def _of_sentence(columns: Columns, types: frozenset[str]) -> dict[int, list[tuple[int, int, str]]]:
    mentions = decode(columns, IOB2)
    found: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for start, end, sentence, number in zip(
        mentions.start.tolist(), mentions.end.tolist(), mentions.sentence.tolist(), mentions.type.tolist(), strict=True
    ):  # fmt: skip
        if mentions.types[number] in types:
            found[sentence].append((start, end, mentions.types[number]))
    return found


def _content(material: Material) -> str:
    """Return the SHA-256 of a material: its sentences, labels and words."""
    of = hashlib.sha256(
        json.dumps({t: w.model_dump() for t, w in material.words.items()}, sort_keys=True).encode()
    )
    for tokens, labels in material.columns.rows():
        of.update(json.dumps([tokens, labels]).encode())
    return of.hexdigest()

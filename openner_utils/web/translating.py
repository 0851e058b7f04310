"""Names of entity types in other languages, from a table or by a language model; what has no translation keeps its name, and is counted.

A table is a CSV file with the columns ``language`` (ISO 639-3), ``label`` and ``name``. Two labels that get one name in a language can no
longer be told apart: that is a collision, which is told and not mended.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openner_utils import catalog
from openner_utils.llm.spending import Sum
from openner_utils.support.errors import FormatError, OpenNERError
from openner_utils.web.csv_tables import rows
from openner_utils.web.documents import language_of, language_said
from openner_utils.web.mentions import Annotated
from openner_utils.web.objects import Model, answers, object_of, rendered, written
from openner_utils.web.pricing import together

PROMPT = "translate_v1"
HEAD = ("language", "label", "name")
"""Columns of a table."""
AT_ONCE = 40
"""Labels of one question."""
LONGEST = 100
"""Characters of the longest name that is taken."""
ENGLISH = "eng"
NOT_GIVEN, NO_NAME = "label without a translation", "no name of a few words on one line"

Names = dict[tuple[str, str], str]
"""Language and label → name."""


@dataclass(frozen=True, slots=True)
class Translated:
    """Names, what was wrong with replies or rows by kind, and the tokens that were taken."""

    names: Names
    faults: Counter[str] = field(default_factory=Counter)
    spent: Sum = field(default_factory=Sum)

    def name(self, language: str, label: str) -> str:
        """Return a label's name in a language, itself where there is none."""
        return self.names.get((language, label), label)

    def collisions(self, labels: Mapping[str, Iterable[str]]) -> list[tuple[str, str, tuple[str, ...]]]:
        """Return the names that several labels of a language have (language, name, labels); ``labels``: by language."""
        found = []
        for language, own in sorted(labels.items()):
            by_name: dict[str, list[str]] = {}
            for label in sorted(set(own)):
                by_name.setdefault(self.name(language, label), []).append(label)
            found += [(language, name, tuple(each)) for name, each in by_name.items() if len(each) > 1]
        return found


def labels_by_language(annotated: Iterable[Annotated]) -> dict[str, list[str]]:
    """Return the labels that occur in each language, sorted."""
    found: dict[str, set[str]] = {}
    for each in annotated:
        found.setdefault(each.passage.language, set()).update(mention.type for mention in each.mentions)
    return {language: sorted(labels) for language, labels in sorted(found.items())}


def read(path: Path) -> Translated:
    """Return the names of a table. Raises `OpenNERError`, with file and line, for another form, and for two names of one label."""
    names: Names = {}
    for line, row in rows(path, HEAD, "no table of names"):
        language = _language(path, line, row["language"])
        label, name = row["label"].strip(), _name(row["name"])
        if not label or name is None:
            raise FormatError(
                str(path),
                line,
                f"label {label!r} and name {row['name']!r}",
                f"Write both, a name of at most {LONGEST} characters.",
            )
        if names.setdefault((language, label), name) != name:
            raise FormatError(
                str(path), line, f"a second name of {label!r} in {language}", "Keep one of the two."
            )
    return Translated(names)


def _language(path: Path, line: int, said: str) -> str:
    try:
        return language_said(said.strip())
    except OpenNERError as error:
        raise FormatError(
            str(path), line, f"the language {said!r}", "Write a code of ISO 639-3, such as swh."
        ) from error


def write(names: Names, path: Path) -> None:
    """Write names as a table, sorted."""
    from openner_utils.exports.tables import write_csv

    write_csv(path, HEAD, ((*key, name) for key, name in sorted(names.items())))


def translate(labels: Mapping[str, Sequence[str]], model: Model) -> Translated:
    """Return what a language model calls labels, which are given by language; English ones stay. Nothing is asked twice."""
    names: Names = {}
    faults: Counter[str] = Counter()
    spent = Sum()
    asked = [
        (language, part)
        for language, own in sorted(labels.items())
        if language != ENGLISH
        for part in _parts(sorted(set(own)))
    ]
    prompts = [
        rendered(PROMPT, {"language": _called(language), "labels": written(part)}) for language, part in asked
    ]
    replies, took = answers(model, prompts, [f"{language}, {part[0]}" for language, part in asked])
    spent = together(spent, took)
    for (language, part), reply in zip(asked, replies, strict=True):
        value, fault = object_of(reply, ())
        if fault:
            faults[fault] += 1
        for label in part:
            if label not in value:
                faults[NOT_GIVEN] += 1
            elif (name := _name(value[label])) is None:
                faults[NO_NAME] += 1
            else:
                names[language, label] = name
    return Translated(names, faults, spent)


def _called(language: str) -> str:
    """Return the English name of a language, its code where the catalog has none."""
    try:
        return catalog.language(language).name
    except OpenNERError:
        return f"the language {language_of(language)[0]} (ISO 639-3)"


def _parts(labels: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(labels), AT_ONCE):
        yield list(labels[start : start + AT_ONCE])


def _name(value: Any) -> str | None:
    """Return a name without blanks around it, None for what is none."""
    if (
        not isinstance(value, str)
        or not (name := value.strip())
        or len(name) > LONGEST
        or not name.isprintable()
    ):
        return None
    return name

"""Replies of language models that a finished run has kept, beside the reference, with the reason of each loss; nothing is asked anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock

from markupsafe import Markup

from openner_utils.catalog import language
from openner_utils.config.params import Prompt, load
from openner_utils.core.artifacts import PROMPTED
from openner_utils.core.releases import RUN_KEYS
from openner_utils.pages.browse.filters import DIFFERENCE, EVERYTHING, Counted, Filter
from openner_utils.pages.browse.selection import ANSWERS, Choice, Library, Shown
from openner_utils.pages.each.replies import as_table
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.paths import HERE, Place
from openner_utils.support.records import Record
from openner_utils.support.words import counted

AT_ONCE = 20
"""Replies on a page."""
KEEP = {
    "all": "all replies",
    "wrong": "replies read as something else than the reference",
    "lost": "replies that lose something",
}
"""What is shown, by the value of its field."""


class Params(Record):
    """The block of params.yaml that says under which policy losses are told."""

    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Page:
    """Some replies of a run: ``said`` of them, the table, and the position behind them, None at the end."""

    said: list[str]
    table: Markup
    further: int | None


@dataclass
class Kept:
    """The replies in a compendium's artifacts, by the name of a run and test set."""

    place: Place = HERE
    lock: Lock = field(default_factory=Lock)

    @cached_property
    def _library(self) -> Library:
        return Library(self.place.artifacts)

    @cached_property
    def _choices(self) -> Mapping[str, Choice]:
        prompts = self.place.artifacts / PROMPTED.stage
        if not any(prompts.glob(f"*/{ANSWERS}")):
            return {}
        policies = ("offsets", load(Params, self.place.params).prompt.policy)
        found = {}
        for corpus, codes in self._library.parts.items():
            for code, splits in codes.items():
                for split in splits:
                    for model in self._library.models(corpus, code, split):
                        told = model.path.is_relative_to(prompts) and model.path.with_name(ANSWERS).is_file()
                        if told and model.keys[RUN_KEYS.index("policy")] in policies:
                            name = f"{model} · {corpus}, {language(code).name}, {split}"
                            found[name] = Choice(corpus, code, split, model)
        return dict(sorted(found.items(), key=lambda each: (" control " in each[0], each[0])))

    def names(self) -> list[str]:
        """Return what there is to choose from, models before their controls; nothing where no run has kept replies."""
        with self.lock:
            return list(self._choices)

    def page(self, name: str, keep: str, start: str) -> Page:
        """Return up to `AT_ONCE` of a run's replies from a position on; a run, kind or position that is none is an `OpenNERError`."""
        with self.lock:
            if name not in self._choices:
                raise unknown("run", name, self._choices)
            if keep not in KEEP:
                raise unknown("kind of replies", keep, KEEP)
            if not (start.isascii() and start.isdigit() and len(start) < 10):
                raise OpenNERError("From which reply? Give its place in the list, a whole number from 1 on.")
            chosen = self._library.sentences(self._choices[name])
        kept = [each for each in chosen if each.reply and _passes(each, keep)]
        first = max(int(start), 1) - 1
        some = kept[first : first + AT_ONCE]
        said = [
            f"All {counted(len(chosen), 'sentence')} of the run: {Counted.of(chosen)}.",
            f"{first + 1} to {first + len(some)} of {len(kept):,}: {KEEP[keep]}."
            if some
            else f"None from {first + 1:,} on; there are {len(kept):,}: {KEEP[keep]}.",
        ]
        further = first + AT_ONCE + 1
        return Page(said, as_table(some), further if further <= len(kept) else None)


def _passes(each: Shown, keep: str) -> bool:
    asked = Filter(error=DIFFERENCE) if keep == "wrong" else EVERYTHING
    return asked.passes(each) and (keep != "lost" or bool(each.lost))

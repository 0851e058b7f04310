"""Label Studio's JSON export: a list of tasks, each with its data and the annotations that people made of it.

The format is that of Label Studio's guide ("Label Studio Task Format"): ``{"data": {"text": …}, "annotations": [{"was_cancelled":
false, "result": [{"type": "labels", "value": {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]}}]}]}``. The smaller export
JSON-MIN is read by `json_spans`. Of several annotations of a task the first that was not cancelled and has regions is read; the
others, predictions of a model and regions of other kinds (choices, relations) are counted and passed over.
"""

from typing import Any, Literal

from openner_utils.readers import json_spans
from openner_utils.readers.guess.evidence import Detected, Sample
from openner_utils.readers.json_entries import Entries, entries_of, layout_of
from openner_utils.readers.layout import Layout, RawFile
from openner_utils.readers.offsets import Unit
from openner_utils.readers.reading import Faults, Reading
from openner_utils.readers.spans import Text, columns_of, get_tokenizer
from openner_utils.readers.text import half_pair, read_text
from openner_utils.support.records import Record

_LABELS = "labels"
"""Kind of the regions that are mentions, and key of their types."""


class Options(Record):
    """Where a task has its text, and how that becomes tokens."""

    layout: Entries = "list"
    text: str = "text"
    """Key of the text in a task's data."""
    offsets: Unit = "characters"
    """What start and end count."""
    tokenizer: Literal["words", "clusters", "whitespace"] = "words"
    """See `spans.TOKENIZERS`."""


def read(raw: RawFile, layout: Layout) -> Reading:
    """Read one export; each task is a sentence and a document. A task that nobody has annotated is left out, and counted."""
    options, faults = layout.parsed(Options), Faults(raw, layout)
    content, counts = read_text(raw, faults)
    keys = json_spans.Options(type=_LABELS, offsets=options.offsets)
    tokenize = get_tokenizer(options.tokenizer)
    groups: list[list[Text]] = []
    for line, task in entries_of(content, layout_of(content, layout, options.layout), faults):
        data = task.get("data") if isinstance(task, dict) else None
        text = data.get(options.text) if isinstance(data, dict) else None
        if not isinstance(text, str) or half_pair(text):
            faults.add(
                line, "bad-json", f"no task with a text 'data.{options.text}'", "Correct the task", ["text"]
            )
            continue
        spans = _spans(task.get("annotations"), counts)
        if spans is None:
            guessed = bool(task.get("predictions"))
            _count(counts, "task with predictions only" if guessed else "task without annotation")
        else:
            entry = {keys.text: text, keys.spans: spans}
            groups.append([json_spans.text_of(line, entry, tokenize(text), keys, faults)])
    return columns_of(groups, tokenize, raw, faults, counts)


def _spans(annotations: Any, counts: dict[str, int]) -> list[Any] | None:
    """Return the spans of the first annotation that was not cancelled, if there is one of those with regions; or None."""
    made = [one for one in annotations if isinstance(one, dict)] if isinstance(annotations, list) else []
    finished = [one for one in made if not one.get("was_cancelled") and isinstance(one.get("result"), list)]
    _count(counts, "annotation that was cancelled", len(made) - len(finished))
    if not finished:
        return None
    _count(counts, "further annotation of a task", len(finished) - 1)
    regions: list[Any] = next((one["result"] for one in finished if one["result"]), [])
    spans = [one.get("value") for one in regions if isinstance(one, dict) and one.get("type") == _LABELS]
    _count(counts, "region that is no mention", len(regions) - len(spans))
    return spans


def _count(counts: dict[str, int], what: str, number: int = 1) -> None:
    if number:
        counts[what] = counts.get(what, 0) + number


def sniff(sample: Sample) -> Detected | None:
    """Return how the sample is read if its entries are tasks with data and annotations, of people or of a model."""
    json = sample.json
    tasks = [
        one
        for one in (json.objects if json else ())
        if isinstance(one.get("data"), dict) and ("annotations" in one or "predictions" in one)
    ]
    if json is None or not tasks or len(tasks) < len(json.entries):
        return None
    texts = [key for key, value in tasks[0]["data"].items() if isinstance(value, str)]
    text = str(
        sample.given.get("text")
        or (
            "text"
            if "text" in texts
            else max(texts, key=lambda key: len(tasks[0]["data"][key]), default="text")
        )
    )
    why = (f"tasks of Label Studio, their text under data.{text}", "--option text=KEY")
    return Detected("label_studio", "spans", 0.97, (why,), {"text": text, "layout": json.layout})

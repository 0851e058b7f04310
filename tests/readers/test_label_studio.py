"""Label Studio's JSON export."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openner_utils.ownfiles.opening import inspect, raw_file
from tests.readers.own import faults, mentions, read_fixture, read_text
from tests.reading import documents, sentences


def region(start: int, end: int, type: str, **more: object) -> dict[str, object]:
    value = {"start": start, "end": end, "labels": [type], **more}
    return {"id": "a", "from_name": "label", "to_name": "text", "type": "labels", "value": value}


def task(text: str, *regions: object, **more: object) -> dict[str, object]:
    return {
        "id": 1,
        "data": {"text": text},
        "annotations": [{"id": 2, "result": list(regions), **more}],
        "predictions": [],
    }


def test_what_is_read_and_what_is_counted() -> None:
    reading = read_fixture("label_studio", "tasks_with_annotations.json")
    assert mentions(reading) == [["PER: Mira Halon", "LOC: Turku"], ["PER: Oto"]]
    assert documents(reading) == [1, 1]
    assert reading.columns.lines.tolist() == [2] * 5 + [14] * 2
    assert faults(reading) == []
    assert reading.counts == {
        "region that is no mention": 2,
        "annotation that was cancelled": 2,
        "further annotation of a task": 1,
        "task without annotation": 1,
    }


@pytest.mark.parametrize(
    ("content", "flaw", "left"),
    [
        (task("Ada", region(0, 3, "X", text="Adam")), "bad-span", ["Ada/O"]),
        (task("Ada", region(0, 4, "X")), "bad-span", ["Ada/O"]),
        (task("Ada", {"type": "labels"}), "bad-span", ["Ada/O"]),
        ({"data": {"txt": "Ada"}, "annotations": []}, "bad-json", []),
        ({"data": "Ada"}, "bad-json", []),
        (["Ada"], "bad-json", []),
    ],
)
def test_what_is_wrong_is_a_fault(content, flaw, left) -> None:
    reading = read_text("label_studio", json.dumps([content]))
    assert faults(reading) == [(1, flaw)]
    assert sentences(reading) == left


def test_another_key_and_another_way_of_counting() -> None:
    content = {"data": {"q": "😀 Ada"}, "annotations": [{"result": [region(3, 6, "PER", text="Ada")]}]}
    assert "UTF-16" in read_text("label_studio", json.dumps([content]), text="q").faults[0].what
    reading = read_text("label_studio", json.dumps([content]), text="q", offsets="utf16")
    assert sentences(reading) == ["😀/O Ada/B-PER"]


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.text("aé", min_size=1), st.sampled_from(["", "X"])), min_size=1), min_size=1
    )
)
def test_what_is_written_is_read(text) -> None:
    tasks = []
    for row in text:
        starts = [sum(len(word) + 1 for word, _ in row[:at]) for at in range(len(row))]
        regions = [
            region(start, start + len(word), type, text=word)
            for start, (word, type) in zip(starts, row, strict=True)
            if type
        ]
        tasks.append(task(" ".join(word for word, _ in row), *regions))
    reading = read_text("label_studio", json.dumps(tasks), tokenizer="whitespace")
    assert sentences(reading) == [" ".join(f"{w}/{f'B-{t}' if t else 'O'}" for w, t in row) for row in text]


ADA = region(0, 3, "PER")
EMPTY, CANCELLED = {"result": []}, {"result": [ADA], "was_cancelled": True}


@pytest.mark.parametrize(
    ("made", "left", "counts"),
    [
        ([EMPTY, {"result": [ADA]}], ["Ada/B-PER"], {"further annotation of a task": 1}),
        ([CANCELLED, {"result": [ADA]}], ["Ada/B-PER"], {"annotation that was cancelled": 1}),
        ([EMPTY], ["Ada/O"], {}),
        ([], [], {"task with predictions only": 1}),
        (None, [], {"task with predictions only": 1}),
    ],
)
def test_nothing_is_set_aside_without_being_told(tmp_path, made, left, counts) -> None:
    one = {"data": {"text": "Ada"}, "predictions": [{"result": [ADA]}]}
    (tmp_path / "f.json").write_text(json.dumps([one if made is None else one | {"annotations": made}]))
    opened = inspect(raw_file(tmp_path / "f.json"))
    assert opened.format.reader == "label_studio"
    assert sentences(opened.reading) == left
    assert opened.reading.counts == counts
    assert opened.told_passed_over == "".join(f"{opened.path}: counted: {what} 1" for what in counts)

"""Labels in doubt: planted errors are found, poor encoders are not heard, patches can be taken back, the effect by hand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils.analysis.doubts import (
    BOTH,
    BOUNDARY,
    MISSING,
    TYPE,
    Findings,
    Run,
    Sentence,
    findings,
    patched,
    tables,
)
from openner_utils.core.document import Mention, Span
from openner_utils.core.encoding import IOB2
from openner_utils.pages.wording.doubts import sentences

TRUE = ("B-PER", "I-PER", "O", "O", "B-LOC")
TOKENS = ("Ada", "Byron", "lives", "in", "Oslo")


def collection(*labelled: tuple[str, ...]) -> dict[tuple[str, str, int], Sentence]:
    """Sentences that are all truly labelled `TRUE`, published with these labels."""
    return {
        ("c", "eng", number): Sentence(
            TOKENS, labels, "c.txt", tuple(range(10 * number + 1, 10 * number + 6))
        )
        for number, labels in enumerate(labelled)
    }


def run(system: str, predicted: dict[int, tuple[str, ...]], seeds: int = 3, regime: str = "alone") -> Run:
    return Run(
        system,
        regime,
        {seed: {("c", "eng", n): labels for n, labels in predicted.items()} for seed in range(seeds)},
    )


ERRORS = {
    1: (("O", "O", "O", "O", "B-LOC"), MISSING),
    2: (("B-ORG", "I-ORG", "O", "O", "B-LOC"), TYPE),
    3: (("B-PER", "O", "O", "O", "B-LOC"), BOUNDARY),
    4: (("B-LOC", "O", "O", "O", "B-LOC"), BOTH),
}
PUBLISHED = collection(TRUE, *(labels for labels, _ in ERRORS.values()), *[TRUE] * 5)
GOOD = [run(system, dict.fromkeys(range(10), TRUE)) for system in ("a", "b")]


def test_planted_errors_are_found_each_with_its_kind_and_place():
    found = tables(PUBLISHED, GOOD)
    rows = found["candidates"].sort_values("sentence").to_dict("records")
    assert [(row["sentence"], row["kind"]) for row in rows] == [(n, kind) for n, (_, kind) in ERRORS.items()]
    assert all(
        (row["words"], row["proposed"], row["voters"], row["of"]) == ("Ada Byron", "PER", 2, 2)
        for row in rows
    )
    assert [row["line"] for row in rows] == [11, 21, 31, 41] and len({row["id"] for row in rows}) == 4
    assert rows[1]["labelled"] == "Ada Byron [ORG]" and rows[0]["labelled"] == ""


def test_ids_stay_while_place_and_labels_do():
    first, again = (tables(PUBLISHED, GOOD)["candidates"]["id"].tolist() for _ in range(2))
    assert first == again
    other = PUBLISHED | {
        ("c", "eng", 1): Sentence(TOKENS, ("O", "O", "B-LOC", "O", "B-LOC"), "c.txt", (11, 12, 13, 14, 15))
    }
    assert len(set(tables(other, GOOD)["candidates"]["id"]) & set(first)) == 3


def test_patches_lead_to_what_is_proposed_and_back():
    found = tables(PUBLISHED, GOOD)
    for row in found["candidates"].itertuples():
        labels = PUBLISHED["c", "eng", row.sentence]
        changes = found["patches"][found["patches"]["id"] == row.id]
        lines = dict(zip(labels.lines, labels.labels, strict=True))
        assert all(lines[change.line] == change.before for change in changes.itertuples())
        after = lines | {change.line: change.after for change in changes.itertuples()}
        assert tuple(after.values()) == TRUE
        assert after | {change.line: change.before for change in changes.itertuples()} == lines


def test_one_encoder_under_two_regimes_is_one_voice_and_seeds_must_agree():
    alone = [run("a", dict.fromkeys(range(10), TRUE), regime=regime) for regime in ("alone", "joint")]
    assert len(tables(PUBLISHED, alone)["candidates"]) == 0
    torn = Run(
        "b",
        "alone",
        {0: GOOD[1].seeds[0], 1: {("c", "eng", n): PUBLISHED["c", "eng", n].labels for n in range(10)}},
    )
    assert len(tables(PUBLISHED, [GOOD[0], torn])["candidates"]) == 0, "one of two seeds is not most of them"


def test_an_encoder_that_is_poor_on_a_test_set_is_not_heard():
    poor = [run(system, dict.fromkeys(range(10), ("B-ORG", *["O"] * 4))) for system in ("x", "y")]
    found = tables(PUBLISHED, [*GOOD, *poor])
    assert set(found["candidates"]["proposed"]) == {"PER"} and found["test_sets"]["encoders"].tolist() == [2]
    nobody = findings(tables(PUBLISHED, poor))
    assert (nobody.candidates, nobody.test_sets, nobody.without) == (0, 0, 1)
    assert sentences(nobody)[0] == "On no test set did 2 encoders do well enough to be heard."


def test_the_effect_by_hand():
    few = collection(TRUE, ERRORS[1][0])
    third = run("third", {0: TRUE, 1: ERRORS[1][0]})
    (row,) = tables(few, [run("a", {0: TRUE, 1: TRUE}), run("b", {0: TRUE, 1: TRUE}), third])[
        "candidates"
    ].to_dict("records")
    # Voters: 3 right of 4 predicted and 3 labelled, then 4 of 4 and 4. The third: 3 of 3 and 3, then 3 of 3 and 4.
    assert row["f1_voters"] == pytest.approx(100 - 600 / 7) and row["f1_others"] == pytest.approx(
        600 / 7 - 100
    )


def test_a_mean_names_the_candidates_that_it_is_over():
    found = Findings(4, 19, 1, {"missing": 4}, 0, voters=1.5, others=-0.25, others_over=3)
    assert sentences(found)[1] == (
        "Taking one candidate moves the F1 of encoders that did not propose it by -0.25 points on its test set (mean over 3 candidates), and "
        "of those that did by +1.50 (over 4), which is no surprise. Candidates share test sets and encoders, so there is no interval."
    )
    assert len(sentences(replace(found, others=float("nan"), others_over=0))) == 1


def test_what_is_said_counts_candidates_by_kind():
    said = sentences(findings(tables(PUBLISHED, GOOD)))
    assert said[0].startswith(
        "4 labels of 1 test set are in doubt (21.1 per 100 of 19 mentions: 1 missing, 1 type, 1 boundary, 1 type and boundary)"
    )
    assert len(tables({}, [])["candidates"]) == 0


LABELS = st.lists(st.sampled_from(["O", "B-PER", "B-LOC", "I-PER", "I-LOC"]), min_size=1, max_size=8)


@given(LABELS, st.data())
def test_a_patch_puts_the_mention_there_and_leaves_all_that_it_does_not_overlap(labels, data):
    start = data.draw(st.integers(0, len(labels) - 1))
    mention = Mention(Span(start, data.draw(st.integers(start + 1, len(labels)))), "ORG")
    gold = IOB2.decode(labels)
    apart = [m for m in gold if m.span.end <= mention.span.start or m.span.start >= mention.span.end]
    assert set(IOB2.decode(patched(tuple(labels), mention))) == {*apart, mention}

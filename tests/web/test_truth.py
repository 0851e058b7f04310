"""Truth in a box, with annotators whose errors are planted."""

import csv

import pytest

from openner_utils.catalog.taxonomy import universal
from openner_utils.core.columns import from_rows
from openner_utils.support.errors import OpenNERError
from openner_utils.unify.corpora import Corpus, Origin
from openner_utils.web import truth_tables
from openner_utils.web.annotating import Annotation, Annotator
from openner_utils.web.gold import passages_of, refuse_empty
from openner_utils.web.guarantee import AMPLE, fewest
from openner_utils.web.likeness import exact
from openner_utils.web.mentions import TextMention
from openner_utils.web.truth import ACCEPTED, BOTH, MAPPED, MEASURED, Box, by_document, half, truth
from tests.web.marked import named, places

COUNT = 240
GOLD = [
    named(
        "Ada met Bo in Oslo",
        ("Ada", "PER"),
        ("Bo", "PER"),
        ("Oslo", "LOC"),
        number=n,
        language="eng" if n % 2 else "swa",
    )
    for n in range(COUNT)
]
GOLD_OF = {each.passage.id: each for each in GOLD}


def planted(name, change, seen=None):
    """Return an annotator that knows the truth and changes it: ``change`` gets a mention and its passage's number."""

    def annotate(passages):
        if seen is not None:
            seen.extend(passages)
        found = []
        for passage in passages:
            number = int(passage.document.rpartition("/")[2])
            changed = (change(each, number) for each in GOLD_OF[passage.id].mentions)
            found.append(GOLD_OF[passage.id].with_mentions(each for each in changed if each is not None))
        return Annotation(tuple(found))

    return Annotator(name, annotate)


def sure(mention, _):
    return TextMention(*mention.span, mention.type, 1.0)


def misses_oslo(mention, _):
    return None if mention.type == "LOC" else sure(mention, _)


def dates_oslo(mention, _):
    """Oslo is a date, with a low score."""
    return TextMention(*mention.span, "DATE", 0.1) if mention.type == "LOC" else sure(mention, _)


def unknown_oslo(mention, _):
    return TextMention(*mention.span, "banana thing", 1.0) if mention.type == "LOC" else sure(mention, _)


def wrong_half_the_time(mention, number):
    """Every Oslo is an organization, with a low score in all passages but every fourth."""
    return (
        TextMention(*mention.span, "ORG", 0.2)
        if mention.type == "LOC"
        else TextMention(*mention.span, mention.type, 0.9)
    )


def box(first, second, judge=None, **options):
    return Box(first, second, judge, lambda labels: exact, universal(), **options)


def stage(found, name, language="ALL"):
    rows = found.stages
    return rows[(rows["stage"] == name) & (rows["language"] == language)].iloc[0]


def test_annotators_see_no_label():
    seen = []
    truth(GOLD, box(planted("a", sure, seen), planted("b", sure, seen)))
    assert len(seen) == 2 * COUNT
    assert {type(each).__name__ for each in seen} == {"Passage"}


def test_what_is_right_everywhere_costs_nothing():
    found = truth(GOLD, box(planted("a", sure), planted("b", sure)))
    measured = sum(half(each.passage.document) == MEASURED for each in GOLD)
    assert COUNT / 3 < measured < 2 * COUNT / 3
    for name in ("a", "b", BOTH, "merged, drop", "merged, longer", "merged, surer", MAPPED, ACCEPTED):
        row = stage(found, name)
        assert (row["passages"], row["gold"], row["named"], row["right"]) == (measured, *[3 * measured] * 3)
    assert set(found.stages["language"]) == {"ALL", "eng", "swa"}
    assert (found.thresholds["threshold"] == 1).all()


def test_each_stage_shows_what_it_costs():
    found = truth(GOLD, box(planted("a", sure), planted("b", misses_oslo)))
    assert stage(found, "b")["recall"] == pytest.approx(2 / 3)
    assert stage(found, "b")["precision"] == 1
    assert stage(found, "merged, drop")["recall"] == 1
    assert stage(found, BOTH)["recall"] == pytest.approx(2 / 3)


def test_unlike_labels_are_measured_under_every_choice():
    found = truth(GOLD, box(planted("a", sure), planted("b", wrong_half_the_time)))
    assert stage(found, "merged, drop")["recall"] == pytest.approx(2 / 3)
    assert stage(found, "merged, drop")["precision"] == 1
    assert stage(found, "merged, surer")["recall"] == 1
    assert stage(found, "merged, longer")["recall"] == 1  # equally long: LOC comes before ORG
    assert found.merging.total() == 6 * COUNT


def test_labels_without_a_core_type_are_aside_and_unknown_ones_wrong_until_they_are_mapped():
    found = truth(GOLD, box(planted("a", dates_oslo), planted("b", dates_oslo)))
    assert stage(found, "a")["precision"] == 1
    found = truth(GOLD, box(planted("a", unknown_oslo), planted("b", unknown_oslo)))
    assert stage(found, "merged, drop")["precision"] == pytest.approx(2 / 3)
    assert stage(found, MAPPED)["precision"] == 1
    assert found.labels["banana thing"].type is None


def test_the_threshold_takes_what_is_right_and_leaves_what_is_wrong():
    found = truth(GOLD, box(planted("a", wrong_half_the_time), planted("b", wrong_half_the_time)))
    assert stage(found, MAPPED)["precision"] == pytest.approx(2 / 3)
    assert stage(found, ACCEPTED)["precision"] == 1
    assert stage(found, ACCEPTED)["recall"] == pytest.approx(2 / 3)
    for row in found.thresholds.to_dict("records"):
        assert (row["threshold"], row["mean_over_documents"], row["kappa"]) == (0.9, 1, None)


def test_a_judge_decides_by_its_own_scores():
    found = truth(
        GOLD,
        box(planted("a", wrong_half_the_time), planted("b", wrong_half_the_time), planted("j", misses_oslo)),
    )
    assert stage(found, ACCEPTED)["precision"] == 1
    row = found.thresholds.iloc[0]
    assert row["judged_precision"] == row["true_precision"] == pytest.approx(2 / 3)
    assert row["judged_recall"] == 1
    assert row["true_recall"] == pytest.approx(2 / 3)
    assert row["kappa"] == 1


def test_no_gold_label_of_the_measured_half_decides_a_threshold():
    """With all gold labels of the measured half taken away, thresholds stay what they are."""
    hidden = [each.with_mentions([]) if half(each.passage.document) == MEASURED else each for each in GOLD]
    tested = box(planted("a", wrong_half_the_time), planted("b", sure))
    columns = ["language", "threshold", "tested_documents", "tested_right", "p"]
    whole, without = truth(GOLD, tested), truth(hidden, tested)
    assert whole.thresholds[columns].equals(without.thresholds[columns])
    assert stage(whole, MAPPED)["right"] > stage(without, MAPPED)["right"] == 0


def test_too_little_text_promises_nothing():
    found = truth(GOLD[:20], box(planted("a", sure), planted("b", sure)))
    assert found.thresholds["threshold"].isna().all()
    assert stage(found, ACCEPTED)["named"] == 0
    needed = AMPLE * fewest(0.9, 0.9)
    told = [line for line in truth_tables.told(found) if "no threshold promises" in line]
    assert told and all(
        f"none was tried: mentions with scores in {needed} documents" in line for line in told
    )


def test_the_sentence_on_thresholds_names_what_each_rests_on_and_its_bound():
    promise = "a threshold promises a precision above 90 %, with 90 % confidence in each language by itself"
    few = truth(GOLD[:20], box(planted("a", sure), planted("b", sure)))
    assert list(truth_tables.findings(few))[-1] == f"In 0 of 2 languages {promise}."
    found = truth(GOLD, box(planted("a", sure), planted("b", sure)))
    rests = []
    for row in found.thresholds.to_dict("records"):
        n = row["tested_documents"]
        assert row["tested_right"] == n > 20
        # Where all are right, the bound is the share that would leave that to so much chance.
        rests.append(f"{row['language']} {n} of {n} right (lower bound {100 * 0.1 ** (1 / n):.1f} %)")
    said = f"In 2 of 2 languages {promise}, by mentions drawn one from each document: {'; '.join(rests)}."
    assert list(truth_tables.findings(found))[-1] == said


def test_a_share_of_no_mention_is_none_and_no_cell_says_nan(tmp_path):
    found = truth(GOLD[:20], box(planted("a", sure), planted("b", sure)))
    accepted = next(line for line in truth_tables.told(found) if f" {ACCEPTED} " in line)
    assert "precision  none  recall   0.0 (" in accepted
    truth_tables.write(found, tmp_path / "out")
    with open(tmp_path / "out" / "table.csv", encoding="utf-8", newline="") as file:
        assert {row["precision"] for row in csv.DictReader(file) if row["stage"] == ACCEPTED} == {"none"}
    cells = {
        cell
        for path in (tmp_path / "out").glob("*.csv")
        for cell in path.read_text().replace("\n", ",").split(",")
    }
    assert "" in cells and not cells & {"nan", "None", "NaN"}


def test_documents_count_the_same_however_many_mentions_they_have():
    gold = [
        named("a b c d", ("a", "X"), ("b", "X"), ("c", "X"), ("d", "X"), number=1),
        named("e", ("e", "X"), number=2),
    ]
    found = [gold[0], named("e", ("e", "Y"), number=2)]
    assert by_document(found, gold) == 0.5
    assert by_document([], []) is None


def test_tables_are_written_and_told(tmp_path):
    found = truth(GOLD, box(planted("a", sure), planted("b", wrong_half_the_time)))
    truth_tables.write(found, tmp_path / "out")
    truth_tables.write(found, tmp_path / "out")
    with open(tmp_path / "out" / "stages.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found.stages) == 3 * 8
    assert float(rows[0]["precision_low"]) <= float(rows[0]["precision"]) <= float(rows[0]["precision_high"])
    with open(tmp_path / "out" / "table.csv", encoding="utf-8", newline="") as file:
        table = {(row["language"], row["stage"]): row for row in csv.DictReader(file)}
    assert table["ALL", "a"]["recall"].startswith("100.0 (")
    assert table["ALL", "a"]["recall"].endswith(" to 100.0)")
    assert "Ada" not in "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").glob("*.csv"))
    lines = list(truth_tables.told(found))
    assert len(lines) == len(found.stages) + 2 + 3  # a promise of each language, a price of each and of all
    assert all("precision above 0.9 with confidence 0.9" in line for line in lines[-5:-3])
    assert all("mentions accepted in" in line for line in lines[-3:])
    with open(tmp_path / "out" / "prices.csv", encoding="utf-8", newline="") as file:
        prices = {row["language"]: row for row in csv.DictReader(file)}
    assert set(prices) == {"ALL", "eng", "swa"} and float(prices["ALL"]["seconds"]) > 0


def corpus(count, document_of=None):
    rows = [(["Ada", "in", "Oslo", "on", "Monday"], ["B-PER", "O", "B-GPE", "O", "B-DATE"])] * count
    columns = from_rows(rows)
    origins = tuple(Origin(f"c-{n}", "eng" if n % 2 else "swa", "f") for n in range(count))
    return Corpus("c", columns, origins, {})


def test_gold_has_core_types_at_their_characters():
    found = list(passages_of(corpus(4), lambda type: None, "CC0-1.0"))
    assert [each.passage.text for each in found] == ["Ada in Oslo on Monday"] * 4
    assert places(found[0].mentions) == [(0, 3, "PER"), (7, 11, "LOC")]
    assert found[0].passage.script == "Latn"
    assert len({each.passage.id for each in found}) == len({each.passage.document for each in found}) == 4


def test_so_many_sentences_are_taken_of_each_language_always_the_same():
    few = list(passages_of(corpus(40), lambda type: None, "unknown", most=5))
    assert sorted(each.passage.language for each in few) == ["eng"] * 5 + ["swa"] * 5
    assert few == list(passages_of(corpus(40), lambda type: None, "unknown", most=5))
    assert set(few) <= set(passages_of(corpus(40), lambda type: None, "unknown"))


def test_gold_without_core_types_is_refused():
    with pytest.raises(OpenNERError, match="2 sentences hold no mention of a core type"):
        refuse_empty([named("Ada"), named("Bo", number=1)])


def test_text_of_which_nothing_is_measured_is_refused_before_anybody_is_asked():
    first = [each for each in GOLD if half(each.passage.document) != MEASURED]

    def never(passages):
        raise AssertionError("asked")

    with pytest.raises(OpenNERError, match="a hash puts none into the half that is measured"):
        truth(first, box(Annotator("a", never), Annotator("b", never)))

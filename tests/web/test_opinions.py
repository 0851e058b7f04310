"""A language model as the judge: its lists are matched with mentions and passage, and it is calibrated like others."""

import json

import pytest

from openner_utils.web.judging import calibrated
from openner_utils.web.mentions import TextMention
from openner_utils.web.objects import NO_OBJECT
from openner_utils.web.opinions import NO_MARK, NOT_LISTED, NOT_THERE, Opinion, account, as_judge, opinion
from tests.web.marked import annotated, named, places

TEXT = "Ada met Ada in London with Bo."
MARKED = annotated(
    TEXT,
    TextMention(0, 3, "person"),
    TextMention(8, 11, "city"),
    TextMention(15, 21, "city"),
    TextMention(4, 7, "event"),
)


def reply(**values):
    return json.dumps({"reason": "", "faithfulness": 3, "completeness": 4, **values})


def item(text, type="x"):
    return {"text": text, "type": type}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (reply(), Opinion(3, 4)),
        (reply(wrong=[item("Ada", "city")]), Opinion(3, 4, wrong=(2,))),
        (reply(wrong=[item("Ada"), item("Ada")]), Opinion(3, 4, wrong=(0, 2))),
        (reply(extra=["met"]), Opinion(3, 4, extra=(1,))),
        (reply(wrong=[item("met")], extra=[item("met")]), Opinion(3, 4, wrong=(1,), faults=(NOT_LISTED,))),
        (reply(extra=[item("Paris")]), Opinion(3, 4, faults=(NOT_LISTED,))),
        (reply(missing=[item("Bo", "person")]), Opinion(3, 4, missing=(TextMention(27, 29, "person"),))),
        (reply(missing=[item("Paris")]), Opinion(3, 4, faults=(NOT_THERE,))),
        (reply(missing=[item("London")]), Opinion(3, 4, faults=(NOT_THERE,))),  # it is marked
        (
            reply(missing=[item("Bo"), item("Bo")]),
            Opinion(3, 4, missing=(TextMention(27, 29, "x"),), faults=(NOT_THERE,)),
        ),
        (reply(missing=["Bo"]), Opinion(3, 4, faults=(NOT_THERE,))),  # without a type
        (reply(missing="Bo", wrong={"a": 1}, extra=[1, None, {"text": 3}, {}]), Opinion(3, 4)),
        (reply(faithfulness=9), Opinion(None, 4, faults=(NO_MARK,))),
        ("All is well.", Opinion(None, None, faults=(NO_OBJECT,))),
    ],
)
def test_replies_are_read(given, expected):
    assert opinion(MARKED, given) == expected


def test_what_is_not_objected_to_is_stood_for():
    said = opinion(MARKED, reply(wrong=[item("Ada", "city")], extra=["met"], missing=[item("Bo", "person")]))
    own = as_judge([MARKED], [said])[0]
    assert places(own.mentions) == [(0, 3, "person"), (15, 21, "city"), (27, 29, "person")]
    gold = named(TEXT, ("Ada", "person"), ("London", "city"), ("Bo", "person"))
    found = calibrated([MARKED], [own], [gold])
    assert (found.judged_precision, found.true_precision, found.kappa) == (0.5, 0.5, 1.0)
    assert found.judged_recall == found.true_recall == pytest.approx(2 / 3)
    assert account([said]) == {"wrong": 1, "extra": 1, "missing": 1}


def test_a_judge_without_an_opinion_stands_for_nothing():
    said = opinion(MARKED, "…")
    assert as_judge([MARKED], [said])[0].mentions == ()
    assert account([said])[NO_OBJECT] == 1


def test_what_is_missing_is_looked_for_as_a_word_first():
    """*Paris* begins *Parisian*, too, which is another word; a stem that stands nowhere else is found within one."""
    found = opinion(
        named("Parisian cafes in Paris", ("cafes", "x")),
        reply(missing=[item("Paris"), item("cafe"), item(" ")]),
    )
    assert places(found.missing) == [(18, 23, "x")]
    assert found.faults == (NOT_THERE, NOT_THERE)
    inside = opinion(named("Helsingissä"), reply(missing=[item("Helsingi")]))
    assert places(inside.missing) == [(0, 8, "x")]
    unspaced = opinion(named("他去了北京大学"), reply(missing=[item("北京")]))
    assert places(unspaced.missing) == [(3, 5, "x")]

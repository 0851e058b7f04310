"""Conflicts by rule: what was planted comes first, in any script; two halves of one corpus have none."""

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from openner_utils.catalog.taxonomy import Group
from openner_utils.support.records import parse
from openner_utils.unify.alike import Meant, alike, unknown_meaning
from openner_utils.unify.conflicts import LONGER, SHORTER, TYPE, UNMARKED, detect
from openner_utils.unify.corpora import Corpus
from openner_utils.unify.effects import weighted
from openner_utils.unify.standing import bare, search
from openner_utils.unify.verdicts import judge, suggestions
from tests.unify import made

LATIN = {
    "PER": [f"Ada{n} Lo{n % 7}" for n in range(40)],
    "GPE": [f"Gland{n}" for n in range(40)],
    "LOC": [f"Lake Om{n}" for n in range(40)],
    "NOM": [f"{word}{end}" for word in ("baker", "mayor", "pilot", "nurse") for end in ("", "s", "man")],
    "TITLE": ["Dr.", "Mrs."],
    "SENTENCE": ["{title} {name} went from {gpe} to {loc} .", "{nom} saw {name} in {gpe} .", "near {loc} {title} {name} met {nom} ."],
}  # fmt: skip
_HAN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
CHINESE = {
    "PER": [f"{one}小{_HAN[n % 7]}" for n, one in enumerate(_HAN)],
    "GPE": [f"{one}城市" for one in _HAN],
    "LOC": [f"{one}山湖" for one in _HAN],
    "NOM": ["医生", "老师", "市长", "司机", "护士", "工人", "记者", "律师"],
    "TITLE": ["博士", "先生"],
    "SENTENCE": [
        "{name}{title}从{gpe}到{loc}。",
        "{nom}在{gpe}看见{name}。",
        "在{loc}附近{name}{title}遇到{nom}。",
    ],
}
_THAI = [
    f"{a}{b}"
    for a in ("กา", "ขา", "คำ", "งาม", "จันท")
    for b in ("ดี", "ศรี", "ชัย", "พร", "ทอง", "นที", "วงศ์", "รัก")
]
THAI = {
    "PER": [f"นาย{each}" for each in _THAI],
    "GPE": [f"เมือง{each}" for each in _THAI],
    "LOC": [f"เขา{each}" for each in _THAI],
    "NOM": ["หมอ", "ครู", "ตำรวจ", "ทหาร", "ชาวนา", "คนขับรถ"],
    "TITLE": ["ดร.", "พลเอก"],
    "SENTENCE": ["{title}{name}ไปจาก{gpe}ถึง{loc}", "{nom}เห็น{name}ที่{gpe}", "ใกล้{loc}{title}{name}พบ{nom}"],
}
SCRIPTS = {"latin": LATIN, "chinese": CHINESE, "thai": THAI}
PLANTED = [
    ({"swap": True}, {TYPE}, "scope"),
    ({"titles": True}, {SHORTER, LONGER}, "span"),
    ({"nominals": True}, {UNMARKED}, "kind of mention"),
]
"""What one of two corpora does otherwise, how the conflict shows, and what it is."""


def generated(
    name: str,
    words: dict[str, list[str]],
    seed: int,
    swap: bool = False,
    titles: bool = False,
    nominals: bool = False,
    one_place: bool = False,
    count: int = 600,
) -> Corpus:
    """Return a corpus in which names, of people and places, and common nouns stand; the flags say what is marked otherwise."""
    draw = random.Random(seed)
    sep = None if words is LATIN else ""
    gpe, loc = ("LOC", "GPE") if swap else ("LOC", "LOC") if one_place else ("GPE", "LOC")
    rows = []
    for _ in range(count):
        person, title, nominal = (draw.choice(words[each]) for each in ("PER", "TITLE", "NOM"))
        text = draw.choice(words["SENTENCE"])
        if titles:
            for pair in ("{title} {name}", "{title}{name}", "{name}{title}"):
                text = text.replace(pair, f"[{pair}|PER]")
        if "|PER" not in text:
            text = text.replace("{name}", "[{name}|PER]")
        if nominals:
            text = text.replace("{nom}", "[{nom}|PER]")
        text = text.replace("{gpe}", f"[{draw.choice(words['GPE'])}|{gpe}]")
        text = text.replace("{loc}", f"[{draw.choice(words['LOC'])}|{loc}]")
        rows.append(made.row(text.format(name=person, title=title, nom=nominal), sep))
    return made.corpus(name, rows)


def halves(corpus: Corpus, seed: int = 1) -> list[Corpus]:
    count = corpus.columns.n_sentences
    mixed = np.random.default_rng(seed).permutation(count)
    return [
        replace(corpus.pick(np.sort(some)), name=name)
        for name, some in (("one", mixed[: count // 2]), ("other", mixed[count // 2 :]))
    ]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(("planted", "outcomes", "kind"), PLANTED)
def test_planted_conflicts_come_first(
    script: str, planted: dict[str, bool], outcomes: set[str], kind: str
) -> None:
    words = SCRIPTS[script]
    corpora = [generated("with", words, 1, **planted), generated("without", words, 2)]
    first = judge(detect(corpora), corpora, unknown_meaning)[0]
    assert first.candidate.outcome in outcomes
    assert first.candidate.clear
    assert first.candidate.low > 0
    assert first.kind == kind
    assert first.candidate.type in (("GPE", "LOC") if "swap" in planted else ("PER",))
    if "titles" in planted:
        titles = {title.casefold().strip(".") for title in words["TITLE"]}
        assert any(title in extra for extra in first.candidate.extras for title in titles)


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("flags", [{}, {"swap": True}, {"titles": True}, {"nominals": True}])
def test_corpora_that_mark_alike_have_no_conflict(script: str, flags: dict[str, bool]) -> None:
    corpora = [generated(name, SCRIPTS[script], seed, **flags) for seed, name in enumerate(("one", "other"))]
    assert not [each for each in detect(corpora).candidates if each.clear]


@pytest.mark.parametrize("noise", [0.1, 0.4])
def test_halves_of_a_corpus_that_contradicts_itself_have_none(noise: float) -> None:
    """Marks are changed at random: the corpus has no consistency, and its halves no conflict."""
    draw = random.Random(5)
    clean = generated("one", LATIN, 1, count=1500)
    rows = [
        (tokens, [label if draw.random() > noise else "O" for label in labels])
        for tokens, labels in clean.columns.rows()
    ]
    clear = [
        each
        for seed in range(5)
        for each in detect(halves(made.corpus("noisy", rows), seed)).candidates
        if each.clear
    ]
    assert clear == []


def test_the_effect_of_halves_is_zero_on_average() -> None:
    """For each text marks are drawn with a probability of its own; the mean effect of many draws is near zero."""
    draw = random.Random(7)
    effects = []
    for _ in range(60):
        rates = {f"Om{n}": draw.choice((0.2, 0.5, 0.9)) for n in range(30)}
        corpora = []
        for name in ("one", "other"):
            texts = [draw.choice(list(rates)) for _ in range(90)]
            rows = [made.row(f"[{t}|PER] left" if draw.random() < rates[t] else f"{t} left") for t in texts]
            corpora.append(made.corpus(name, rows))
        effects += [each.effect for each in detect(corpora).candidates if each.outcome == UNMARKED]
    assert abs(np.mean(effects)) < 3 * np.std(effects) / len(effects) ** 0.5
    assert len(effects) == 120


def test_what_one_corpus_splits_is_granularity_and_an_edge_of_the_lattice() -> None:
    coarse, fine = generated("coarse", LATIN, 1, one_place=True), generated("fine", LATIN, 2)
    found = detect([coarse, fine])
    first = judge(found, [coarse, fine], unknown_meaning)[0]
    assert (first.candidate.here, first.candidate.type, first.candidate.other) == ("coarse", "LOC", "GPE")
    assert first.kind == "granularity"
    assert (first.corpus, first.raw, first.to) == ("fine", ("LOC",), "loc -> others")
    edges = {(each.here, each.type, each.wider) for each in found.edges}
    assert ("fine", "GPE", "LOC") in edges
    assert not any(here == "coarse" for here, *_ in edges)


def test_a_type_that_is_part_of_another_one_is_subsumption() -> None:
    """One corpus keeps GPE for the first five states and calls the others LOC, as it does lakes."""
    fine = generated("fine", LATIN, 1)
    rows = []
    for tokens, labels in generated("coarse", LATIN, 2).columns.rows():
        kept = {f"Gland{n}" for n in range(5)}
        pairs = zip(tokens, labels, strict=True)
        rows.append(
            (tokens, [each if token in kept else each.replace("GPE", "LOC") for token, each in pairs])
        )
    corpora = [fine, made.corpus("coarse", rows)]
    first = judge(detect(corpora), corpora, unknown_meaning)[0]
    assert (first.candidate.here, first.candidate.type, first.candidate.other) == ("fine", "GPE", "LOC")
    assert first.kind == "subsumption"
    assert (first.corpus, first.raw, first.to) == ("fine", ("GPE",), "loc -> gpe")


def test_suggestions_are_read_by_the_type_maps() -> None:
    corpora = [generated("with", LATIN, 1, nominals=True), generated("without", LATIN, 2)]
    (group,) = suggestions(judge(detect(corpora), corpora, unknown_meaning))
    entry = parse(Group, group, "suggestions").mapped()["PER"]
    assert entry.to == "per or general mention of per"
    assert "unmarked" in entry.why and entry.by == "mentions"


def test_a_conflict_that_the_taxonomy_knows_is_settled() -> None:
    corpora = [generated("with", LATIN, 1, nominals=True), generated("without", LATIN, 2)]

    def meaning(corpus: str, type: str) -> Meant:
        names = {"with": "person or general mention of person", "without": "person"}
        return Meant(names[corpus] if type == "PER" else "")

    verdicts = judge(detect(corpora, meaning), corpora, meaning)
    assert verdicts[0].settled and verdicts[0].candidate.clear
    assert suggestions(verdicts) == []


def test_neither_the_order_of_corpora_nor_of_sentences_matters() -> None:
    one, other = generated("one", LATIN, 1, titles=True), generated("other", LATIN, 2)
    back = one.pick(np.arange(one.columns.n_sentences)[::-1].copy())
    facts: Callable[[list[Corpus]], list[object]] = lambda corpora: [  # noqa: E731
        replace(each, examples=()) for each in detect(corpora).candidates
    ]
    assert facts([one, other]) == facts([other, back])


def test_languages_that_only_one_corpus_has_are_left_out() -> None:
    one = generated("one", LATIN, 1, nominals=True)
    other = generated("other", LATIN, 2)
    apart = [
        replace(corpus, origins=tuple(replace(each, language=code) for each in corpus.origins))
        for corpus, code in ((one, "eng"), (other, "fin"))
    ]
    assert detect(apart).candidates == ()


@pytest.mark.parametrize(
    ("sentence", "text", "outcome", "type"),
    [
        ("[Oslo|LOC] is big", "oslo", "marked", "LOC"),
        ("OSLO's fjord", "oslo", "unmarked", ""),
        ("Oslovian", "oslo", None, ""),
        ("the [Oslo Opera|FAC]", "oslo", "inside", "FAC"),
        ("New [York|LOC]", "newyork", "shorter", "LOC"),
        ("Big [New York|LOC]", "bignew", "crossing", "LOC"),
        ("他在[北京|LOC]住", "北京", "marked", "LOC"),
        ("[北京大学|ORG]", "北京", "inside", "ORG"),
        ("ไปกรุงเทพแล้ว", "กรุงเทพ", "unmarked", ""),
        ("गाँव [दिल्ली|LOC] में", "दिल्ली", "marked", "LOC"),
        ("दिल्लीवाला", "दिल्ली", None, ""),
        ("قال [بلندن|LOC] اليوم", "لندن", "marked", "LOC"),
        ("سافر ولندن جميلة", "لندن", "unmarked", ""),
        ("גר [בלונדון|LOC]", "לונדון", "marked", "LOC"),
    ],
)
def test_texts_stand_from_border_to_border(sentence: str, text: str, outcome: str | None, type: str) -> None:
    corpus = made.corpus("one", [made.row(sentence)])
    places = search(corpus, {text})
    if outcome is None:
        assert places == {}
    else:
        ((found, number),) = places[text].counts.items()
        assert (found.outcome, found.type, number) == (outcome, type, 1)


def test_ways_of_composing_characters_make_no_difference() -> None:
    corpus = made.corpus("one", [made.row("[Cafe\u0301|LOC] a")])
    assert "café" in search(corpus, {"café"})


def test_a_proclitic_is_taken_off_only_where_the_rest_is_known() -> None:
    assert bare("بلندن", {"لندن"}) == "لندن"
    assert bare("بلندن", set()) == "بلندن"
    assert bare("bergen", {"ergen"}) == "bergen"


def test_types_are_alike_by_name_meaning_or_spelling() -> None:
    def meaning(corpus: str, type: str) -> Meant:
        return {
            "name": Meant("person", (), "PER"),
            "politician": Meant("politician", ("person",), "PER"),
        }.get(type, Meant())

    assert alike("Person", "a", ["person", "place"], "b", meaning) == "person"
    assert alike("name", "a", ["politician", "place"], "b", meaning) == "politician"
    assert alike("organisation", "a", ["organization", "place"], "b", meaning) == "organization"
    assert alike("gene", "a", ["place"], "b", meaning) == ""


@pytest.mark.parametrize("count", [2, 5, 40])
def test_few_texts_that_all_agree_are_no_certainty(count: int) -> None:
    effect, low, high, p = weighted(np.ones(count), np.ones(count), 0.05)
    assert effect == 1
    assert high == 1
    assert (low > 0.5) == (count == 40)
    assert (p < 0.001) == (count == 40)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    draw = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        weights, values = draw.random(30), np.clip(draw.normal(0.2, 0.4, 30), -1, 1)
        _, low, high, _ = weighted(weights, values, 0.05)
        held += low <= 0.2 <= high
    assert held >= 0.93 * 400


def test_types_that_were_made_one_are_each_named_in_suggestions() -> None:
    published = generated("with", LATIN, 1, nominals=True)
    corpora = [published.renamed({"GPE": "PER"}), generated("without", LATIN, 2)]
    assert corpora[0].raw["PER"] == ("GPE", "PER")
    (group,) = suggestions(judge(detect(corpora), corpora, unknown_meaning))[:1]
    types = group["types"]
    assert isinstance(types, dict) and {"GPE", "PER"} <= set(types)


@pytest.mark.parametrize(
    "types", [("A+", "A-"), ("per", "PER"), ("🎉", "💥"), ("दाल", "दिल"), ("かぎ", "かき"), ("Ort", "Örter")]
)
def test_halves_whose_types_differ_in_little_have_no_conflict(types: tuple[str, str]) -> None:
    """Types that differ in signs, case or marks alone are two types of their corpus, each like itself."""
    names = [f"n{number}" for number in range(20)]
    rows = [
        made.row(" ".join(f"[{name}|{types[at % 2]}] and s{n}" for at, name in enumerate(names)))
        for n in range(20)
    ]
    found = detect([made.corpus("a", rows[:10]), made.corpus("b", rows[10:])])
    assert not any(candidate.clear for candidate in found.candidates)


def test_types_without_letters_are_like_themselves_alone() -> None:
    assert alike("💥", "a", ["🎉", "LOC"], "b", unknown_meaning) == ""
    assert alike("💥", "a", ["🎉", "💥"], "b", unknown_meaning) == "💥"
    assert alike("PER", "a", ["per", "PER"], "b", unknown_meaning) == "PER"
    assert alike("PER", "a", ["LOC", "per"], "b", unknown_meaning) == "per"

"""What pages say follows from typed results: each case is a result and what must be said of it."""

import math
import re
from dataclasses import replace

import pytest

from openner_utils.analysis import (
    encoders,
    llms,
    methods,
    ontologies,
    prompts,
    regimes,
    repair,
    scorers,
    two_views,
)
from openner_utils.analysis.audit.expected import Part, Published, Reason
from openner_utils.analysis.audit.overview import Overview
from openner_utils.analysis.systems import Comparison, Power
from openner_utils.pages.wording import audit as of_audit
from openner_utils.pages.wording import common
from openner_utils.pages.wording import comparison as of_comparison
from openner_utils.pages.wording import encoders as of_encoders
from openner_utils.pages.wording import llms as of_llms
from openner_utils.pages.wording import methods as of_methods
from openner_utils.pages.wording import prompts as of_prompts
from openner_utils.pages.wording import regimes as of_regimes
from openner_utils.pages.wording import repair as of_repair
from openner_utils.pages.wording import scorers as of_scorers
from openner_utils.support.paths import ROOT

BETTER = Comparison("eng", 12.34, 3.0, 21.7, 0.0004, True)
WORSE = Comparison("fin", -8.0, -15.0, -1.0, 0.0125, True)
SAME = Comparison("swa", 1.3, -9.6, 12.2, 1.0, False)
POWER = Power(37.2, 0, 17)


def text(lines: list[str]) -> str:
    assert all(line.endswith(".") for line in lines), lines
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("power", "said"),
    [
        (POWER, "would have to be 37 points (median) to be found with 80 % power"),
        (Power(50.0, 3, 17), "power, and in 3 of 17 no difference could be found with 80 % power"),
        (Power(math.nan, 17, 17), "in 17 of 17 no difference could be found with 80 % power"),
    ],
)
def test_power(power: Power, said: str) -> None:
    assert common.power(power).endswith(said) and "nan" not in common.power(power)


@pytest.mark.parametrize(
    ("p", "said"), [(0.0, "p < 0.001"), (0.0009, "p < 0.001"), (0.001, "p = 0.001"), (1.0, "p = 1.000")]
)
def test_a_p_value_is_never_zero(p: float, said: str) -> None:
    assert common.p_value(p) == said


ENCODERS = encoders.Findings(
    {("eng", "fin"): (encoders.Mean("characters", "individual", 51.3, 45.8, 56.8),)},
    encoders.Pairs(17, {"characters": 4, "minilm": 1}, POWER),
    encoders.NearZero(
        34, encoders.Read(8, 2, 4, 1), encoders.Read(26, 2, 3, 0), (("minilm", "heb", "multilingual"),)
    ),
    two_views.Views(17, 1000, (two_views.Other("individual, fin, a, b", 4.2, 0.3, 8.1, -0.2, 8.4, True),)),
)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (ENCODERS, "Models and data resampled together (1,000 resamples) decide otherwise than the test in 1 of 17 comparisons, which should not be built on: individual, fin, a, b: +4.2 points, beyond chance by the test (+0.3 to +8.1), within it by resamples (-0.2 to +8.4)."),
        (replace(ENCODERS, views=two_views.Views(17, 1000, ())), "(1,000 resamples) decide as the test does in all 17 comparisons."),
        (replace(ENCODERS, views=two_views.Views(1, 1000, ())), "decide as the test does in the one comparison."),
        (ENCODERS, "Of 17 comparisons of two encoders on one language under one regime, 5 differ beyond chance (characters is ahead in 4, minilm is ahead in 1; Holm-adjusted over all)"),
        (ENCODERS, "Mean F1 over 2 languages (eng, fin): characters, individual 51.3 (45.8 to 56.8)."),
        (ENCODERS, "8 of 34 rows (encoder, regime, language) are below 10 F1: in 2 the tokenizer gives an unknown sub-token to at least 10% of the tokens, in 4 more it drops characters of as many, in 1 more it spells at least 50% of the words letter by letter; it does not explain 1 (minilm on heb (multilingual)). Of the 26 other rows, 2 have such unknown sub-tokens, 3 such dropped characters and 0 such spelling."),
        (replace(ENCODERS, pairs=encoders.Pairs(1, {}, POWER)), "Of 1 comparison of two encoders on one language under one regime, 0 differ beyond chance (Holm"),
        (replace(ENCODERS, means={tuple("abcdef"): ()}), "Mean F1 over 6 languages: "),
        (encoders.Findings({}, None, None), "There are no two encoders to compare."),
    ],
)  # fmt: skip
def test_encoders(found: encoders.Findings, said: str) -> None:
    assert said in text(of_encoders.sentences(found))


def test_encoders_without_near_zero_rows_say_nothing_of_them() -> None:
    assert "below 10 F1" not in text(of_encoders.sentences(replace(ENCODERS, near_zero=None)))


LLMS = llms.Findings(
    (llms.Run("tiny", "json", "free", (llms.Against("eng", 40, (BETTER, WORSE, SAME)), llms.Against("fin", 12, (BETTER,)))),),
    POWER,
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (LLMS, "Of 4 comparisons of a language model with an encoder on one language, the language model is ahead beyond chance in 2 and behind in 1; 1 are not told apart (Holm-adjusted over all)"),
        (LLMS, "tiny, json, free decoding, against encoders: eng (n = 40) ahead of eng, behind fin, not told apart from 1 of 3; fin (n = 12) ahead of eng."),
        (llms.Findings((), POWER), "No language model and no encoder were tested on the same sentences."),
    ],
)  # fmt: skip
def test_llms(found: llms.Findings, said: str) -> None:
    assert said in text(of_llms.sentences(found))


REGIMES = regimes.Findings(
    (regimes.Pair("minilm", "joint", "alone", (BETTER, WORSE, SAME), ((2_192, 448), (9, 9), (1, 2))),)
)


OPEN = regimes.Findings((), (ontologies.Pair("minilm", "union", "masked", (BETTER, WORSE, SAME)),))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (REGIMES, "Training together is ahead of training alone beyond chance in 1 of 3 comparisons and behind in 1"),
        (REGIMES, "minilm, joint minus alone, points of F1: eng +12.3 (+3.0 to +21.7; 2,192 against 448 steps); fin -8.0"),
        (REGIMES, "beyond chance in 2 of 3."),
        (regimes.Findings(()), "No encoder was trained both alone and together on a common language."),
        (OPEN, "Of 3 comparisons of two losses for corpora with different types, 2 differ beyond chance (Holm-adjusted over these)."),
        (OPEN, "minilm, masked minus union, points of F1 in each corpus's own types: eng +12.3 (+3.0 to +21.7); fin -8.0"),
    ],
)  # fmt: skip
def test_regimes(found: regimes.Findings, said: str) -> None:
    assert said in text(of_regimes.sentences(found))


@pytest.mark.parametrize(("alone", "said"), [(9, False), (8, True)])
def test_steps_are_named_where_they_always_differ(alone: int, said: bool) -> None:
    pair = regimes.Pair("minilm", "joint", "alone", (SAME,), ((9, alone),))
    assert ("that of the steps" in text(of_regimes.sentences(regimes.Findings((pair,))))) == said


def arm(differ: int, tokens: int, *comparisons: Comparison) -> repair.Arm:
    return repair.Arm(
        "s", "individual", "c", "swa", "discard", 200, "3", comparisons, differ, tokens, 100 * differ / tokens
    )


@pytest.mark.parametrize(
    ("arm", "said"),
    [
        (arm(26, 1_000, BETTER, SAME), "c/swa, s (individual), invalid labels discarded, against repaired ones on 200 sentences (seeds: 3): +12.3 points of F1 under eng (+3.0 to +21.7, beyond chance, p < 0.001); +1.3 points of F1 under swa (-9.6 to +12.2, within chance, p = 1.000). 26 of 1,000 labels trained on differ (2.60 per 100 tokens)."),
        (arm(0, 1_000, BETTER), "No label differs in the sentences trained on, so this is the difference of two runs, not an effect of repair."),
        (arm(1, 15_000, BETTER), "Only 1 of 15,000 labels trained on differs (0.01 per 100 tokens), few for a difference beyond chance: its cause is not known."),
        (arm(1, 100_000, SAME), "Only 1 of 100,000 labels trained on differs (less than 0.01 per 100 tokens), too few to expect an effect."),
        (arm(949, 1_000_000, SAME), "Only 949 of 1,000,000 labels trained on differ (0.09 per 100 tokens), too few to expect an effect."),
        (arm(951, 1_000_000, SAME), ". 951 of 1,000,000 labels trained on differ (0.10 per 100 tokens)."),
    ],
)  # fmt: skip
def test_repair(arm: repair.Arm, said: str) -> None:
    noise = repair.Noise("c", "swa", 30, 3.0, 25.0)
    answer, *lines = of_repair.sentences(repair.Findings((noise,), (arm,), POWER))
    clear = sum(each.clear for each in arm.comparisons)
    number = len(arm.comparisons)
    scope = f"(1 arm, 1 encoder under a regime, 1 test set, {number} convention{'s' if number > 1 else ''})"
    assert (
        f"ones {scope}, {clear} are beyond chance (Holm-adjusted over all); {common.power(POWER)}." in answer
    )
    assert lines[0] == (
        "c/swa: 30 labels were repaired in the training split, over all types: 3.00 per 100 tokens, 25.00 per 100 mentions."
    )
    assert said in lines[1]


@pytest.mark.parametrize(
    ("noise", "said"),
    [
        ((), ["No label was repaired, and no ablation was trained."]),
        (
            (repair.Noise("c", "swa", 1, 0.1, 1.0),),
            ["No ablation was trained, so what repair does to scores is not known."],
        ),
    ],
)
def test_repair_without_ablations(noise: tuple[repair.Noise, ...], said: list[str]) -> None:
    assert of_repair.sentences(repair.Findings(noise, (), None))[:1] == said


FORMATS = prompts.Formats("tiny", "free", ("fin",), (WORSE, SAME), (BETTER, SAME), ("13 documents",))
PROMPTS = prompts.Findings(
    (prompts.Scores("tiny", "json", "free", (prompts.Score("eng", 37.8, 24.0, 53.0, 40, 30.0, 21), prompts.Score("fin", 40.0, 24.0, 58.0, 40, 40.0, 0))),),
    (FORMATS,),
    12,
    True,
    (prompts.Account("tiny", "json", "free", 4, 3, 0), prompts.Account("tiny", "inline", "free", 0, 0, 0)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (PROMPTS, "Inline is ahead of JSON beyond chance in 1 of 2 comparisons and behind in 0, ungrounded mentions dropped (Holm-adjusted over all 12 rows)."),
        (PROMPTS, "tiny, free decoding, does not beat its control in fin: nothing is concluded about the formats there."),
        (PROMPTS, "ungrounded mentions dropped: fin -8.0 (-15.0 to -1.0), swa +1.3 (-9.6 to +12.2); beyond chance in 1 of 2 (Holm-adjusted over all 12 rows, over 13 documents)."),
        (PROMPTS, "ungrounded mentions counted as predicted: eng +12.3"),
        (PROMPTS, "Each model was asked once: what another one, tuned alike, would do is not known."),
        (PROMPTS, "eng 37.8 (24.0 to 53.0, n = 40 sentences), 30.0 with its 21 ungrounded mentions counted; fin 40.0 (24.0 to 58.0, n = 40 sentences)."),
        (PROMPTS, "tiny, json, free decoding: 4 mentions named in replies, 3 grounded, 0 named again, 1 lost (25%)."),
        (PROMPTS, "0 mentions named in replies, 0 grounded, 0 named again, 0 lost."),
        (replace(PROMPTS, formats=(replace(FORMATS, dropped=(), counted=()),)), "No model beats its control, so nothing is concluded about the formats."),
        (replace(PROMPTS, formats=()), "No model was asked in both formats."),
        (prompts.Findings((), (), 0, False, ()), "No language model was asked."),
    ],
)  # fmt: skip
def test_prompts(found: prompts.Findings, said: str) -> None:
    assert said in text(of_prompts.sentences(found))


RATE = methods.Rate(6.1, 1_000, 2, (1.0, 3.0))
RATES = methods.Rates(12, 500, (4.0, RATE), 31.2, replace(RATE, value=93.1, spreads=(1.0,)), 94.0, None)
FAMILIES = methods.Families(4, 5_000, 400, (2.0, replace(RATE, value=7.1)), 1.09)


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        (RATES, "in 4.0 to 6.1 % (allowed: 5; worst: 1,000 sentences, 2 seeds, spread 1/3; a test that ignores seeds: up to 31 %)"),
        (RATES, "95 % intervals held the true difference in at least 93.1 % (1,000 sentences, 2 seeds, spread 1), and a single F1 in at least 94.0 %."),
        (replace(RATES, families=FAMILIES), "(4 settings of up to 5,000 sentences, 400 families each) had a false alarm in 2.0 to 7.1 % (1,000 sentences, 2 seeds, spread 1/3); such a rate is known to ± 1.1 points"),
    ],
)  # fmt: skip
def test_methods(rates: methods.Rates, said: str) -> None:
    alike, unlike = of_methods.sentences(methods.Findings(rates, RATES))
    assert said in alike and "vary unequally" in unlike and "Families" not in unlike


OVERVIEW = Overview(
    corpora=3, languages=2, scripts=2, families=1, sentences=1000, tokens=5000, mentions=70, plain_share=0.25,
    expectations=9, met=9, silent=0, published=0, published_met=0, unverified=(), repaired=3, changes=4, test_sets=3,
    contaminated_test_sets=0, contaminated_share=0.0, removed=0, unseen_share=0.5,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "All 9 counts are what the cards expect."),
        ({"met": 8}, "1 of 9 counts differ from what the cards expect."),
        ({"silent": 2}, "For 2 counts the cards expect nothing."),
        ({"expectations": 0, "met": 0}, "The cards expect no counts"),
        ({"published": 4, "published_met": 3}, "3 of 4 published figures are what is found here."),
        ({"contaminated_test_sets": 2, "contaminated_share": 0.125}, "2 of 3 test sets share sentences with training data, exactly or nearly: 12.5%"),
        ({}, "None of 3 test sets shares a sentence with training data"),
        ({"removed": 1}, "1 training sentence that a test set holds"),
        ({"unverified": ("a", "b")}, "2 corpora have unverified files, which nobody had at hand when the cards were written: a, b."),
        ({}, "3 labels were repaired, in all splits and of all types; the ledgers, which hold other changes too, have 4 rows."),
        ({"repaired": 1}, "1 label was repaired"),
        ({"corpora": 1}, "from 1 corpus in 2 languages, 1 family and 2 scripts"),
    ],
)  # fmt: skip
def test_audit(changed: dict[str, object], said: str) -> None:
    assert said in text(of_audit.sentences(replace(OVERVIEW, **changed)))


PART = Part("a", "eng", "train", {"sentences": 10, "tokens": 1_200}, True, (), (), ())


@pytest.mark.parametrize(
    ("part", "row"),
    [
        (PART, ("=", "", "")),
        (replace(PART, stated=False), ("", "", "")),
        (replace(PART, differences=(("tokens", 1_000), ("mentions", -2))), ("tokens +1,000, mentions −2", "", "")),
        (replace(PART, published=(Published("their paper", (("sentences", -2),)), Published("a list", ()))), ("=", "sentences −2 (their paper); = (a list)", "")),
        (replace(PART, reasons=(Reason.DIVIDED, "they count lines; not posts")), ("=", "", "divided here; see all splits together; they count lines; not posts")),
    ],
)  # fmt: skip
def test_a_part_beside_its_card_and_published_figures(part: Part, row: tuple[str, str, str]) -> None:
    (found,) = of_comparison.table([part]).itertuples(index=False)
    assert (found.card, found.published, found.reason) == row
    assert (found.sentences, found.tokens) == (10, 1_200) and not isinstance(found.mentions, int)


def test_every_reason_has_its_words() -> None:
    assert set(of_comparison.REASONS) == set(Reason)
    assert set(of_repair.CONCLUSIONS) == set(repair.Cause) - {repair.Cause.NONE}


TURNS = scorers.Effect("texts", 1.25, -0.5, 3.0, pairs=9, turned=2, decided=1, reversed=0)
TURNS_BACK = scorers.Effect("partial", 4.0, 1.0, 9.0, pairs=9, turned=1, decided=3, reversed=1)


@pytest.mark.parametrize(
    ("effects", "said"),
    [
        ((TURNS,), "3 systems in 2 languages change places in up to 2 of 9 pairs (texts), and up to 1 difference is beyond chance"),
        ((TURNS,), "no two rules claim the opposite of a pair."),
        ((TURNS,), "texts: +1.3 points of F1 on average (-0.5 to +3.0); 2 of 9 pairs in another order."),
        ((TURNS, TURNS_BACK), "up to 3 differences are beyond chance under one of the two rules alone (partial); 1 time two rules"),
        ((), "No encoder was scored."),
        ((scorers.Effect("texts", 1.0, 1.0, 1.0, 0, 0, 0, 0),), "so no order can change"),
    ],
)  # fmt: skip
def test_scorers(effects: tuple[scorers.Effect, ...], said: str) -> None:
    assert said in text(of_scorers.sentences(scorers.Findings(effects, 3, 2)))


def test_links_in_sentences_and_notebooks_lead_to_pages_of_the_report() -> None:
    """Pages of notebooks are called as their stage, those of questions ``compare-<question>``; the others are of no stage."""
    notebooks = [path.stem.split("_", 1) for path in (ROOT / "notebooks").glob("[0-9]*.py")]
    pages = {f"compare-{name}" if number == "80" else name for number, name in notebooks}
    pages |= {"index", "catalog", "choices", "corpora", "glossary", "languages", "systems"}
    sources = [*(ROOT / "openner_utils" / "pages").rglob("*.py"), *(ROOT / "notebooks").glob("*.py")]
    linked = {
        (path.name, page)
        for path in sources
        for page in re.findall(r"\]\(([a-z-]+)\.html", path.read_text(encoding="utf-8"))
    }
    assert ("train.py", "compare-encoders") in linked
    assert {each for each in linked if each[1] not in pages} == set()

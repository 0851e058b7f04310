"""What notebooks show of each stage: small tables in, grouped ones and the numbers told of them out."""

import math

import pandas as pd
import pytest

from openner_utils import catalog
from openner_utils.analysis.examples import Example, Words
from openner_utils.pages.views import audit, clean, prompts, scores, standardize, train
from openner_utils.pages.wording import clean as clean_in_words
from openner_utils.pages.wording import prompt as prompt_in_words
from openner_utils.pages.wording import standardize as standardize_in_words
from openner_utils.pages.wording import train as train_in_words


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in frame[list(columns)].to_numpy(object).tolist()]


# --- clean ------------------------------------------------------------------------------------------------------


def counted(corpus: str, file: str, **counts: int) -> list[dict[str, object]]:
    fixed = {"corpus": corpus, "language": "eng", "file": file}
    return [{**fixed, "what": what.replace("_", " "), "count": n} for what, n in counts.items()]


COUNTS = pd.DataFrame(
    [
        *counted("a", "1", sentences=2, tokens=9, mentions_as_repaired=3, invalid_transition=1, byte_order_mark=1),
        *counted("a", "2", sentences=1, tokens=4, mentions_as_repaired=1),
        *counted("b", "1", sentences=5, tokens=50, mentions_as_repaired=0, byte_order_mark=2),
        {"corpus": "b", "language": "fin", "file": "1", "what": "ledger: empty-label", "count": 7},
    ]
)  # fmt: skip
LEDGER = pd.DataFrame({"corpus": ["a", "a", "b"], "rule": ["x", "y", "x"]})


def test_what_was_read_by_corpus_and_in_all() -> None:
    sizes = clean.by_corpus(COUNTS)
    assert rows(sizes, "corpus", "languages", "files", "sentences", "tokens", "mentions", "invalid") == [
        ("a", "eng", 2, 3, 13, 4, 1), ("b", "eng, fin", 1, 5, 50, 0, 0),
    ]  # fmt: skip
    found = clean.read(sizes)
    assert found == clean.Read(2, 8, 63, 4, 1, ("a",))
    assert clean_in_words.read(found).endswith("1 transition between labels is invalid, in a.")
    assert "2 transitions between labels are" in clean_in_words.read(clean.Read(2, 8, 63, 4, 2, ("a",)))
    assert clean_in_words.read(clean.Read(1, 8, 63, 4, 0, ())).endswith(
        "No transition between labels is invalid."
    )


def test_traits_are_what_is_neither_a_size_nor_in_the_ledger() -> None:
    assert rows(clean.traits(COUNTS), "met", "times", "corpora") == [("byte order mark", 3, "a, b")]


def test_the_corpus_with_most_changes_is_named_beside_its_mentions() -> None:
    found = clean.changed(LEDGER, clean.by_corpus(COUNTS))
    assert found == clean.Changed(3, 2, "a", 2, 4)
    assert (
        clean_in_words.changed(found)
        == "The ledger has 3 rows under 2 rules, the most of them in a: 2 beside 4 mentions."
    )
    assert "nothing had to be changed" in clean_in_words.changed(
        clean.changed(LEDGER.head(0), clean.by_corpus(COUNTS))
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (Words(" w0 w1", " w2", " w3", True, True), "… w0 w1 [w2] w3 …"),
        (Words(" 北京", "大学", "。", False, False), "北京[大学]。"),
        (Words("", " w0", " w1", False, True), "[w0] w1 …"),
        (None, ""),
    ],
)
def test_changed_words_stand_in_brackets_spaced_as_published(words: Words | None, said: str) -> None:
    example = Example("x", "a", "f.txt", 3, "", None, False, words)
    assert rows(clean.examples([example]), "where", "published", "released", "words") == [
        ("a/f.txt:3", "(empty)", "(left out)", said)
    ]


# --- standardize ------------------------------------------------------------------------------------------------

TYPES = pd.DataFrame(
    [
        ("a", "PERS", "PER", "PER", "summary", 6), ("b", "PER", "PER", "PER", "summary", 2), ("a", "EVT", "EVENT", "", "inferred", 4),
        ("b", "DATE", "DATE", "", "inferred", 0),
    ],
    columns=["corpus", "original", "standardized", "core", "certainty", "mentions"],
)  # fmt: skip


def test_types_are_merged_by_their_standardized_name() -> None:
    assert rows(standardize.merged(TYPES), "written", "standardized", "core", "corpora", "mentions") == [
        ("PER, PERS", "PER", "PER", 2, 8), ("EVT", "EVENT", "none", 1, 4), ("DATE", "DATE", "none", 1, 0),
    ]  # fmt: skip
    assert standardize.renamed(TYPES) == standardize.Renamed(4, 3, 12, 10)
    assert list(standardize.meanings(TYPES)) == ["summary", "inferred"]
    said = standardize_in_words.renamed(standardize.renamed(TYPES))
    assert (
        said
        == "4 original type names became 3 standardized types; 10 of 12 mentions changed their type's name."
    )


def test_what_the_core_release_drops_and_keeps() -> None:
    assert rows(standardize.dropped(TYPES), "standardized", "corpora", "mentions") == [
        ("EVENT", "a", 4),
        ("DATE", "b", 0),
    ]
    table = standardize.by_corpus(TYPES)
    assert rows(table, "corpus", "PER", "LOC", "dropped", "dropped (%)") == [
        ("a", 6, 0, 4, 40.0),
        ("b", 2, 0, 0, 0.0),
    ]
    found = standardize.kept(TYPES)
    assert found == standardize.Kept(12, 8, ("a", 40.0), ("b", 0.0), {"summary": 8})
    said = standardize_in_words.kept(found)
    assert (
        "keeps 8 of 12 mentions (67%). It drops most in a (40%) and least in b (0%)." in said
        and "known: summary: 8." in said
    )


# --- audit ------------------------------------------------------------------------------------------------------


def test_a_corpus_in_doubt_is_named_with_its_state() -> None:
    card = catalog.load_card("habari")
    files = tuple(file.model_copy(update={"bytes": None, "sha256": None}) for file in card.files)
    frame = pd.DataFrame({"corpus": ["habari", "lexis"], "other_corpus": ["lexis", "habari"], "n": [1, 2]})
    found = audit.named(
        frame, {"habari": card.model_copy(update={"files": files}), "lexis": catalog.load_card("lexis")}
    )
    assert rows(found, "corpus", "other_corpus") == [
        ("habari (unverified)", "lexis"),
        ("lexis", "habari (unverified)"),
    ]


def test_expectations_by_who_stated_them_count_each_once() -> None:
    fixed = {"corpus": "a", "language": "eng", "split": "train"}
    compared = pd.DataFrame(
        [
            {
                **fixed,
                "what": "tokens",
                "expected_by": "publisher",
                "found": 9,
                "expected": 9,
                "difference": 0,
            },
            {
                **fixed,
                "what": "tokens",
                "expected_by": "publisher",
                "found": 9,
                "expected": 9,
                "difference": 0,
            },
            {
                **fixed,
                "what": "mentions",
                "expected_by": "independent",
                "found": 3,
                "expected": 4,
                "difference": -1,
            },
            {
                **fixed,
                "what": "sentences",
                "expected_by": "",
                "found": 3,
                "expected": None,
                "difference": None,
            },
        ]
    )
    assert rows(audit.by_origin(compared), "what", "expected_by", "expectations", "met") == [
        ("mentions", "independent", 1, 0), ("tokens", "publisher", 1, 1),
    ]  # fmt: skip


def test_repeated_sentences_say_where_else_they_stand() -> None:
    frame = pd.DataFrame(
        [
            ("a", "eng", "train", "a", "eng", "train", "within split", 1, 0, 10, 0.1),
            ("a", "eng", "test", "b", "eng", "train", "across corpora", 2, 1, 10, 0.3),
        ],
        columns=["corpus", "language", "split", "other_corpus", "other_language", "other_split", "relation", "same", "near", "of", "share"],
    )  # fmt: skip
    assert rows(audit.repeated(frame), "sentences_of", "also_in", "share") == [
        ("a eng test", "b eng train", 0.3), ("a eng train", "itself", 0.1),
    ]  # fmt: skip


def test_only_what_tells_something_is_shown_and_most_first() -> None:
    repairs = pd.DataFrame(
        {"corpus": ["a", "b", "c"], "repaired": [1, 0, 5], "per_100_tokens": [0.1, 0.0, 2.0], "sentences": 1}
    )
    assert rows(audit.repaired(repairs), "corpus", "repaired labels") == [("c", 5), ("a", 1)]
    scripts = pd.DataFrame(
        {"corpus": ["a", "a"], "language": "jpn", "name": "Japanese", "script": "Jpan", "letters_of": ["Latn", "Hani"],
         "letters": [3, 97], "share": [0.03, 0.97], "expected": [False, True]}
    )  # fmt: skip
    assert rows(audit.foreign_scripts(scripts), "language", "letters_of", "percent") == [
        ("Japanese", "Latn", 3.0)
    ]
    lengths = pd.DataFrame(
        {
            "corpus": ["a", "b"],
            "language": "eng",
            "type": ["PER", "PER"],
            "1": [2, 3],
            "4+": [1, 0],
            "mean": 1.5,
        }
    )
    assert rows(audit.mention_lengths(lengths), "type", "mentions", "1", "4+") == [("PER", 6, 5, 1)]


# --- train, prompt, score ---------------------------------------------------------------------------------------


def test_dev_curves_are_means_over_seeds() -> None:
    curves = pd.DataFrame(
        {"corpus": "a", "language": "eng", "seed": [1, 2], "epoch": 1, "dev_f1": [40.0, 60.0]}
    )
    assert train.dev_curves(curves).to_dict("records") == [{"epoch": 1, "a/eng": 50.0}]


def test_the_best_and_the_worst_test_set() -> None:
    found = train.extremes(
        pd.DataFrame(
            {
                "corpus": ["a", "b"],
                "language": ["eng", "fin"],
                "f1": [10.0, 61.25],
                "sd": [math.nan, 2.0],
                "seeds": [1, 3],
            }
        )
    )
    assert [(each.corpus, each.f1, each.seeds) for each in found] == [("b", 61.25, 3), ("a", 10.0, 1)]
    assert train_in_words.extremes(found).startswith(
        "Best on b/fin (F1 61.3; 3 seeds, standard deviation 2.0), worst on a/eng (F1 10.0; 1 seed)."
    )


LOSSES = pd.DataFrame(
    [
        {"decoding": decoding, "control": control, "reason": reason, "mentions": n}
        for decoding, control, counts in (("free", True, (9, 0, 0)), ("free", False, (5, 2, 3)), ("constrained", False, (4, 0, 0)))
        for reason, n in zip(("grounded", "named again", "absent from text"), counts, strict=True)
    ]
)  # fmt: skip
REPLIES = pd.DataFrame(
    [("free", True, 40), ("free", False, 30), ("free", False, 10), ("constrained", False, 40)],
    columns=["decoding", "control", "replies"],
)


def test_accounts_stand_models_first_and_add_up() -> None:
    table = prompts.accounts(LOSSES, "decoding")
    assert rows(table, "of", "decoding", "grounded", "named again", "absent from text", "named") == [
        ("model", "constrained", 4, 0, 0, 4), ("model", "free", 5, 2, 3, 10), ("control", "free", 9, 0, 0, 9),
    ]  # fmt: skip
    never = LOSSES[LOSSES["decoding"] == "constrained"]
    assert "absent from text" not in prompts.accounts(never, "decoding"), (
        "a reason that never occurred is left out"
    )


def test_each_run_is_told_with_all_its_replies() -> None:
    _, free, control = prompts.told(LOSSES, REPLIES)
    assert free == prompts.Told("free", False, 40, 10, 5, 2) and free.lost == 3
    assert prompt_in_words.told(free) == (
        "Model, free decoding: 40 replies; of 10 mentions that the model named, 5 have a place in their sentence, 2 name it "
        "again, 3 are lost."
    )
    assert prompt_in_words.told(control).startswith(
        "Control, free decoding: 40 replies; of 9 mentions that the control"
    )


@pytest.mark.parametrize("n", [0, 2])
def test_faults_stand_beside_all_replies(n: int) -> None:
    found = pd.DataFrame(
        {"decoding": ["free"] * n, "control": [False] * n, "fault": ["x"] * n, "count": [3] * n}
    )
    expected = [("model", "free", "x", 6, 40)] if n else []
    table = prompts.faults(found, REPLIES)
    assert (rows(table, "of", "decoding", "fault", "count", "replies") if n else rows(table)) == expected


def test_scores_stand_by_convention_and_by_type() -> None:
    run = dict.fromkeys(scores.RUN, "") | {"system": "s", "control": False, "language": "eng"}
    made = pd.DataFrame(
        [
            run | {"corpus": corpus, "type": type, "convention": convention, "f1": f1}
            for corpus in "ab"
            for type, convention, f1 in (
                ("ALL", "conlleval", 0.5),
                ("ALL", "discard", 0.4),
                ("PER", "conlleval", 0.7),
            )
        ]
    )
    table = scores.by_convention(made)
    assert rows(table, "system", "conlleval", "discard", "n") == [("s", 50.0, 40.0, 2)]
    assert scores.widest_gap(table) == pytest.approx(10.0)
    assert rows(scores.by_type(made), "system", "PER") == [("s", pytest.approx(70.0))]


def test_runs_that_learnt_nothing_are_named() -> None:
    losses = [0.2, 0.41, 0.4, float("nan")]
    runs = pd.DataFrame(
        {
            "corpus": "a",
            "language": ["eng", "fin", "swa", "amh"],
            "target_corpus": "",
            "target_language": "",
            "target_sentences": 0,
            "seed": 1,
            "loss": losses,
            "constant_loss": 0.4,
        }
    )
    found = train.collapsed(runs)
    assert [each.trained for each in found] == ["a/fin", "a/swa", "a/amh"]
    donated = train.collapsed(runs.assign(target_corpus="b", target_language="yor", target_sentences=10))
    assert donated[0].trained == "a/fin + b/yor (10)"
    alone = train.collapsed(
        runs.assign(corpus="", language="", target_corpus="b", target_language="yor", target_sentences=10)
    )
    assert alone[0].trained == "b/yor (10)"
    said = train_in_words.collapsed(found, 4)
    assert (
        said.startswith("**3 of 4 runs learnt nothing")
        and "a/fin, seed 1: 0.410 (such a model: 0.400)" in said
    )
    assert "fell below" in train_in_words.collapsed([], 4)


def test_what_limits_left_out_is_counted() -> None:
    assert (
        train_in_words.left_out({"train": (0, 9), "dev": (0, 0), "test": (0, 3)})
        == "`limits` left out no sentence."
    )
    said = train_in_words.left_out({"train": (1200, 1300), "dev": (0, 50), "test": (7, 40)})
    assert (
        said
        == "`limits` left out 1,200 of 1,300 training, 7 of 40 test sentences, chosen by a hash of their place."
    )

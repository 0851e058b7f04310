"""The audit: what is counted, found twice, unseen, and said about it."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openner_utils import catalog
from openner_utils.analysis import ledger
from openner_utils.analysis.audit import contents, corpora, distributions, expected
from openner_utils.analysis.audit.expected import Published, Reason, Status
from openner_utils.analysis.audit.overview import overview
from openner_utils.analysis.examples import examples
from openner_utils.core import releases
from openner_utils.core.artifacts import CLEANED, Memory, Outputs
from openner_utils.core.changes import LEDGER_ROWS
from openner_utils.core.columns import from_rows
from openner_utils.core.encoding import IOB2
from openner_utils.core.repair import METHODS, repair_labels
from openner_utils.core.validation import validate
from openner_utils.pages.views import clean as view
from openner_utils.stages import audit as stage
from openner_utils.stages import clean, main, standardize
from tests import places
from tests.strategies import label_rows, with_tokens

Rows = Sequence[tuple[str, str]]
"""Sentences as text with blanks between tokens, and their labels likewise."""


def part(corpus: str, language: str, split: str, rows: Rows) -> pa.Table:
    columns = from_rows([(tokens.split(), labels.split()) for tokens, labels in rows], "file.txt")
    return releases.release_table(corpus, language, split, columns, columns)


def plain(corpus: str, language: str, split: str, *sentences: str) -> pa.Table:
    """Return a part without a mention."""
    return part(corpus, language, split, [(text, " ".join("O" for _ in text.split())) for text in sentences])


def table(*parts: pa.Table) -> pa.Table:
    return pa.concat_tables(parts)


def records(frame: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in frame[list(columns)].to_numpy(object).tolist()]


SMALL = table(
    part("news", "swa", "test", [("Ada in Oslo", "B-PER O B-LOC"), ("nothing here", "O O")]),
    part(
        "news",
        "swa",
        "train",
        [("Ada Lovelace", "B-PER I-PER"), ("Oslo", "B-LOC"), ("Oslo again", "B-LOC O")],
    ),
    part("web", "eng", "train", [("Acme Acme", "B-ORG B-ORG")]),
)


def test_counts_are_by_part_in_the_order_train_dev_test() -> None:
    found = contents.counts(SMALL)
    assert records(found, *releases.PART, "sentences", "tokens", "mentions", "plain") == [
        ("news", "swa", "train", 3, 5, 3, 0),
        ("news", "swa", "test", 2, 5, 2, 1),
        ("web", "eng", "train", 1, 2, 2, 0),
    ]


def test_types_stand_from_frequent_to_rare() -> None:
    found = contents.types(SMALL)
    assert records(found[found["split"] == "train"], "corpus", "type", "mentions") == [
        ("news", "LOC", 2),
        ("news", "PER", 1),
        ("web", "ORG", 2),
    ]


def test_languages_get_name_family_and_script_beside_their_code() -> None:
    wide = contents.with_languages(contents.counts(SMALL))
    assert list(wide.columns)[:5] == ["corpus", "language", "name", "family", "script"]
    assert ("eng", "English", "Latn") in records(wide, "language", "name", "script")


FOUND = pd.DataFrame(
    [("a", "eng", "train", 10, 1_200, 5), ("b", "eng", "train", 7, 70, 1)],
    columns=[*releases.PART, *contents.COUNTS],
)


def card_with(
    *files: tuple[str, int | None, int | None, int | None, str], bytes: bool = True
) -> catalog.Card:
    """Return a card whose files expect sentences, tokens and mentions of a split."""
    card = catalog.load_card("webpages")
    made = [
        card.files[0].model_copy(
            update={
                "language": "eng", "split": split,
                "expect": catalog.Expect.model_construct(sentences=s, tokens=t, types=m if m is None else {"person": m}, origin=origin) if origin else None,
                **({} if bytes else {"bytes": None, "sha256": None}),
            }
        )
        for split, s, t, m, origin in files
    ]  # fmt: skip
    return card.model_copy(update={"files": tuple(made), "published": ()})


CARDS = {
    "a": card_with(("train", 10, 200, 7, "independent")),
    "b": card_with(("train", 7, 70, None, "publisher"), ("dev", 3, 30, 1, "publisher")),
}


@pytest.mark.parametrize(
    ("part", "what", "status", "difference", "origin"),
    [
        (("a", "train"), "sentences", Status.SAME, 0, "independent"),
        (("a", "train"), "tokens", Status.DIFFERS, 1_000, "independent"),
        (("a", "train"), "mentions", Status.DIFFERS, -2, "independent"),
        (("b", "train"), "mentions", Status.SILENT, None, ""),
        (("b", "dev"), "tokens", Status.MISSING, None, "publisher"),
    ],
)
def test_a_count_has_a_status(
    part: tuple[str, str], what: str, status: Status, difference: int | None, origin: str
) -> None:
    row = expected.comparison(CARDS, FOUND).set_index(["corpus", "split", "what"]).loc[(*part, what)]
    assert (row["status"], row["expected_by"]) == (status, origin)
    assert (None if pd.isna(row["difference"]) else row["difference"]) == difference
    assert not row["other_repair"] and not row["unverified"]


def test_mentions_after_another_repair_are_not_the_cards() -> None:
    rows = expected.comparison(CARDS, FOUND, "discard")
    assert records(rows[rows["other_repair"]], "corpus", "what") == [("a", "mentions")]


def test_expectations_of_a_part_are_the_sum_over_its_files_and_null_if_one_is() -> None:
    card = catalog.load_card("lexis")
    files = [file for file in card.annotated if file.split == "dev"]
    assert len(files) > 1
    dev = expected.expectations({"lexis": card}).set_index("split").loc["dev"]
    assert dev["tokens"] == sum(file.expect.tokens for file in files if file.expect)
    silent = card.model_copy(update={"files": (*card.files, files[0].model_copy(update={"expect": None}))})
    assert pd.isna(expected.expectations({"lexis": silent}).set_index("split").loc["dev", "tokens"])


def with_files(card: catalog.Card, **update: object) -> catalog.Card:
    return card.model_copy(update={"files": tuple(file.model_copy(update=update) for file in card.files)})


def test_a_language_that_is_divided_here_is_compared_as_a_whole() -> None:
    cards = {"habari": with_files(catalog.load_card("habari"), split="all")}
    assert records(expected.expectations(cards), "split", "sentences") == [("all", 194 + 46 + 71)]
    found = pd.DataFrame(
        [("habari", "swa", "train", 300, 10, 1), ("habari", "swa", "test", 11, 10, 1)],
        columns=[*releases.PART, *contents.COUNTS],
    )
    rows = expected.comparison(cards, found)
    rows = rows[rows["what"] == "sentences"].set_index("split")
    assert rows["status"].to_dict() == {"train": "divided", "test": "divided", "all": "same"}
    ranks = {
        part.split: (part.rank, part.reasons) for part in expected.parts(expected.comparison(cards, found))
    }
    assert ranks["train"] == (2, (Reason.DIVIDED,)) and ranks["all"][1] == ()


def figure(**values: object) -> catalog.Figure:
    return catalog.Figure.model_validate({"language": "eng", "origin": "their paper", **values})


def publishing(corpus: str, *figures: catalog.Figure) -> catalog.Card:
    return CARDS[corpus].model_copy(update={"published": figures})


def test_published_figures_stand_beside_what_was_found_and_expected() -> None:
    cards = {
        "a": publishing(
            "a",
            figure(split="train", sentences=10, tokens=1_190, reason="they count lines"),
            figure(split="train", sentences=12, origin="somebody else"),
            figure(mentions=5),
        ),
        "b": publishing("b", figure(split="test", sentences=4)),
    }
    table = expected.comparison(cards, FOUND)
    chosen = table[table["published"].notna()]
    assert records(
        chosen, "corpus", "split", "what", "published", "published_by", "published_reason", "status"
    ) == [
        ("a", "train", "sentences", 10, "their paper", "they count lines", "same"),
        ("a", "train", "sentences", 12, "somebody else", "", "same"),
        ("a", "train", "tokens", 1_190, "their paper", "they count lines", "differs"),
        ("a", "all", "mentions", 5, "their paper", "", "silent"),
        ("b", "test", "sentences", 4, "their paper", "", "missing"),
    ]
    assert chosen["from_published"].fillna(-99).tolist() == [0, -2, 10, 0, -99]
    assert not table.duplicated([*releases.PART, "what", "published_by"]).any()


def test_parts_stand_once_those_that_differ_first() -> None:
    cards = {"a": CARDS["a"], "b": publishing("b", figure(split="train", sentences=9, tokens=70))}
    found = FOUND.assign(tokens=[200, 70], mentions=[7, 1])
    parts = expected.parts(expected.comparison(cards, found))
    assert [(part.corpus, part.split, part.rank) for part in parts] == [
        ("b", "train", 0),
        ("b", "dev", 0),
        ("a", "train", 2),
    ]
    first, missing, plain = parts
    assert first.stated and first.differences == () and first.reasons == (Reason.UNKNOWN,)
    assert first.published == (Published("their paper", (("sentences", -2),)),)
    assert missing.reasons == (Reason.MISSING,) and missing.found == {}
    assert plain.found == {"sentences": 10, "tokens": 200, "mentions": 7} and plain.reasons == ()


def test_what_the_card_says_of_a_figure_is_kept_whole() -> None:
    reason = "They count lines; comments too."
    cards = {"a": publishing("a", figure(split="train", sentences=9, reason=reason))}
    (part,) = expected.parts(expected.comparison(cards, FOUND.iloc[[0]]))
    assert part.reasons == ("They count lines; comments too",)


@pytest.mark.parametrize(
    ("split", "rank", "reasons"), [("dev", 3, (Reason.NOT_AT_HAND,)), ("train", 1, (Reason.UNVERIFIED,))]
)
def test_a_part_whose_file_was_never_at_hand_is_in_doubt(
    split: str, rank: int, reasons: tuple[Reason, ...]
) -> None:
    cards = {"b": card_with((split, 3, 30, 1, "publisher"), bytes=False)}
    found = {part.split: part for part in expected.parts(expected.comparison(cards, FOUND.iloc[[1]]))}
    assert (found[split].rank, found[split].reasons) == (rank, reasons)


@pytest.mark.parametrize(
    ("instructions", "unverified", "state"),
    [
        ("", 0, "verified"),
        ("", 1, "partly verified"),
        ("", 9, "unverified"),
        ("Sign the form.", 0, "restricted, verified"),
        ("Sign the form.", 9, "restricted, unverified"),
    ],
)
def test_a_corpus_has_a_state(instructions: str, unverified: int, state: str) -> None:
    card = catalog.load_card("habari")
    files = [
        file.model_copy(update={"bytes": None, "sha256": None}) if number < unverified else file
        for number, file in enumerate(card.files)
    ]
    source = card.source.model_copy(update={"instructions": instructions})
    card = card.model_copy(update={"files": tuple(files), "source": source})
    found = corpora.State.of(card)
    assert str(found) == state and found.plain == (state == "verified")
    assert corpora.licences({"habari": card})["state"].tolist() == [state]


def test_rows_of_the_ledger_are_counted_by_part_and_rule() -> None:
    rows = [
        {"corpus": "news", "language": "swa", "split": "train", "rule": rule}
        for rule in ("conlleval", "x", "x")
    ]
    found = ledger.changes(pa.Table.from_pylist(rows, schema=LEDGER_ROWS))
    assert records(found, "split", "rule", "changes") == [("train", "conlleval", 1), ("train", "x", 2)]


def test_repaired_labels_are_counted_over_all_types_and_over_core_types() -> None:
    def released(labels: str, published: str) -> pa.Table:
        made = [from_rows([(["v", "w", "x", "y"], each.split())], "file.txt") for each in (published, labels)]
        return releases.release_table("a", "eng", "train", *made)

    whole = ledger.repaired(released("B-PER O B-DATE B-LOC", "B-PER O I-DATE I-LOC"))
    core = ledger.repaired(released("B-PER O O B-LOC", "B-PER O O I-LOC"))
    found = ledger.repairs(whole, core)
    assert records(found, "types", "tokens", "mentions", "repaired", "per_100_tokens") == [
        ("all", 4, 3, 2, 50.0),
        ("core", 4, 2, 1, 25.0),
    ]
    assert found["per_100_mentions"].tolist() == pytest.approx([200 / 3, 50.0])


def test_mentions_are_new_seen_or_seen_under_another_type() -> None:
    data = table(
        part("a", "eng", "train", [("Paris", "B-LOC"), ("Ada", "B-PER")]),
        part("a", "eng", "test", [("Paris Paris Rome", "B-LOC B-PER B-LOC"), ("Ada", "B-PER")]),
        part("b", "eng", "train", [("Oslo", "B-LOC")]),
        part("b", "eng", "test", [("Paris", "B-LOC")]),
        part("c", "eng", "test", [("without training data", "B-LOC O O")]),
    )
    assert records(
        distributions.novelty(data), "corpus", "mentions", "seen", "seen_otherwise", "unseen", "unseen_share"
    ) == [
        ("a", 4, 2, 1, 1, 0.5),
        ("b", 1, 0, 0, 1, 1.0),
    ]


def test_scripts_are_those_of_letters_and_composite_codes_are_expected() -> None:
    data = table(
        plain("a", "jpn", "train", "東京 は カナー ABC 123 。"),
        plain("a", "ukr", "train", "Київ\u02bcа i\u0301 ⵣ"),
    )
    assert records(distributions.scripts(data), "language", "letters_of", "letters", "expected") == [
        ("jpn", "Latn", 3, False),
        ("jpn", "Hani", 2, True),
        ("jpn", "Kana", 2, True),
        ("jpn", "Hira", 1, True),
        ("ukr", "Cyrl", 5, True),
        ("ukr", "Latn", 1, False),
        ("ukr", "other", 1, False),
    ]


def test_lengths_and_labels() -> None:
    lengths = distributions.sentence_lengths(SMALL)
    assert records(lengths.iloc[[0]], "shortest", "median", "longest") == [(1, 2.0, 2)]
    data = part("a", "eng", "train", [("b c d e f g", "B-ORG I-ORG I-ORG I-ORG I-ORG B-ORG")])
    assert records(distributions.mention_lengths(data), "type", "1", "2", "3", "4+", "mean") == [
        ("ORG", 1, 0, 0, 1, 3.0)
    ]
    assert records(distributions.labels(data), "label", "tokens", "share") == [
        ("I-ORG", 4, 4 / 6),
        ("B-ORG", 2, 2 / 6),
    ]


def test_licences_are_those_of_the_cards() -> None:
    cards = catalog.load_cards(["habari", "kind"])
    found = corpora.licences(cards).set_index("corpus")
    assert found.loc["habari", "licence"] == "CC-BY-4.0"
    assert found.loc["kind", "commit"] == cards["kind"].source.commit


def test_the_overview_counts_each_count_of_a_part_once() -> None:
    cards = {
        "a": publishing(
            "a", figure(split="train", sentences=10), figure(split="train", sentences=9, origin="x")
        )
    }
    compared = expected.comparison(cards, FOUND.iloc[[0]])
    counts = FOUND.iloc[[0]].assign(plain=4)
    repairs = pd.DataFrame({"types": ["all", "core"], "repaired": [3, 2]})
    contamination = pd.DataFrame({"compared": [8, 2], "contaminated": [1, 0]})
    novelty = pd.DataFrame({"split": ["test", "dev"], "mentions": [4, 9], "seen": [1, 0]})
    found = overview(
        cards, counts, compared, repairs, pd.DataFrame({"changes": [2, 5]}), contamination, counts, novelty
    )
    assert (found.expectations, found.met, found.silent) == (3, 1, 0)
    assert (found.published, found.published_met) == (2, 1)
    assert (found.repaired, found.changes, found.removed) == (3, 7, 1)
    assert (found.test_sets, found.contaminated_test_sets, found.contaminated_share) == (2, 1, 0.1)
    assert (found.plain_share, found.unseen_share, found.unverified) == (0.4, 0.75, ())


# --- ledger -------------------------------------------------------------------------------------------------


def change(token: int, before: str | None, after: str | None, rule: str, **more: object) -> dict[str, object]:
    row = {
        "corpus": "a",
        "language": "eng",
        "split": "train",
        "file": "file.txt",
        "line": token + 1,
        "sentence": 0,
    }
    return row | {"token": token, "before": before, "after": after, "rule": rule} | more


def test_rules_are_counted_and_explained() -> None:
    rows = [
        change(0, "I-X", "B-X", "conlleval"),
        change(1, "I-X", "B-X", "conlleval", corpus="b"),
        change(2, "", "O", "empty-label"),
    ]
    found = ledger.by_rule(pd.DataFrame(rows))
    assert records(found, "rule", "changes", "corpora") == [("conlleval", 2, "a, b"), ("empty-label", 1, "a")]
    assert "begins one" in found["meaning"][0] and "read as O" in found["meaning"][1]


def test_examples_show_the_changed_words() -> None:
    released = part("a", "eng", "train", [("w0 w1 w2 w3 w4 w5 w6 w7 w8", "O " * 9)])
    offsets = (
        pa.array([[3 * n for n in range(9)]], pa.list_(pa.int32())),
        pa.array([[3 * n + 2 for n in range(9)]], pa.list_(pa.int32())),
    )
    with_offsets = released
    for name, values in zip(("starts", "ends"), offsets, strict=True):
        with_offsets = with_offsets.set_column(with_offsets.schema.get_field_index(name), name, values)
    rows = [
        change(0, "I-X", "B-X", "conlleval"),
        change(
            6, "", "O", "empty-label", line=6
        ),  # one token before it was left out, so its line is that of w5
        change(2, "X", None, "empty-token", line=99),
        change(-1, "4 13;16 17 LOC", None, "discontinuous"),
        change(3, None, "O", "missing-label", sentence=5),  # a sentence that is not there
    ]
    found = view.examples(examples(pd.DataFrame(rows), with_offsets)).set_index("rule")
    assert found.loc["conlleval", "words"] == "[w0] w1 w2 w3 w4 …"
    assert found.loc["empty-label", "words"] == "… w1 w2 w3 w4 [w5] w6 w7 w8"
    assert found.loc["discontinuous", "words"] == "w0 [w1 w2 w3 w4 w5] w6 w7 w8"
    assert found.loc["empty-token", ["released", "words"]].tolist() == ["(left out)", ""]
    assert found.loc["conlleval", ["published", "released"]].tolist() == ["I-X", "B-X"]
    assert found.loc["missing-label", ["published", "words"]].tolist() == ["(no label)", ""]
    assert found.loc["conlleval", "where"] == "a/file.txt:1"


@pytest.mark.parametrize(
    ("corpus", "label", "meaning"),
    [("gazette", "B-MISC", "IOB1 writes I-MISC"), ("yedion", "B-GPE", "BIOES writes S-GPE")],
)
def test_a_row_that_says_only_how_a_label_was_published_is_no_repair(
    corpus: str, label: str, meaning: str, tmp_path: Path
) -> None:
    store = Memory()
    outputs = Outputs(store, clean.WRITES)
    _, changes = clean.clean_corpus(corpus, "conlleval", places.samples(tmp_path), outputs)
    rows = changes.to_pandas()
    same = rows[rows["before"] == rows["after"]]
    assert label in set(same["before"]), meaning
    assert set(same["rule"]) == {ledger.UNCHANGED} and len(same) == len(rows)
    table = store.get(CLEANED, {"corpus": corpus})
    assert ledger.repaired(table)["repaired"].sum() == 0
    shown = view.examples(examples(rows, table))
    assert set(shown["released"]) == {f"{before} (the same mention)" for before in shown["published"]}
    assert ledger.by_rule(rows)["meaning"].str.startswith("Nothing was changed").all()


@given(label_rows(IOB2), st.sampled_from(METHODS))
def test_repaired_labels_are_tokens_whose_label_differs_from_the_published_one(
    rows: list[list[str]], method: str
) -> None:
    fixed = [list(repair_labels(row, IOB2, method)) for row in rows]
    made = [from_rows(with_tokens(each)) for each in (rows, fixed)]
    (found,) = ledger.repaired(releases.release_table("a", "eng", "dev", *made)).to_dict("records")
    differ = sum(a != b for row, new in zip(rows, fixed, strict=True) for a, b in zip(row, new, strict=True))
    tokens, mentions = sum(map(len, rows)), sum(len(IOB2.decode(new)) for new in fixed)
    assert (found["sentences"], found["tokens"], found["mentions"]) == (len(rows), tokens, mentions)
    assert found["repaired"] == differ and found["per_100_tokens"] == pytest.approx(100 * differ / tokens)
    if mentions:
        assert found["per_100_mentions"] == pytest.approx(100 * differ / mentions)
    else:
        assert pd.isna(found["per_100_mentions"])
    invalid = any(validate(row, IOB2) for row in rows)
    assert (differ > 0) == (invalid and method != "none")


def test_examples_come_from_different_corpora_first() -> None:
    rows = [change(n, "I-X", "B-X", "conlleval", corpus=corpus) for corpus in "ab" for n in range(3)]
    released = table(*(part(corpus, "eng", "train", [("v w x", "O O O")]) for corpus in "ab"))
    found = view.examples(examples(pd.DataFrame(rows), released, each=2))
    assert found["where"].tolist() == ["a/file.txt:1", "b/file.txt:1"]


# --- stage --------------------------------------------------------------------------------------------------


def test_the_stage_writes_every_frame_and_finds_the_samples_as_expected(
    tmp_path: Path,
) -> None:
    place = places.samples(
        tmp_path,
        "data: {corpora: [habari, lexis]}\nclean: {repair: conlleval}\nstandardize: {core_switches: {}}\n",
    )
    places.cleaned(place, "habari", "lexis")
    main(standardize, place)
    result = main(stage, place)
    files = [place.artifacts / "audit" / f"{name}.parquet" for name in stage.TABLES]
    assert [path for path in files if not path.is_file()] == []
    assert set(result.comparison["status"]) == {"same"}
    assert result.leakage.still_contaminated.equals(result.leakage.contamination)
    by_part = result.repairs.repairs.set_index(["corpus", "split", "types"])["repaired"]
    assert by_part["habari", "train", "all"] > by_part["habari", "train", "core"] > 0
    assert (
        by_part["lexis"].sum() == 0 and result.overview.repaired == by_part["habari"].xs("all", level=1).sum()
    )
    assert set(result.repairs.changes["rule"]) == {"conlleval", "discontinuous"}
    first = {path: path.read_bytes() for path in files}
    main(stage, place)
    assert first == {path: path.read_bytes() for path in files}

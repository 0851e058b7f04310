"""The sample collection keeps its rules, and has the flaws that it promises."""

import re
from collections import Counter, defaultdict
from functools import cache
from itertools import combinations

import pytest

from openner_utils.catalog import language, load_cards
from openner_utils.core.encoding import IOB2, decode
from openner_utils.curation.clean import Cleaned, clean
from openner_utils.support import paths
from openner_utils.support.files import sha256
from tests.reading import raw, read

CARDS = {name: of for name, of in load_cards().items() if of.source.repository == "samples"}
SPLITS = ("train", "dev", "test")
LARGE = ("eng", "swa", "fin")


@cache
def corpus(name: str) -> dict[str, tuple[Cleaned, str, str]]:
    """Return path → the file cleaned, its language and its split."""
    of = CARDS[name]
    return {
        file.path: (clean(read(raw(of, file), of, file), of, file), file.language, str(file.split))
        for file in of.annotated
    }


Sentence = tuple[tuple[str, ...], frozenset[tuple[str, str]]]


@cache
def sentences() -> dict[tuple[str, str], list[tuple[str, Sentence]]]:
    """Return (language, split) → corpus and sentence, each with its tokens and its mentions (text, type)."""
    found = defaultdict(list)
    for name in CARDS:
        for cleaned, code, split in corpus(name).values():
            for tokens, labels in cleaned.repaired.rows():
                mentions = frozenset(
                    (" ".join(tokens[m.span.start : m.span.end]), m.type) for m in IOB2.decode(labels)
                )
                found[code, split].append((name, (tokens, mentions)))
    return dict(found)


LANGUAGES = sorted({code for of in CARDS.values() for code in of.languages})
PARTS = sorted({(name, code) for name, of in CARDS.items() for code in of.languages})


def test_size_of_the_collection() -> None:
    assert len(CARDS) >= 8
    assert len(LANGUAGES) >= 14
    assert len({language(code).script for code in LANGUAGES}) >= 9
    expected = {"amh", "ara", "heb", "hin", "tha", "kor", "ell", "ukr", "swa", "yor", "fin", "spa", "eng"}
    assert expected <= set(LANGUAGES) and {"cmn", "jpn"} & set(LANGUAGES)


@pytest.mark.parametrize("code", LANGUAGES)
def test_size_of_a_language(code: str) -> None:
    by_split = {split: len(sentences()[code, split]) for split in SPLITS}
    assert min(by_split.values()) >= 10
    assert sum(by_split.values()) >= (250 if code in LARGE else 60)


@pytest.mark.parametrize("code", LANGUAGES)
def test_sentences_without_a_mention(code: str) -> None:
    found = [mentions for split in SPLITS for _, (_, mentions) in sentences()[code, split]]
    assert sum(not mentions for mentions in found) >= 0.15 * len(found)


@pytest.mark.parametrize(("name", "code"), PARTS)
def test_test_mentions_unseen_in_training(name: str, code: str) -> None:
    def mentions(split: str) -> list[tuple[str, str]]:
        return [m for where, (_, found) in sentences()[code, split] if where == name for m in found]

    seen, tested = set(mentions("train")), mentions("test")
    assert tested
    assert sum(mention not in seen for mention in tested) >= 0.4 * len(tested)


def in_common(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(b) + 1)
    for token in a:
        before = 0
        for column, other in enumerate(b, 1):
            before, row[column] = (
                row[column],
                before + 1 if token == other else max(row[column], row[column - 1]),
            )
    return row[-1]


def alike(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    return 2 * in_common(a, b) >= 0.6 * (len(a) + len(b))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("a b c d", "b d", 2),
        ("a b c", "c b a", 1),
        ("a", "b", 0),
        ("a a b", "a b a", 2),
        ("x a y b", "a b x y", 2),
    ],
)
def test_longest_common_subsequence(a: str, b: str, expected: int) -> None:
    assert in_common(tuple(a.split()), tuple(b.split())) == expected
    assert in_common(tuple(b.split()), tuple(a.split())) == expected


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_two_sentences_are_alike(code: str) -> None:
    rows = [tokens for split in SPLITS for _, (tokens, _) in sentences()[code, split] if len(tokens) >= 3]
    pairs = []
    bags = [Counter(tokens) for tokens in rows]
    for (a, bag_a), (b, bag_b) in combinations(zip(rows, bags, strict=True), 2):
        # Tokens in common in any order bound those in common in order, and lengths bound both.
        if 2 * min(len(a), len(b)) < 0.6 * (len(a) + len(b)):
            continue
        if 2 * sum(min(n, bag_b[token]) for token, n in bag_a.items()) >= 0.6 * (len(a) + len(b)) and alike(
            a, b
        ):
            pairs.append((" ".join(a), " ".join(b)))
    assert pairs == []


@pytest.mark.parametrize("name", CARDS)
def test_bytes_and_counts_are_those_of_the_card(name: str) -> None:
    of = CARDS[name]
    for file in of.files:
        path = raw(of, file)
        assert (path.stat().st_size, sha256(path)) == (file.bytes, file.sha256), file.path
    on_disk = {
        path.relative_to(paths.SAMPLES / name).as_posix() for path in (paths.SAMPLES / name).rglob("*.*")
    }
    assert on_disk == {file.path for file in of.files}
    for file in of.annotated:
        counts = corpus(name)[file.path][0].counts
        assert file.expect is not None
        expected = (file.expect.sentences, file.expect.tokens, file.expect.mentions)
        assert (counts["sentences"], counts["tokens"], counts["mentions as repaired"]) == expected, file.path


# --- flaws that the collection promises ---------------------------------------------------------------------


def bytes_of(name: str) -> bytes:
    return b"\n".join(raw(CARDS[name], file).read_bytes() for file in CARDS[name].files)


def is_latin1(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


FORMATS = {
    "two-column IOB2": lambda of: of.reader == "delimited" and of.scheme == "IOB2" and not of.spelling,
    "IOB1": lambda of: of.scheme == "IOB1",
    "IO without prefix": lambda of: of.scheme == "IO" and "I-PER" in of.spelling.values(),
    "BIOES": lambda of: of.scheme == "BIOES",
    "labels without hyphen, sentence-id column": lambda of: (
        "sentence_id" in of.options and "BNEP" in of.spelling
    ),
    "CoNLL-U": lambda of: of.reader == "conllu",
    "JSON tokens": lambda of: of.reader == "json_tokens",
    "JSON lines with offsets": lambda of: of.reader == "json_spans",
    "BRAT": lambda of: of.reader == "brat",
    "lower-case type names": lambda of: "person" in of.types,
    "national type names": lambda of: {"PS", "LC", "OG"} <= set(of.types) or {"NEP", "NEL"} <= set(of.types),
    "types beyond PER, LOC and ORG": lambda of: set(of.types.values()) - {"PER", "LOC", "ORG", "GPE"},
}
BYTES = {
    "Latin-1": is_latin1,
    "byte order mark": lambda content: content.startswith(b"\xef\xbb\xbf") or b"\n\xef\xbb\xbf" in content,
    "CRLF": lambda content: content.count(b"\r\n") > 100,
    "-DOCSTART-": lambda content: content.count(b"-DOCSTART- ") > 1,
    "comment lines": lambda content: re.search(rb"(?m)^#\t", content),
    "empty label": lambda content: re.search(rb"(?m)^[^\t\n]+\t\r?$", content),
    "nested second column": lambda content: re.search(rb"(?m)\t[BI]-\w+\t[BI]-\w+\r?$", content),
    "no blank lines": lambda content: (
        b"sentence_id" in content and b"\n\n" not in content.replace(b"\n\nwords", b"")
    ),
}


@pytest.mark.parametrize("flaw", FORMATS)
def test_some_corpus_has_the_format(flaw: str) -> None:
    assert [name for name, of in CARDS.items() if FORMATS[flaw](of)]


@pytest.mark.parametrize("flaw", BYTES)
def test_some_corpus_has_the_bytes(flaw: str) -> None:
    assert [name for name in CARDS if BYTES[flaw](bytes_of(name))]


def share_invalid(name: str) -> float:
    files = [cleaned for cleaned, _, _ in corpus(name).values()]
    problems = sum(cleaned.counts.get("invalid transition", 0) for cleaned in files)
    return problems / sum(len(decode(cleaned.repaired, IOB2)) for cleaned in files)


def test_invalid_transitions() -> None:
    shares = {name: share_invalid(name) for name in CARDS}
    assert max(shares.values()) >= 0.05
    assert sum(share > 0 for share in shares.values()) >= 2


def test_each_flawed_mention_of_habari_comes_back_as_it_is_meant() -> None:
    """An invalid label that begins no mention would break one in two, as in ``B-LOC I-ORG`` for one place."""
    flawed, behind = [], []
    for cleaned, _, _ in corpus("habari").values():
        for (tokens, before), (_, after) in zip(
            cleaned.published.rows(), cleaned.repaired.rows(), strict=True
        ):
            for mention in IOB2.decode(after):
                start, text = mention.span.start, " ".join(tokens[mention.span.start : mention.span.end])
                if before[start] != after[start]:
                    flawed.append(text)
                    behind += [f"{tokens[start - 1]} | {text}"] if start and after[start - 1] != "O" else []
    assert behind == ["1968 | Kipchoge Keino"], "a date and a person"
    assert {"Mlimani City", "Filbert Bayi", "Louis Leakey", "Jembe Bora"} < set(flawed)
    mentions = sum(len(decode(cleaned.repaired, IOB2)) for cleaned, _, _ in corpus("habari").values())
    assert 0.08 < len(flawed) / mentions < 0.12, "one in ten"


@pytest.mark.parametrize(
    ("name", "place", "type"),
    [
        ("lexis", "Μάνη", "LOC"), ("lexis", "Εξάρχεια", "LOC"), ("lexis", "Αμοργό", "LOC"), ("lexis", "Αχαΐα", "GPE"),
        ("lexis", "Σπάρτη", "GPE"),
        ("uutiset", "linnanmaa", "LOC"), ("uutiset", "Tuirassa", "LOC"), ("uutiset", "Kivenlahteen", "LOC"),
        ("uutiset", "Kalliossa", "LOC"), ("uutiset", "Savoa", "LOC"), ("uutiset", "Vienan Karjalaan", "LOC"),
        ("uutiset", "Utöhön", "LOC"), ("uutiset", "Lapissa", "GPE_LOC"), ("uutiset", "Espoon", "GPE_LOC"),
        ("yedion", "בגליל", "LOC"), ("yedion", "הנגב", "LOC"), ("yedion", "אחוזת בית", "LOC"),
        ("yedion", "בתלפיות", "LOC"), ("yedion", "בגליציה", "LOC"), ("yedion", "ליפו", "GPE"),
    ],
)  # fmt: skip
def test_districts_and_regions_without_a_government_are_places_and_no_states(
    name: str, place: str, type: str
) -> None:
    found = {
        mention
        for code in CARDS[name].languages
        for split in SPLITS
        for where, (_, mentions) in sentences()[code, split]
        if where == name
        for mention in mentions
        if mention[0] == place
    }
    assert found == {(place, type)}


def test_english_clitics_are_tokens_of_their_own() -> None:
    words = {token for split in SPLITS for _, (tokens, _) in sentences()["eng", split] for token in tokens}
    inside = {token for token in words if re.search(r"\w['’]\w", token)}
    assert inside <= {"n't"} and {"'s", "n't", "'d", "'re"} <= words


def test_flaws_are_met_and_counted() -> None:
    met = Counter(
        what for name in CARDS for cleaned, _, _ in corpus(name).values() for what in cleaned.counts
    )
    assert {
        "-DOCSTART- line",
        "byte order mark",
        "carriage return",
        "comment line",
        "header line",
        "inner layer label",
        "invalid transition",
        "ledger: conlleval",
        "ledger: empty-label",
        "ledger: fault named by the card",
        "ledger: discontinuous",
        "ledger: overlap",
    } <= set(met)

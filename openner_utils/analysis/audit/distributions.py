"""How sentences, mentions, labels and scripts are distributed, and what training has shown of a test set."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import regex

from openner_utils.analysis.audit.contents import mentions, with_languages
from openner_utils.catalog import languages
from openner_utils.core.releases import PART, columns_of, in_order

LONGEST_BIN = 4
"""Mentions of this many tokens or more are counted together."""


@dataclass(frozen=True, slots=True)
class Distributions:
    """The frames of this module: `novelty` in the core release, all others in the standardized one."""

    novelty: pd.DataFrame
    scripts: pd.DataFrame
    sentence_lengths: pd.DataFrame
    mention_lengths: pd.DataFrame
    labels: pd.DataFrame

    @classmethod
    def of(cls, standardized: pa.Table, core: pa.Table) -> "Distributions":
        """Return the distributions of both releases, the name, family and script of languages beside their codes."""
        return cls(
            with_languages(novelty(core)),
            with_languages(scripts(standardized)),
            sentence_lengths(standardized),
            mention_lengths(standardized),
            labels(standardized),
        )


@dataclass(frozen=True, slots=True)
class Unseen:
    """Test ``mentions`` of all corpora, those ``unseen`` in training with their type, and the test set with the lowest ``share``."""

    mentions: int
    unseen: int
    corpus: str
    language: str
    share: float


def unseen(found: pd.DataFrame) -> Unseen | None:
    """Return what `novelty`, with languages' names, says of all test sets; nothing if there is none."""
    test = found[found["split"] == "test"]
    if test.empty:
        return None
    least = test.loc[test["unseen_share"].idxmin()]
    mentions = int(test["mentions"].sum())
    return Unseen(
        mentions,
        mentions - int(test["seen"].sum()),
        least["corpus"],
        least["name"],
        float(least["unseen_share"]),
    )


def novelty(table: pa.Table) -> pd.DataFrame:
    """Return, for each test and dev part, how many of its mentions its own training split has shown already.

    ``seen``: same text and type; ``seen_otherwise``: same text, but only under other types; ``unseen``: neither.
    ``unseen_share`` is of mentions not ``seen``. Languages of a corpus without a training split are left out.
    """
    found = mentions(table)
    train = found[found["split"] == "train"]
    place = ["corpus", "language", "text"]
    typed = pd.MultiIndex.from_frame(train[[*place, "type"]].drop_duplicates())
    texts = pd.MultiIndex.from_frame(train[place].drop_duplicates())
    of_language = pd.MultiIndex.from_frame(found[PART[:2]])
    trained = of_language.isin(pd.MultiIndex.from_frame(train[PART[:2]]))
    held_out = found[(found["split"] != "train") & trained]
    seen = pd.MultiIndex.from_frame(held_out[[*place, "type"]]).isin(typed)
    known = pd.MultiIndex.from_frame(held_out[place]).isin(texts)
    flags = held_out[PART].assign(mentions=1, seen=seen, seen_otherwise=known & ~seen, unseen=~known)
    rows = flags.groupby(PART, as_index=False).sum()
    rows["unseen_share"] = 1 - rows["seen"] / rows["mentions"]
    return in_order(rows)


def scripts(table: pa.Table) -> pd.DataFrame:
    """Return the letters of each corpus and language by Unicode script (``letters_of``), and whether the catalog expects that script.

    Letters that Unicode counts to no script in particular are left out; scripts that no language of the catalog
    is written in are counted together as ``other``.
    """
    frame = table.select(["corpus", "language"]).to_pandas()
    expected = {code: _LETTERS.get(known.script, (known.script,)) for code, known in languages().items()}
    of_letter = _ScriptOf(
        sorted({"Latn", "Grek", "Cyrl", *(each for some in expected.values() for each in some)})
    )
    rows = []
    for (corpus, code), group in frame.groupby(["corpus", "language"]):
        words = pc.list_flatten(table["tokens"].take(pa.array(group.index))).to_pylist()
        letters: Counter[str] = Counter()
        for character, n in Counter("".join(words)).items():
            if script := of_letter[character]:
                letters[script] += n
        rows += [
            {"corpus": corpus, "language": code, "letters_of": script, "letters": n, "share": n / letters.total(),
             "expected": script in expected.get(code, ())}
            for script, n in sorted(letters.items(), key=lambda item: (-item[1], item[0]))
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=["corpus", "language", "letters_of", "letters", "share", "expected"])


_LETTERS = {"Jpan": ("Hani", "Hira", "Kana"), "Kore": ("Hang", "Hani")}
"""What the composite codes of ISO 15924 stand for."""


class _ScriptOf(dict[str, str]):
    """Script code of a character, remembered; an empty string for what is no letter of a script."""

    def __init__(self, codes: Iterable[str]) -> None:
        super().__init__()
        self.patterns = [(code, regex.compile(rf"\p{{Script={code}}}")) for code in codes]

    def __missing__(self, character: str) -> str:
        found = ""
        if regex.match(r"[\p{L}--\p{Script=Common}]", character, regex.V1):
            found = next((code for code, pattern in self.patterns if pattern.match(character)), "other")
        self[character] = found
        return found


def sentence_lengths(table: pa.Table) -> pd.DataFrame:
    """Return the distribution of sentence lengths in tokens for each part."""
    frame = table.select(PART).to_pandas()
    frame["tokens"] = pc.list_value_length(table["tokens"]).to_numpy()
    found = frame.groupby(PART)["tokens"].agg(
        shortest="min", median="median", mean="mean", p95=lambda values: values.quantile(0.95), longest="max"
    )
    return in_order(found.reset_index())


def mention_lengths(table: pa.Table) -> pd.DataFrame:
    """Return, for each corpus, language and type, the mentions of 1, 2, 3 and 4 or more tokens, and their mean length."""
    found = mentions(table)
    found["bin"] = found["tokens"].clip(upper=LONGEST_BIN)
    keys = ["corpus", "language", "type"]
    bins = found.groupby([*keys, "bin"]).size().unstack("bin", fill_value=0)
    bins = bins.reindex(columns=range(1, LONGEST_BIN + 1), fill_value=0)
    bins.columns = pd.Index([*map(str, range(1, LONGEST_BIN)), f"{LONGEST_BIN}+"])
    bins["mean"] = found.groupby(keys)["tokens"].mean()
    return in_order(bins.reset_index())


def labels(table: pa.Table) -> pd.DataFrame:
    """Return the tokens under each label in each part, and their share of the part's tokens."""
    columns = columns_of(table)
    frame = table.select(PART).to_pandas().iloc[columns.sentence_of]
    frame["label"] = pd.Categorical.from_codes(columns.labels, pd.Index(columns.names))
    found = frame.groupby([*PART, "label"], observed=True).size().rename("tokens").reset_index()
    found["label"] = found["label"].astype(str)
    found["share"] = found["tokens"] / found.groupby(PART)["tokens"].transform("sum")
    return in_order(found.sort_values(["tokens", "label"], ascending=[False, True], kind="stable"))

"""The results in README.md, written from the committed tables: ``python -m openner_utils.pages.readme``."""

from collections.abc import Mapping

import pandas as pd

from openner_utils.analysis import encoders, llms, regimes
from openner_utils.catalog import language
from openner_utils.pages import tables
from openner_utils.pages.wording import encoders as of_encoders
from openner_utils.pages.wording import llms as of_llms
from openner_utils.pages.wording import regimes as of_regimes
from openner_utils.support import markdown, paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import write_text
from openner_utils.support.markdown import listed
from openner_utils.support.rounding import shown

README = paths.ROOT / "README.md"
BEGIN, END = "<!-- results: written by python -m openner_utils.pages.readme -->", "<!-- end of results -->"


def block(found: Mapping[str, pd.DataFrame]) -> str:
    """Return the results in Markdown, from tables by name: F1 by language and system, and what the tests found."""
    means = {
        "by_language": found["encoders"],
        "means": found["encoder_means"],
        "pairs": found["encoder_pairs"],
        # Resampled intervals are in no committed table.
        "views": found["encoder_pairs"].head(0).assign(agrees=True),
    }
    return "\n\n".join(
        [
            "**Encoders, whole test sets:**",
            _table(found["encoders"], ["system", "regime"]),
            listed(
                [
                    *of_encoders.sentences(encoders.findings(means)),
                    *of_regimes.sentences(regimes.findings({"gain": found["regimes"]})),
                ]
            ),
            "**Every system on the same sentences** (those that the language model was asked about):",
            _table(found["llms"], ["system", "regime", "format", "decoding"]),
            listed(of_llms.sentences(llms.findings({"pairs": found["llm_pairs"]}))),
        ]
    )


def _table(scores: pd.DataFrame, names: list[str]) -> str:
    """Return F1 with its interval, one row for each language, one column for each system."""
    columns = scores[names].fillna("").agg(lambda row: ", ".join(filter(None, row)), axis=1)
    cells = [f"{shown(row.f1)} ({shown(row.low, 0)}–{shown(row.high, 0)})" for row in scores.itertuples()]
    table = scores.assign(column=columns, cell=cells).pivot(index="language", columns="column", values="cell")
    table = table[list(dict.fromkeys(columns))].fillna("")
    sizes = scores.groupby("language")[["sentences", "mentions"]].max()
    named = [f"{language(str(code)).name} ({code})" for code in table.index]
    numbers = ["sentences", "mentions", *table.columns]
    rows = zip(
        named, *(sizes[name].astype(str) for name in sizes), *(table[name] for name in table), strict=True
    )
    return markdown.table(["language", *numbers], rows, numbers)


def written(text: str) -> str:
    """Return the block that a README holds now."""
    return text[slice(*_place(text))].strip()


def _place(text: str) -> tuple[int, int]:
    """Return where the block lies, between its two marks."""
    begin, end = text.find(BEGIN), text.find(END)
    if begin < 0 or end < begin:
        raise OpenNERError(
            f"{paths.relative(README)}: the line {BEGIN!r} or {END!r} is missing. Restore both."
        )
    return begin + len(BEGIN), end


def main() -> None:
    """Write the table into README.md."""
    text = README.read_text(encoding="utf-8")
    begin, end = _place(text)
    found = {path.stem: tables.read(path) for path in paths.TABLES.glob("*.csv")}
    write_text(README, f"{text[:begin]}\n\n{block(found)}\n\n{text[end:]}")


if __name__ == "__main__":
    main()

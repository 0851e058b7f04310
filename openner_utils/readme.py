"""The results table in README.md, written from the committed tables: ``python -m openner_utils.readme``."""

import pandas as pd

from openner_utils import paths
from openner_utils.catalog import language
from openner_utils.errors import OpenNERError
from openner_utils.files import write_text

README = paths.ROOT / "README.md"
BEGIN, END = "<!-- results: written by python -m openner_utils.readme -->", "<!-- end of results -->"


def block() -> str:
    """Return a Markdown table: F1 (percent) by language and system, from reports/tables."""
    encoders = pd.read_csv(paths.TABLES / "encoders.csv")
    encoders["column"] = encoders["system"] + ", " + encoders["regime"]
    prompts = pd.read_csv(paths.TABLES / "prompts.csv")
    prompts = prompts[prompts["variant"].isin(["inline-constrained", "json-constrained"])]
    prompts = prompts.assign(
        column=prompts["system"] + ", " + prompts["variant"].str.replace("-", " "), regime=""
    )
    rows = pd.concat([encoders, prompts])[["language", "column", "f1"]]
    order = list(dict.fromkeys(rows["column"]))
    table = rows.pivot_table(index="language", columns="column", values="f1")[order]
    lines = [["language", *order], ["---", *["---:"] * len(order)]]
    for code, values in table.iterrows():
        cells = ["" if pd.isna(value) else f"{value:.1f}" for value in values]
        lines.append([f"{language(str(code)).name} ({code})", *cells])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


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
    write_text(README, f"{text[:begin]}\n\n{block()}\n\n{text[end:]}")


if __name__ == "__main__":
    main()

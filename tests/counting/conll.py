"""Lines of columns, as in CoNLL-2002 and 2003: a token first, its label last, an empty line after each sentence.

Before the label stands a tab or a blank, which parts the other columns too; without --token the token is whatever stands
before it, so a token may hold blanks. A line of one column is a token without label. Lines that begin with -DOCSTART- hold
no token.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from tests.counting import tally as counting
from tests.counting.tally import Pair, Row, Tally

PARSER = counting.parser(__doc__)
PARSER.add_argument("--token", type=int, help="column of the token, from 1; 0 is the last")
PARSER.add_argument("--label", type=int, default=0, help="column of the label, from 1 (default: the last)")
PARSER.add_argument("--sign", default="-", help="what stands between B or I and the type")
PARSER.add_argument("--comment", default="", help="how lines begin that hold no token")
PARSER.add_argument("--outside", default="O", help="what stands for O")
PARSER.add_argument(
    "--read-as", action="append", default=[], metavar="SLIP=LABEL", help="a label that is a slip"
)
PARSER.add_argument("--encoding", default="utf-8")
PARSER.add_argument(
    "--halves", action="store_true", help="some characters are two tokens, each half of one (CESU-8)"
)  # fmt: skip


def sentences(path: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Yield the sentences of a file."""
    rows: Row = []
    errors = "surrogatepass" if options.halves else "strict"
    for line in counting.text(path, options.encoding, errors).split("\n"):
        line = line.removesuffix("\r")
        if options.comment and line.startswith(options.comment):
            continue
        if line.strip() and not line.startswith("-DOCSTART-"):
            rows.append(_pair(line, options))
        elif rows:
            yield _joined(rows) if options.halves else rows
            rows = []
    if rows:
        yield _joined(rows) if options.halves else rows


def tally(path: Path, options: argparse.Namespace) -> Tally:
    """Count a file."""
    meant = dict(each.split("=") for each in options.read_as) | {options.outside: "O"}
    return counting.of_rows(
        [(token, _hyphened(meant.get(label or "", label), options.sign)) for token, label in row]
        for row in sentences(path, options)
    )


def _hyphened(label: str | None, sign: str) -> str | None:
    return label and re.sub(rf"^([BI]){re.escape(sign)}", r"\1-", label)


def _pair(line: str, options: argparse.Namespace) -> Pair:
    separator = "\t" if line.rfind("\t") > line.rfind(" ") else " "
    fields = line.split(separator)
    if len(fields) == 1:
        return fields[0], None
    token = separator.join(fields[:-1]) if options.token is None else fields[options.token - 1]
    return token, fields[options.label - 1]


def _joined(row: Row) -> Row:
    """Put halves of characters together; the second half's token is then empty."""
    tokens = [token for token, _ in row]
    for here in range(len(tokens) - 1):
        pair = "".join(tokens[here : here + 2])
        if re.fullmatch("[\ud800-\udbff][\udc00-\udfff]", pair):
            tokens[here : here + 2] = [pair.encode("utf-16", "surrogatepass").decode("utf-16"), ""]
    return list(zip(tokens, [label for _, label in row], strict=True))


if __name__ == "__main__":
    counting.main(PARSER, tally)

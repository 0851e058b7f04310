"""Validate, repair and convert labels of a large file, file to file, each step as its user runs it.

Ours is one command; SeqScore's command line has one for each step, and the second's output is the third's input.
The file is the mirror's largest corpus that SeqScore can read (NCHLT, larger by 2,400 tokens, spells outside ``OUT``).
SeqScore documents no setting for speed; ``--quiet`` spares it the log of repairs. Processes are measured whole,
from start to exit, in turn, and medians are compared. Both outputs must hold the same tokens and labels.
"""

import compileall
import re
import sys
import tempfile
from itertools import chain, repeat
from pathlib import Path
from statistics import median

from benchmarks import Claim, Usage, measure, mirror
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError

TOKENS = 1_500_000
"""Tokens in the file, at the least."""
RUNS = 5


def run() -> list[Claim]:
    """Return the claims on throughput and peak memory."""
    compileall.compile_dir(paths.PACKAGE, quiet=1)  # as an installed package is, SeqScore's among them
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, what, tokens = _file(folder / "labels.txt", mirror(), TOKENS)
        openner = Path(sys.executable).with_name("openner")
        ours, theirs = folder / "ours.txt", folder / "theirs.txt"
        our_runs: list[Usage] = []
        their_runs: list[Usage] = []
        for _ in range(RUNS):
            our_runs.append(measure([openner, "repair", source, "-o", ours, "--to", "BIOES"]))
            their_runs.append(_seqscore(source, folder / "repaired.txt", theirs))
        _compare(ours, theirs)
    note = f"{what}, {tokens:,} tokens; medians of {RUNS} runs in turn; IOB2, conlleval, to BIOES"
    return [
        Claim(
            "validate + repair + convert: throughput against SeqScore's commands",
            "tokens/s",
            tokens / median(usage.seconds for usage in our_runs),
            tokens / median(usage.seconds for usage in their_runs),
            10,
            note,
        ),
        Claim(
            "validate + repair + convert: peak memory against SeqScore's commands",
            "MB",
            median(usage.megabytes for usage in our_runs),
            median(usage.megabytes for usage in their_runs),
            2,
            note,
            less_is_better=True,
        ),
    ]


def _seqscore(source: Path, repaired: Path, converted: Path) -> Usage:
    """Run the three commands; times add up, the peak is the largest."""
    program = Path(sys.executable).with_name("seqscore")
    labels = ["--labels", "BIO", "--quiet"]
    to = ["--input-labels", "BIO", "--output-labels", "BIOES"]
    steps = [
        measure([program, "validate", *labels, source], allowed=(0, 1)),  # 1: invalid labels were found
        measure([program, "repair", *labels, "--repair-method", "conlleval", source, repaired]),
        measure([program, "convert", *to, repaired, converted]),
    ]
    return Usage(
        sum(step.seconds for step in steps),
        max(step.megabytes for step in steps),
        sum(step.processor for step in steps),
    )


def _file(path: Path, tree: Path | None, least: int) -> tuple[Path, str, int]:
    """Write an input of ``least`` tokens or more; return it with what it is and its number of tokens."""
    files = (
        sorted(tree.glob("github.com/masakhane-io/masakhane-ner/*/MasakhaNER2.0/data/*/*.txt"))
        if tree
        else []
    )
    what = "MasakhaNER 2.0 in one file"
    if not files:
        what = "the sample corpus habari, repeated"
        files = sorted((paths.SAMPLES / "habari").glob("*.txt"))
    # SeqScore stops at a line whose token is empty, so such lines are left out for both.
    texts = [
        [line for line in file.read_text("utf-8-sig").split("\n") if not line.startswith((" ", "\t"))] + [""]
        for file in files
    ]
    per_round = sum(1 for line in chain(*texts) if line)
    rounds = -(-least // per_round)
    with open(path, "w", encoding="utf-8") as out:
        for text in chain(*repeat(texts, rounds)):
            out.write("\n".join(text) + "\n")
    return path, what, rounds * per_round


def _compare(ours: Path, theirs: Path) -> None:
    """Raise `OpenNERError` unless both files hold the same tokens and labels."""

    def lines(path: Path) -> list[str]:
        # Ours keeps every line of the file, SeqScore writes one blank line where there are several.
        return re.sub(r"\n{3,}", "\n\n", path.read_text("utf-8")).rstrip("\n").split("\n")

    for number, (a, b) in enumerate(zip(lines(ours), lines(theirs), strict=True), 1):
        if a.split() != b.split():
            raise OpenNERError(
                f"Line {number} differs: {a!r} is ours, {b!r} is SeqScore's. Do not compare speed."
            )

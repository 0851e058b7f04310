"""The commands of ``openner`` for predictions: those of a run as files, and a third party's beside them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openner_utils.cli.format import with_format
from openner_utils.cli.paths import folder
from openner_utils.cli.say import say, say_json
from openner_utils.cli.stale import tell_stale
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from openner_utils.support.words import counted

if TYPE_CHECKING:  # the commands import what they need when they run
    import pandas as pd

    from openner_utils.analysis.outsiders import Matched
    from openner_utils.ownfiles.format import Format
    from openner_utils.ownfiles.opening import Opened

app = typer.Typer()
_NAMED = 10
"""Sentences without a partner that are named of each kind; of more, the number is said."""


@app.command()
def predictions(
    context: typer.Context,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="A folder that is new, empty, or of an export.", callback=folder),
    ],
) -> None:
    """Write every prediction of the run as spans (JSON lines) with its run's key, beside the reference."""
    from openner_utils.exports import predictions as bank

    place: Place = context.obj
    done = bank.write(out, place)
    tell_stale(place, [place.artifacts / stage for stage in bank.STAGES])
    say(f"{counted(len(done), 'file')} of predictions, their reference and {bank.RUNS} → {out}")


@app.command()
@with_format
def compare(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…", help="Predictions of this run's test sentences; a file for each seed."
        ),
    ],
    name: Annotated[str, typer.Option(help="What the system is called.")] = "theirs",
    map: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help="What a type of the files is: --map person=PER."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    *,
    format: "Format",
) -> None:
    """Compare a third party's predictions with every system of the run, on the same sentences, by the same tests."""
    from openner_utils.api import comparing
    from openner_utils.core.artifacts import CORE_RELEASE, SENTENCES

    place: Place = context.obj
    said = dict(_pair(each) for each in map or ())
    found = comparing.compare(files, name, format, said, place)
    tell_stale(place, [place.artifacts / each.stage for each in (CORE_RELEASE, SENTENCES)])
    for opened, matched in found.files:
        say(opened.told, err=True)
        _tell(opened, matched)
    if as_json:
        say_json(
            {
                "name": name,
                "types": dict(found.types),
                "files": [_unmatched(opened, matched) for opened, matched in found.files],
                "table": found.table.astype(object).where(found.table.notna(), None).to_dict("records"),
            }
        )
        return
    _print(found.table, name)


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.rpartition("=")
    if not (equals and old and new):
        raise OpenNERError(f"--map {text}: expected OLD=NEW, for instance --map person=PER.")
    return old, new


def _unmatched(opened: "Opened", matched: "Matched") -> dict[str, object]:
    return {
        "file": str(opened.path),
        "sentences": len(matched.numbers),
        "other_tokens": [{"at": str(here), "test": str(other)} for here, other in matched.retokenized],
        "unknown": [str(each) for each in matched.unknown],
        "missing": [str(each) for each in matched.missing],
    }


def _tell(opened: "Opened", matched: "Matched") -> None:
    """Say how many sentences were matched, and name those that were not."""
    say(f"{opened.path}: {counted(len(matched.numbers), 'sentence')} of this run's test sets", err=True)
    for some, what in (
        (
            [
                f"{here}: other tokens than at {other}, compared by characters"
                for here, other in matched.retokenized
            ],
            "sentences in other tokens",
        ),
        (
            [f"{each}: no test sentence of this run" for each in matched.unknown],
            "sentences of the file left out",
        ),
        ([f"{each}: missing in {opened.path}" for each in matched.missing], "test sentences missing"),
    ):
        for line in some[:_NAMED]:
            say(line, err=True)
        if len(some) > _NAMED:
            say(f"… {len(some):,} {what} in all; --json names them all", err=True)


def _print(table: "pd.DataFrame", name: str) -> None:
    """Print the table, a row for each corpus, language and system."""
    from openner_utils.analysis.outsiders import RUN

    rows = [("corpus", "language", "system", "n", "F1", f"F1 {name}", "difference", "interval", "p", "")]
    for row in table.to_dict("records"):
        system = ", ".join(str(row[key]) for key in RUN if row[key] not in ("", "release"))
        rows.append(
            (
                str(row["corpus"]),
                str(row["language"]),
                system,
                str(row["sentences"]),
                f"{row['f1']:.1f}",
                f"{row['f1_theirs']:.1f}",
                f"{row['difference']:+.1f}",
                f"{row['low']:+.1f} to {row['high']:+.1f}",
                f"{row['p']:.3f}",
                ("ahead" if row["difference"] > 0 else "behind") if row["clear"] else "not told apart",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    left = {0, 1, 2, len(widths) - 1}
    for row in rows:
        cells = [
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        say("  ".join(cells).rstrip())
    say(
        f"Differences are {name} minus the system, in points of F1 (core types, conlleval) on the sentences that both have; p is "
        "Holm's over all rows, and intervals leave out zero exactly where a row is told apart."
    )

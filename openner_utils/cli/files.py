"""The commands of ``openner`` for one's own files. What is guessed of a file is said on standard error."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from openner_utils.cli.format import SCHEMES, scheme_of, with_format
from openner_utils.cli.say import say, say_json
from openner_utils.support.errors import OpenNERError, refusal
from openner_utils.support.files import STANDARD, is_folder
from openner_utils.support.words import counted

if TYPE_CHECKING:  # the commands import what they need when they run
    from openner_utils.ownfiles.format import Format
    from openner_utils.ownfiles.opening import Opened
    from openner_utils.ownfiles.score_interval import Margin
    from openner_utils.readers.reading import Fault

app = typer.Typer()
T = TypeVar("T")
Errors = dict[str, tuple[str, ...]]
"""File → what is wrong with it, and what else is."""
_HINTS = 5
"""What to do about one flaw, in different words for different labels, that is said at the most."""

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A file, or a folder of files.")]
FileArguments = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files, or folders of files.")]
Out = Annotated[
    Path,
    typer.Option(
        "--out", "-o", help="Where to write; a folder when FILE is one, or for FILE under its name."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
To = Annotated[str, typer.Option("--to", help=f"Encoding to write: {SCHEMES}.")]


def _tell(*opened: "Opened") -> None:
    for each in opened:
        passed_over = each.told_passed_over.split("\n")
        for told in filter(
            None, (each.told, each.told_left_out, *passed_over, each.told_slips, each.told_unbroken)
        ):
            say(told, err=True)


def _say(what: str, out: Path, ledger: Path | None = None) -> None:
    """Print what was written, on standard error where labels or a ledger went to standard output."""
    say(f"{what} → {out}", err=STANDARD in (out, ledger))


def _attempt(errors: Errors, path: Path, several: bool, named: bool, do: Callable[[], T]) -> T | None:
    """Return what ``do`` returns; with several files an error is kept, so that the others have their turn.

    What is not ``named`` was found in a folder; there a pipe or a device is an error.
    """
    from openner_utils.ownfiles.opening import refuse_stream

    try:
        if not named:
            refuse_stream(path)
        return do()
    except (OpenNERError, OSError) as error:
        if not several:
            raise
        errors[str(path)] = (
            (refusal(error, path),) if isinstance(error, OSError) else (error.said, *error.details)
        )
        return None


def _end(errors: Errors) -> None:
    """Say which files failed, and end with exit code 1 if any did."""
    for what, *details in errors.values():
        say(f"error: {what}", err=True)
        for each in details:
            say(each, err=True)
    if errors:
        say(f"{counted(len(errors), 'file')} failed: {', '.join(errors)}", err=True)
        raise typer.Exit(1)


def _size(opened: "Opened") -> str:
    return f"{counted(opened.found.sentences, 'sentence')}, {counted(opened.found.tokens, 'token')}"


def _write_each(
    source: Path,
    out: Path,
    format: "Format",
    write: Callable[["Opened", Path], str],
    ledger: Path | None = None,
) -> Errors:
    """Write each file of ``source`` by ``write``, which returns what it did, and say that.

    Returns the errors of files that could not be written, which only in a folder are kept for the end.
    """
    from openner_utils.ownfiles.opening import found_in, open_file
    from openner_utils.ownfiles.writing import destination, labels_of, refuse_collisions

    def one(path: Path) -> None:
        opened = open_file(path, format)
        target = destination(opened, source, out)
        done = write(opened, target)
        if labels_of(opened) is None:
            done += f", from {opened.format.reader} as two columns"
        _tell(opened)
        _say(done, target, ledger)

    if out == STANDARD and is_folder(source):
        raise OpenNERError(
            f"-: standard output is one stream, but {source} is a folder. Give -o a folder, or name one file."
        )
    if is_folder(source) and out.is_file():
        raise OpenNERError(f"{out}: a file, but {source} is a folder. Give -o a folder.")
    errors: Errors = {}
    files = found_in(source)
    if is_folder(source):
        refuse_collisions(files, source, out, format)
    for path in files:
        _attempt(errors, path, is_folder(source), path == source, partial(one, path))
    return errors


def _every(files: Sequence[Path]) -> tuple[list[Path], bool]:
    """Return the files of files and folders, and whether there may be several."""
    from openner_utils.ownfiles.opening import found_in

    if list(files).count(STANDARD) > 1:
        raise OpenNERError("-: standard input is one stream, and can be read as one file only. Name it once.")
    found = [file for each in files for file in found_in(each)]
    return found, len(files) > 1 or is_folder(files[0])


def _inspected(path: Path, format: "Format") -> "Opened":
    from openner_utils.ownfiles.opening import inspect, raw_file

    return inspect(raw_file(path), format)


@app.command()
@with_format
def validate(
    files: FileArguments,
    as_json: Json = False,
    *,
    format: "Format",
) -> None:
    """List what is wrong with the labels and lines of files; exit code 1 when something is."""
    from openner_utils.ownfiles.find import find

    rows: list[dict[str, Any]] = []
    errors: Errors = {}
    wrong = 0
    paths, several = _every(files)
    for path in paths:
        opened = _attempt(errors, path, several, path in files, partial(_inspected, path, format))
        if opened is None:
            what = "\n".join(errors[str(path)])
            rows.append({"file": str(path), "problems": [{"line": 0, "kind": "unreadable", "what": what}]})
            wrong += 1
            if not as_json:
                say(what)
            continue
        for told in filter(None, (opened.told, *opened.told_passed_over.split("\n"), opened.told_unbroken)):
            say(told, err=True)
        if as_json:
            rows.append(_as_row(opened, find(opened)))
            wrong += len(rows[-1]["problems"])
            continue
        hints: dict[str, dict[str, None]] = {}
        number = 0
        for each in find(opened):
            say(f"{each.place}: {each.what}")
            hints.setdefault(each.flaw, {})[each.hint] = None
            number += 1
        say(f"{path}: {_size(opened)}, {counted(number, 'problem')}")
        _say_hints(hints)
        wrong += number
    if as_json:
        say_json(rows)
    if wrong:
        raise typer.Exit(1)


def _say_hints(hints: Mapping[str, Iterable[str]]) -> None:
    """Say what to do about each flaw; of many labels with one flaw, for the first of them. Look-alikes, which bar a repair, lead."""
    for flaw in sorted(hints, key=lambda flaw: flaw != "look-alike-type"):
        of_flaw = list(hints[flaw])
        for hint in of_flaw[:_HINTS]:
            say(f"{flaw}: {hint}", err=True)
        if len(of_flaw) > _HINTS:
            say(f"{flaw}: {counted(len(of_flaw) - _HINTS, 'other')} likewise", err=True)


def _as_row(opened: "Opened", found: "Iterable[Fault]") -> dict[str, Any]:
    return {
        "file": str(opened.path),
        "reader": opened.format.reader,
        "scheme": opened.format.scheme,
        "sentences": opened.found.sentences,
        "tokens": opened.found.tokens,
        "problems": [{"line": each.line, "kind": each.flaw, "what": each.what} for each in found],
    }


@app.command()
@with_format
def repair(
    file: FileArgument,
    out: Out,
    method: Annotated[
        str,
        typer.Option(
            help="Of invalid transitions: conlleval (the label begins a mention), discard (it becomes O) or none."
        ),
    ] = "conlleval",
    to: Annotated[str | None, typer.Option(help="Encoding to write; default: as read.")] = None,
    ledger: Annotated[Path | None, typer.Option(help="Write each repair to this CSV file, or to -.")] = None,
    *,
    format: "Format",
) -> None:
    """Repair labels, and write them, if wanted in another encoding. Nothing but labels changes in the file."""
    from openner_utils.ownfiles.ledger_rows import RECORD
    from openner_utils.ownfiles.opening import Opened
    from openner_utils.ownfiles.writing import labels_of, repair_file

    if ledger and is_folder(file):
        raise OpenNERError(f"{file}: a ledger belongs to one file. Repair files one by one, or leave it out.")
    to = scheme_of(to) if to else None

    def one(opened: Opened, target: Path) -> str:
        done = repair_file(opened, target, method, to, ledger)
        if ledger and labels_of(opened) is None:
            say(f"{ledger}: {RECORD}", err=True)
        left = " left" if method == "none" and done.problems else ""
        stripped = f", white space taken off {counted(done.stripped, 'label')}" if done.stripped else ""
        repaired = counted(done.changed - done.stripped, "label")
        return f"{_size(opened)}, {counted(done.problems, 'invalid transition')}{left}, {repaired} repaired{stripped}"

    _end(_write_each(file, out, format, one, ledger))


@app.command()
@with_format
def undo(
    file: Annotated[Path, typer.Argument(help="A file that `openner repair` wrote.")],
    ledger: Annotated[Path, typer.Argument(help="The ledger written with it.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Where to write; a folder for FILE under its name.")
    ],
    *,
    format: "Format",
) -> None:
    """Give a repaired file of columns the labels back that its ledger holds."""
    from openner_utils.ownfiles.undoing import undo as undo_repair
    from openner_utils.ownfiles.writing import inside

    if file == ledger == STANDARD:
        raise OpenNERError(
            "-: standard input is one stream. Save the file or its ledger, and name what you saved."
        )
    if is_folder(out):
        out = inside(out, Path(file.name))
    _say(f"{counted(undo_repair(_inspected(file, format), out, ledger), 'label')} restored", out)


@app.command()
@with_format
def convert(
    file: FileArgument,
    out: Out,
    to: To,
    *,
    format: "Format",
) -> None:
    """Write labels in another encoding. Nothing but labels changes in the file; JSON and spans become two columns."""
    from openner_utils.ownfiles.opening import Opened
    from openner_utils.ownfiles.writing import convert_file

    to = scheme_of(to)

    def one(opened: Opened, target: Path) -> str:
        convert_file(opened, target, to)
        return f"{_size(opened)} in {to}"

    _end(_write_each(file, out, format, one))


@app.command()
@with_format
def standardize(
    file: FileArgument,
    out: Out,
    core: Annotated[bool, typer.Option("--core", help="Map on to PER, LOC and ORG.")] = False,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="OLD=NEW", help="Standardized name of a type; OLD= drops its mentions."
        ),
    ] = None,
    *,
    format: "Format",
) -> None:
    """Give entity types their standardized names. Nothing but labels changes in the file."""
    from openner_utils.ownfiles.opening import Opened
    from openner_utils.ownfiles.writing import standardize_file

    mapping: dict[str, str] = {}
    for pair in map_ or ():
        old, equals, new = pair.partition("=")
        if not (old and equals):
            raise OpenNERError(f"--map {pair}: expected OLD=NEW, for instance --map PERSON=PER.")
        if mapping.get(old, new) != new:
            raise OpenNERError(
                f"--map {pair}: {old} was mapped before, by --map {old}={mapping[old]}. Give each type one name."
            )
        mapping[old] = new
    met: set[str] = set()

    def one(opened: Opened, target: Path) -> str:
        names = standardize_file(opened, target, mapping, core)
        met.update(names)
        return ", ".join(f"{old} → {new or 'dropped'}" for old, new in names.items()) or "no mentions"

    errors = _write_each(file, out, format, one)
    for old in mapping.keys() - met:
        say(f"warning: --map {old}={mapping[old]}: no file that was read holds the type {old}", err=True)
    _end(errors)


@app.command()
@with_format
def count(
    files: FileArguments,
    as_json: Json = False,
    *,
    format: "Format",
) -> None:
    """Count sentences, tokens and mentions by type (invalid transitions read as the conlleval repair does)."""
    from openner_utils.ownfiles.count import count as counted_in
    from openner_utils.ownfiles.opening import open_file

    rows: list[dict[str, Any]] = []
    errors: Errors = {}
    paths, several = _every(files)
    for path in paths:
        opened = _attempt(errors, path, several, path in files, partial(open_file, path, format))
        if opened is None:
            rows.append({"file": str(path), "error": "\n".join(errors[str(path)])})
            continue
        found = counted_in(opened)
        _tell(opened)
        rows.append(
            {
                "file": str(path),
                "sentences": found.sentences,
                "tokens": found.tokens,
                "mentions": sum(found.mentions.values()),
                "types": found.mentions,
            }
        )
    if as_json:
        say_json(rows)
    for row in rows:
        if as_json or "error" in row:
            continue
        types = ", ".join(f"{type} {number:,}" for type, number in row["types"].items())
        say(
            f"{row['file']}: {counted(row['sentences'], 'sentence')}, {counted(row['tokens'], 'token')}, "
            f"{counted(row['mentions'], 'mention')}{f' ({types})' if types else ''}"
        )
    _end(errors)


def _say_margins(margins: Mapping[str, "Margin"], predictions: int) -> None:
    """Say between which bounds the F1 of all types lies under each convention."""
    from openner_utils.support.rounding import percent

    if not margins:
        return
    bounds = ", ".join(
        f"{name} {percent(each.low, 2):.2f} to {percent(each.high, 2):.2f}" for name, each in margins.items()
    )
    runs = f" and {predictions} predictions" if predictions > 1 else ""
    over = next(iter(margins.values())).over
    say(f"95 % interval of F1 (ALL) over {over}{runs}: {bounds}.")


@app.command()
@with_format
def score(
    reference: Annotated[Path, typer.Argument(metavar="REFERENCE", help="The file that is right.")],
    predictions: Annotated[
        list[Path], typer.Argument(metavar="PREDICTION…", help="Files over the same text, one per run.")
    ],
    prediction_scheme: Annotated[
        str | None,
        typer.Option(help=f"Encoding of the predictions' labels: {SCHEMES}; default: the reference's."),
    ] = None,
    prediction_label: Annotated[
        int | None,
        typer.Option(
            help="Column of the predictions' labels, as for --label, which is then the reference's."
        ),
    ] = None,
    align: Annotated[
        str,
        typer.Option(
            help="What mentions are compared by: tokens, which must be the same, or characters, where tokens differ."
        ),
    ] = "tokens",
    as_json: Json = False,
    *,
    format: "Format",
) -> None:
    """Score predictions in all conventions, by type and in all, with an interval of F1; several give mean, SD and standard error."""
    from openner_utils.ownfiles.score_files import score_files
    from openner_utils.support.rounding import percent

    scheme = scheme_of(prediction_scheme) if prediction_scheme else None
    scored = score_files(reference, predictions, format, scheme, align, prediction_label=prediction_label)
    _tell(scored.reference, *scored.predictions)
    for note in scored.notes:
        say(note, err=True)
    rows = scored.rows()
    if as_json:
        say_json(
            {
                "reference": str(reference),
                "align": align,
                "reference_scheme": scored.reference.format.scheme,
                "predictions": [str(path) for path in predictions],
                "prediction_schemes": [each.format.scheme for each in scored.predictions],
                "columns": list(scored.columns),
                "scores": rows,
                "intervals": {name: asdict(margin) for name, margin in scored.margins.items()},
                "notes": list(scored.notes),
            }
        )
        return
    schemes = ", ".join(dict.fromkeys(each.format.scheme for each in scored.predictions))
    say(f"Reference read as {scored.reference.format.scheme}, predictions as {schemes}.")
    for told in scored.columns:  # which no one who reads the scores alone may miss
        say(told)
    several = len(predictions) > 1
    beside = ("SD", "SE") if several else ()
    head = "  ".join(f"{name:>6}" for score in ("P", "R", "F1") for name in (score, *beside))
    say(f"{'convention':<10}  {'type':<16}  {head}  {'mentions':>8}")
    for row in rows:
        kinds = ("", "_standard_deviation", "_standard_error") if several else ("",)
        values = (row[f"{name}{kind}"] for name in ("precision", "recall", "f1") for kind in kinds)
        shown = "  ".join(f"{percent(value, 2):>6.2f}" for value in values)
        say(f"{row['convention']:<10}  {row['type']:<16}  {shown}  {row['reference']:>8,}")
    _say_margins(scored.margins, len(predictions))
    if several:
        say(
            f"P, R and F1 are means over {len(predictions)} predictions. SD: standard deviation (n-1). SE: standard "
            f"error of the mean, SD / √{len(predictions)}; the SE that SeqScore 0.9 prints."
        )

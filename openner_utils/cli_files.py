"""The commands of ``openner`` for one's own files. What is guessed of a file is said on standard error."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openner_utils.errors import OpenNERError

if TYPE_CHECKING:  # the commands import what they need when they run
    from openner_utils.labels_file import Format, Opened

app = typer.Typer()

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A file, or a folder of files.")]
FileArguments = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files, or folders of files.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Where to write; a folder when FILE is one.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
To = Annotated[str, typer.Option("--to", help="Encoding to write: IO, IOB1, IOB2, BIOES, BILOU or BMES.")]
Reader = Annotated[
    str | None, typer.Option(help="delimited, conllu, json_tokens, json_spans or brat; default: guessed.")
]
Scheme = Annotated[
    str | None, typer.Option(help="Encoding of the labels: IO, IOB1, IOB2, BIOES, BILOU or BMES; guessed.")
]
Separator = Annotated[str | None, typer.Option(help="tab, space or whitespace; guessed.")]
Token = Annotated[int | None, typer.Option(help="Column of tokens, from 0; guessed.")]
Label = Annotated[
    int | None, typer.Option(help="Column of labels, from 0, or from the end with -1; guessed.")
]
Encoding = Annotated[str | None, typer.Option(help="Text encoding; guessed.")]
More = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="NAME=VALUE", help="Another option of the reader, as on a card."),
]
Allow = Annotated[
    list[str] | None,
    typer.Option(help="Pass over a flaw: empty-label, empty-token, missing-label or unknown-label."),
]


def _format(
    reader: str | None,
    scheme: str | None,
    separator: str | None,
    token: int | None,
    label: int | None,
    encoding: str | None,
    more: Sequence[str] | None,
    allow: Sequence[str] | None,
) -> "Format":
    import yaml

    from openner_utils.labels_file import Format

    named = {"separator": separator, "token": token, "label": label, "encoding": encoding}
    options: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
    for pair in more or ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise OpenNERError(f"--option {pair}: expected NAME=VALUE, for instance --option header=true.")
        options[name] = yaml.safe_load(value)
    return Format(reader, scheme, options, tuple(allow or ()))


def _tell(*opened: "Opened") -> None:
    for each in opened:
        typer.echo(each.told, err=True)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


@app.command()
def validate(
    files: FileArguments,
    as_json: Json = False,
    reader: Reader = None,
    scheme: Scheme = None,
    separator: Separator = None,
    token: Token = None,
    label: Label = None,
    encoding: Encoding = None,
    option: More = None,
    allow: Allow = None,
) -> None:
    """List what is wrong with the labels and lines of files; exit code 1 when something is."""
    from openner_utils.labels_file import files_of, validate_file

    format = _format(reader, scheme, separator, token, label, encoding, option, allow)
    reports = []
    for path in (file for each in files for file in files_of(each)):
        opened, findings = validate_file(path, format)
        _tell(opened)
        reports.append((opened, findings))
        if not as_json:
            for finding in findings:
                typer.echo(finding)
            columns = opened.columns
            typer.echo(
                f"{path}: {columns.n_sentences:,} sentences, {len(columns):,} tokens, {len(findings):,} problems"
            )
    if as_json:
        _print_json(
            [
                {
                    "file": str(opened.path),
                    "reader": opened.format.reader,
                    "scheme": opened.format.scheme,
                    "sentences": opened.columns.n_sentences,
                    "tokens": len(opened.columns),
                    "problems": [{"line": f.line, "kind": f.kind, "what": f.what} for f in findings],
                }
                for opened, findings in reports
            ]
        )
    if any(findings for _, findings in reports):
        raise typer.Exit(1)


@app.command()
def repair(
    file: FileArgument,
    out: Out,
    method: Annotated[str, typer.Option(help="conlleval, discard or none.")] = "conlleval",
    to: Annotated[str | None, typer.Option(help="Encoding to write; default: as read.")] = None,
    ledger: Annotated[Path | None, typer.Option(help="Write each repair to this CSV file.")] = None,
    reader: Reader = None,
    scheme: Scheme = None,
    separator: Separator = None,
    token: Token = None,
    label: Label = None,
    encoding: Encoding = None,
    option: More = None,
    allow: Allow = None,
) -> None:
    """Repair labels, and write them, if wanted in another encoding. Nothing but labels changes in the file."""
    from openner_utils.labels_file import pairs, repair_file

    format = _format(reader, scheme, separator, token, label, encoding, option, allow)
    if ledger and file.is_dir():
        raise OpenNERError(f"{file}: a ledger belongs to one file. Repair files one by one, or leave it out.")
    for path, target in pairs(file, out):
        done = repair_file(path, target, format, method, to, ledger)
        _tell(done.opened)
        typer.echo(
            f"{done.sentences:,} sentences, {done.tokens:,} tokens, {done.problems:,} invalid transitions, "
            f"{done.changed:,} labels repaired → {target}"
        )


@app.command()
def undo(
    file: Annotated[Path, typer.Argument(help="A file that `openner repair` wrote.")],
    ledger: Annotated[Path, typer.Argument(help="The ledger written with it.")],
    out: Out,
    reader: Reader = None,
    scheme: Scheme = None,
    separator: Separator = None,
    token: Token = None,
    label: Label = None,
    encoding: Encoding = None,
    option: More = None,
    allow: Allow = None,
) -> None:
    """Give a repaired file of columns the labels back that its ledger holds."""
    from openner_utils.labels_file import undo_file

    format = _format(reader, scheme, separator, token, label, encoding, option, allow)
    typer.echo(f"{undo_file(file, out, ledger, format):,} labels restored → {out}")


@app.command()
def convert(
    file: FileArgument,
    out: Out,
    to: To,
    reader: Reader = None,
    scheme: Scheme = None,
    separator: Separator = None,
    token: Token = None,
    label: Label = None,
    encoding: Encoding = None,
    option: More = None,
    allow: Allow = None,
) -> None:
    """Write labels in another encoding. Nothing but labels changes in the file; JSON and spans become two columns."""
    from openner_utils.labels_file import convert_file, pairs

    format = _format(reader, scheme, separator, token, label, encoding, option, allow)
    for path, target in pairs(file, out):
        done = convert_file(path, target, to, format)
        _tell(done.opened)
        typer.echo(f"{done.sentences:,} sentences, {done.tokens:,} tokens in {to} → {target}")


@app.command()
def standardize(
    file: FileArgument,
    out: Out,
    core: Annotated[bool, typer.Option("--core", help="Map on to PER, LOC and ORG.")] = False,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="OLD=NEW", help="Standardized name of a type; none drops its mentions."
        ),
    ] = None,
    reader: Reader = None,
    scheme: Scheme = None,
    separator: Separator = None,
    token: Token = None,
    label: Label = None,
    encoding: Encoding = None,
    option: More = None,
    allow: Allow = None,
) -> None:
    """Give entity types their standardized names. Nothing but labels changes in the file."""
    from openner_utils.labels_file import pairs, standardize_file

    format = _format(reader, scheme, separator, token, label, encoding, option, allow)
    mapping = {}
    for pair in map_ or ():
        old, equals, new = pair.partition("=")
        if not equals:
            raise OpenNERError(f"--map {pair}: expected OLD=NEW, for instance --map PERSON=PER.")
        mapping[old] = new
    for path, target in pairs(file, out):
        opened, names = standardize_file(path, target, mapping, core, format)
        _tell(opened)
        shown = ", ".join(f"{old} → {new or 'dropped'}" for old, new in names.items())
        typer.echo(f"{shown or 'no mentions'} → {target}")


@app.command()
def count(
    files: FileArguments,
    as_json: Json = False,
    reader: Reader = None,
    scheme: Scheme = None,
    separator: Separator = None,
    token: Token = None,
    label: Label = None,
    encoding: Encoding = None,
    option: More = None,
    allow: Allow = None,
) -> None:
    """Count sentences, tokens and mentions by type (invalid transitions read as the conlleval repair does)."""
    from openner_utils.labels_file import count_file, files_of

    format = _format(reader, scheme, separator, token, label, encoding, option, allow)
    rows = []
    for path in (file for each in files for file in files_of(each)):
        opened, counted = count_file(path, format)
        _tell(opened)
        rows.append(
            {
                "file": str(path),
                "sentences": counted.sentences,
                "tokens": counted.tokens,
                "mentions": sum(counted.mentions.values()),
                "types": counted.mentions,
            }
        )
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        types = ", ".join(f"{type} {number:,}" for type, number in row["types"].items())  # type: ignore[attr-defined]
        typer.echo(
            f"{row['file']}: {row['sentences']:,} sentences, {row['tokens']:,} tokens, "
            f"{row['mentions']:,} mentions{f' ({types})' if types else ''}"
        )


@app.command()
def score(
    reference: Annotated[Path, typer.Argument(metavar="REFERENCE", help="The file that is right.")],
    predictions: Annotated[
        list[Path], typer.Argument(metavar="PREDICTION…", help="Files with the same tokens, one per run.")
    ],
    as_json: Json = False,
    reader: Reader = None,
    scheme: Scheme = None,
    separator: Separator = None,
    token: Token = None,
    label: Label = None,
    encoding: Encoding = None,
    option: More = None,
    allow: Allow = None,
) -> None:
    """Score predictions in all conventions, by type and in all; several give mean and standard deviation."""
    from openner_utils.score_files import score_files

    format = _format(reader, scheme, separator, token, label, encoding, option, allow)
    scored = score_files(reference, predictions, format)
    _tell(scored.reference, *scored.predictions)
    rows = scored.rows()
    if as_json:
        _print_json(
            {
                "reference": str(reference),
                "predictions": [str(path) for path in predictions],
                "scores": rows,
            }
        )
        return
    typer.echo(f"{'convention':<10}  {'type':<16}  {'P':>12}  {'R':>12}  {'F1':>12}  {'mentions':>8}")
    for row in rows:
        values = "  ".join(f"{_percent(row, name):>12}" for name in ("precision", "recall", "f1"))
        typer.echo(f"{row['convention']:<10}  {row['type']:<16}  {values}  {row['reference']:>8,}")


def _percent(row: dict[str, Any], name: str) -> str:
    deviation = row[f"{name}_deviation"]
    return f"{100 * row[name]:.2f}" + ("" if deviation is None else f" ±{100 * deviation:.2f}")

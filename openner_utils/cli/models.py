"""The commands of ``openner`` that train a model on one's own files, and find mentions with it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openner_utils.cli.format import with_format
from openner_utils.cli.say import say
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import STANDARD

if TYPE_CHECKING:
    from openner_utils.core.columns import Columns
    from openner_utils.ownfiles.format import Format

app = typer.Typer()


@app.command()
@with_format
def train(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Labelled files to train on.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder that the model is written into.")],
    encoder: Annotated[str, typer.Option(help="A name under `encoders` of params.yaml.")] = "minilm",
    dev: Annotated[
        list[Path] | None, typer.Option(help="A labelled file that is scored after each epoch.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides every random choice.")] = 1,
    *,
    format: "Format",
) -> None:
    """Train a model on labelled files, by the recipe of an encoder in params.yaml."""
    from openner_utils.api.training import train as run
    from openner_utils.config.params import Encoders, load
    from openner_utils.core.columns import concat
    from openner_utils.support.errors import unknown
    from openner_utils.support.progress import bar

    recipes = load(Encoders).encoders
    if encoder not in recipes:
        raise unknown("encoder", encoder, recipes)
    read = [labelled(path, format) for path in files]
    held_out = [labelled(path, format) for path in dev or ()]
    recipe = recipes[encoder]
    with bar(f"train {encoder}", total=recipe.epochs * sum(map(len, read))) as shown:
        model, history = run(recipe, read, out, concat(held_out) if held_out else None, seed, shown.advance)
    for number, epoch in enumerate(history, 1):
        f1 = "" if epoch.dev_f1 is None else f", F1 on dev {100 * epoch.dev_f1:.1f}"
        say(f"epoch {number}: {epoch.steps} steps, loss {epoch.loss:.3f}{f1}")
    learnt = ", ".join(f"{type} {count:,}" for type, count in model.about.types.items())
    say(f"{model.about.sentences:,} sentences, mentions: {learnt} → {out}")


@app.command()
@with_format
def predict(
    model: Annotated[Path, typer.Argument(help="A folder that `openner train` wrote.")],
    file: Annotated[Path, typer.Argument(help="Text in UTF-8, a file of tokens with --tokens, or -.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write.")] = STANDARD,
    tokens: Annotated[
        bool, typer.Option("--tokens", help="The file holds tokens; labels in it are not looked at.")
    ] = False,
    *,
    format: "Format",
) -> None:
    """Find the mentions of a text, one JSON line for each line of it: offsets are characters of that line.

    With --tokens the output is two columns, token and label (IOB2).
    """
    from openner_utils.api.tagging import load
    from openner_utils.exports import conll
    from openner_utils.ownfiles.opening import open_file
    from openner_utils.readers.document_marks import DOCSTART
    from openner_utils.support.files import delivery, utf8

    tagger = load(model)
    if tokens:
        opened = open_file(file, format)
        say(opened.told, err=True)
        labelled = tagger.label(opened.reading.columns).columns
        conll.refuse_marks(out, labelled, DOCSTART)
        with delivery(out) as (write,):
            write(conll.content(out, labelled))
        return
    text = _text(file)
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
    rows = (
        {"text": line, "mentions": [asdict(mention) for mention in found]}
        for line, found in zip(lines, tagger.predict_all(lines), strict=True)
    )
    with delivery(out) as (write,):
        write(utf8(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)))


def labelled(path: Path, format: "Format") -> "Columns":
    """Return the sentences of a labelled file in IOB2; invalid transitions are an error."""
    from dataclasses import replace

    from openner_utils.core.encoding import IOB2, recode
    from openner_utils.core.validation import validate_columns
    from openner_utils.ownfiles.lookalikes import refuse_cut, within
    from openner_utils.ownfiles.opening import open_file
    from openner_utils.ownfiles.writing import invalid

    opened = open_file(path, format)
    say(opened.told, err=True)
    problems = validate_columns(opened.columns, opened.encoding)
    if problems:
        refuse_cut(opened, opened.columns, within(opened))
        raise invalid(opened, problems[0], len(problems))
    return replace(recode(opened.columns, opened.encoding, IOB2), file=str(path))


def _text(path: Path) -> str:
    from openner_utils.readers.layout import RawFile

    content = RawFile.open(path).whole()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise OpenNERError(f"{path}:{line}: not UTF-8 ({error.reason}). Save the text in UTF-8.") from error

"""The commands of ``openner`` that train a model on one's own files, find mentions with it, and pass it on."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import asdict
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openner_utils.cli.format import with_format
from openner_utils.cli.paths import folder, refuse_over
from openner_utils.cli.say import say
from openner_utils.cli.seeds import Seed
from openner_utils.support.errors import OpenNERError, refusal
from openner_utils.support.files import STANDARD
from openner_utils.support.words import counted

if TYPE_CHECKING:
    from openner_utils.api.tagging import TextTagger
    from openner_utils.core.columns import Columns
    from openner_utils.encoders.about import Known
    from openner_utils.ownfiles.format import Format
    from openner_utils.readers.layout import RawFile

app = typer.Typer()


model = typer.Typer(help="What to do with a trained model.", no_args_is_help=True)


@app.command()
@with_format
def train(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Labelled files to train on.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The folder that the model is written into.", callback=folder)
    ],
    encoder: Annotated[str, typer.Option(help="A name under `encoders` of params.yaml.")] = "minilm",
    dev: Annotated[
        list[Path] | None,
        typer.Option(help="A labelled file that is scored after each epoch, and in the model's card."),
    ] = None,
    test: Annotated[
        list[Path] | None, typer.Option(help="A labelled file that is scored in the model's card.")
    ] = None,
    seed: Seed = 1,
    language: Annotated[
        list[str] | None,
        typer.Option(
            help="ISO 639-3 code of files that no card of the catalog knows: once for all, or once for each file, those of --dev "
            "and --test behind the others."
        ),
    ] = None,
    licence: Annotated[
        list[str] | None, typer.Option(help="Licence of files that no card knows, given like --language.")
    ] = None,
    *,
    format: "Format",
) -> None:
    """Train a model on labelled files, by the recipe of an encoder in params.yaml.

    What it was made of and how well it does stands in README.md beside it.
    """
    from openner_utils.training.together import join

    with join() as together, open(os.devnull, "w") as nowhere, ExitStack() as silence:
        if together.rank:  # of several processes the first one speaks
            silence.enter_context(redirect_stdout(nowhere))
            silence.enter_context(redirect_stderr(nowhere))
        _train(files, out, encoder, (dev or (), test or ()), seed, (language or (), licence or ()), format)


def _train(
    files: Sequence[Path],
    out: Path,
    encoder: str,
    held: tuple[Sequence[Path], Sequence[Path]],
    seed: int,
    told: tuple[Sequence[str], Sequence[str]],
    format: "Format",
) -> None:
    """Train and say what came out; ``held``: dev and test files; ``told``: languages and licences of files that no card knows."""
    from openner_utils.api.before_training import remarks
    from openner_utils.api.provenance import known_of
    from openner_utils.api.training import Held
    from openner_utils.api.training import train as run
    from openner_utils.cli.epochs import Epochs
    from openner_utils.config.params import Encoders, load
    from openner_utils.encoders.model_card import failure
    from openner_utils.support.errors import unknown
    from openner_utils.support.paths import HERE

    recipes = load(Encoders).encoders
    if encoder not in recipes:
        raise OpenNERError(
            f"{unknown('encoder', encoder, recipes)} Others are entries that you add under `encoders` in params.yaml: docs/how-to/models.md."
        )
    paths = [*files, *held[0], *held[1]]
    languages, licences = _for_each("--language", told[0], paths), _for_each("--licence", told[1], paths)
    known: dict[str, Known] = {}
    read: list[Columns] = []
    for (columns, raw), language, licence in zip(_opened(paths, format), languages, licences, strict=True):
        known[columns.file] = known_of(raw, HERE, language, licence)
        read.append(columns)
    trained_on, scored = read[: len(files)], read[len(files) :]
    for remark in remarks(trained_on, scored, known):
        say(remark, err=True)
    dev, test = scored[: len(held[0])], scored[len(held[0]) :]
    recipe = recipes[encoder]
    with Epochs(encoder, recipe.epochs, sum(map(len, trained_on))) as shown:
        made, _ = run(
            recipe, trained_on, out, Held(dev, test), seed, shown.advance, known, after_epoch=shown.ended
        )
    for each in made.about.scores:
        bounds = f"{100 * each.low:.1f} to {100 * each.high:.1f}"
        again = f"; {each.seen:,} of {counted(each.material.sentences, 'sentence')} were trained on, too"
        say(
            f"F1 on {each.split}, {each.material.called}: {100 * each.f1:.1f} ({bounds}){again if each.seen else ''}"
        )
    if failed := failure(made.about):
        say(f"{failed}. Try a lower learning rate, more epochs or more sentences.", err=True)
    learnt = ", ".join(f"{type} {count:,}" for type, count in made.about.types.items())
    say(f"{made.about.sentences:,} sentences, mentions: {learnt} → {out}")


def _for_each(option: str, given: Sequence[str], paths: Sequence[Path]) -> Sequence[str | None]:
    """Return what was given for each file: nothing, one value for all of them, or each its own."""
    if len(given) <= 1:
        return [*given, None][:1] * len(paths)
    if len(given) != len(paths):
        raise OpenNERError(
            f"{option} was given {len(given)} times for {counted(len(paths), 'file')}. Give it once for all files, or once for each, in "
            f"this order: {', '.join(map(str, paths))}."
        )
    return given


@model.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="MODEL", help="A folder that `openner train` wrote.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="The folder that the exported model is written into.", callback=folder
        ),
    ],
    to: Annotated[str, typer.Option(help="The form: onnx.")] = "onnx",
    int8: Annotated[
        bool, typer.Option("--int8", help="Weights of 8 bits: smaller; some labels differ.")
    ] = False,
) -> None:
    """Write a model for ONNX Runtime; `openner predict` takes the new folder like the old one."""
    from openner_utils.api.exporting import export as run
    from openner_utils.support.errors import unknown

    if to != "onnx":
        raise unknown("form of a model", to, ["onnx"])
    say("Writing the graph, then comparing it with the model; a large encoder takes minutes.", err=True)
    about, compared = run(folder, out, int8)
    before, after = (sum(path.stat().st_size for path in each.iterdir()) / 1e6 for each in (folder, out))
    say(f"{before:,.1f} MB → {after:,.1f} MB in {out}")
    if compared and about.form and about.form.silent:
        say(
            f"The model finds no mention in the samples ({compared.tokens:,} tokens): how well labels agree before and after is not "
            f"known; {compared.before:.1f} s → {compared.after:.1f} s on this processor"
        )
    elif compared:
        say(
            f"On samples, {compared.differing:,} of {compared.tokens:,} tokens have another label than before; "
            f"{compared.before:.1f} s → {compared.after:.1f} s on this processor"
        )


@app.command()
@with_format
def predict(
    model: Annotated[
        Path, typer.Argument(help="A folder that `openner train` or `openner model export` wrote.")
    ],
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

    refuse_over(out, file, model)
    tagger = load(model)
    if tokens:
        invalid = write_labels(tagger, file, out, format)
        if invalid:
            say(
                f"Labels that continue no mention of their type: {invalid:,}. This model labels each token by itself "
                "(decoding: free). Repair them: openner repair; or train with decoding: valid.",
                err=True,
            )
    else:
        write_mentions(tagger, file, out)


def write_labels(tagger: "TextTagger", file: Path, out: Path, format: "Format") -> int:
    """Write the tokens of a file with their predicted labels; return how many labels continue no mention of their type."""
    from openner_utils.core.encoding import IOB2, states
    from openner_utils.exports import conll
    from openner_utils.ownfiles.opening import open_file
    from openner_utils.readers.document_marks import DOCSTART
    from openner_utils.support.files import delivery

    opened = open_file(file, format)
    say(opened.told, err=True)
    invalid = 0
    with delivery(out) as (write,):
        for portion in opened.portions():
            labelled = tagger.label(portion.reading.columns).columns
            invalid += int(states(labelled, IOB2).invalid.sum())
            conll.refuse_marks(out, labelled, DOCSTART, begins=portion.token == 0)
            write(conll.content(out, labelled))
    return invalid


def write_mentions(tagger: "TextTagger", file: Path, out: Path) -> None:
    """Write a JSON line for each line of a text, with its mentions."""
    from openner_utils.readers import unspaced
    from openner_utils.support.files import delivery, utf8

    once, again = tee(lines(file))  # a line is held until its mentions are found
    told: str | None = None
    with delivery(out) as (write,):
        for line, found in zip(once, tagger.predict_each(again), strict=True):
            if told is None and tagger.reads_words:
                told = unspaced.missing(line)
            row = {"text": line, "mentions": [asdict(mention) for mention in found]}
            write(utf8(out, json.dumps(row, ensure_ascii=False) + "\n"))
    if told:
        say(told, err=True)


@app.command()
def push(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL", help="A folder that `openner train` or `openner model export` wrote."
        ),
    ],
    repository: Annotated[
        str, typer.Argument(metavar="OWNER/NAME", help="A repository of the Hugging Face Hub.")
    ],
    yes: Annotated[
        bool, typer.Option("--yes/--dry-run", help="Push, or say what would be pushed and what would not.")
    ] = False,
    public: Annotated[bool, typer.Option("--public", help="Everybody may load the model.")] = False,
) -> None:
    """Push a trained model to the Hugging Face Hub: its own files alone, into a private repository.

    The token is that of HF_TOKEN or of `hf auth login`.
    """
    from openner_utils.api import pushing

    pushing.refuse_name(repository)
    found = pushing.plan(folder)
    for name, size in found.pushed.items():
        say(f"{size:>15,} bytes  {name}")
    for name, why in found.stay.items():
        say(f"     not pushed        {name}: {why}")
    if not yes:
        say(
            f"{len(found.pushed)} files, {found.size:,} bytes. Nothing was pushed: OPENNER_ONLINE=1 and --yes push them to {repository}."
        )
        return
    done = pushing.push(found, repository, public)
    if done.before:
        say(f"There before, and still there: {', '.join(done.before)}", err=True)
    say(f"{len(found.pushed)} files, {found.size:,} bytes → {done.address}")


def labelled(paths: Sequence[Path], format: "Format") -> "list[Columns]":
    """Return the sentences of labelled files in IOB2; invalid transitions are an error, which names every file that has some."""
    return [columns for columns, _ in _opened(paths, format)]


def _opened(paths: Sequence[Path], format: "Format") -> "list[tuple[Columns, RawFile]]":
    opened, failed = [], []
    for path in paths:
        try:
            opened.append(_opened_one(path, format))
        except (OpenNERError, OSError) as error:
            failed.append(refusal(error, path) if isinstance(error, OSError) else str(error))
    if failed:
        raise OpenNERError(*failed)
    return opened


def _opened_one(path: Path, format: "Format") -> "tuple[Columns, RawFile]":
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
    return replace(recode(opened.columns, opened.encoding, IOB2), file=str(path)), opened.raw


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of a text; a file of any size is read as it is asked for."""
    from openner_utils.readers.layout import RawFile
    from openner_utils.readers.stored import file_of

    with file_of(RawFile.open(path).content) as file:
        for number, line in enumerate(file, 1):
            encoding = "utf-8-sig" if number == 1 else "utf-8"
            try:
                yield line.removesuffix(b"\n").removesuffix(b"\r").decode(encoding)
            except UnicodeDecodeError as error:
                raise OpenNERError(
                    f"{path}:{number}: not UTF-8 ({error.reason}). Save the text in UTF-8."
                ) from error

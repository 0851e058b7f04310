"""The commands of ``openner web`` that annotate passages, merge and judge annotations, and measure all of it where truth is known."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openner_utils.cli.format import with_format
from openner_utils.cli.paths import folder, result
from openner_utils.cli.say import say, say_json
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.paths import Place
from openner_utils.support.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openner_utils.ownfiles.format import Format
    from openner_utils.scoring.significance import Interval
    from openner_utils.web import mentions
    from openner_utils.web.merging import Alike

By = Annotated[
    str,
    typer.Option(
        metavar="MODEL|LLM", help="A folder with a trained model, or a name under `llms` of params.yaml."
    ),
]
PromptFormat = Annotated[
    str, typer.Option("--prompt", help="Of a language model: inline, json, pairs, lists or tokens.")
]
Free = Annotated[
    bool,
    typer.Option(
        "--free", help="Of a language model: ask for the most specific types, not for PER, LOC and ORG."
    ),
]
Likeness = Annotated[
    str,
    typer.Option(
        "--likeness", help="How labels are compared: taxonomy, exact, or a checkpoint whose vectors are."
    ),
]
ClashOption = Annotated[
    str,
    typer.Option("--clash", help="Of two mentions of one place with unlike labels: drop, longer or surer."),
]
Out = Annotated[Path, typer.Option("--out", "-o", help="The file of annotated passages that is written.")]


def annotate(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="PASSAGES", help="Passages, as `openner web passages` writes them.")
    ],
    by: By,
    out: Out,
    prompt: PromptFormat = "json",
    free: Free = False,
) -> None:
    """Find the mentions of passages with a trained model or a language model.

    After an interruption run the same command again: replies of a language model are kept, and finished parts of what a trained model reads.
    """
    from openner_utils.api.annotating import annotate as by_folder
    from openner_utils.api.annotators import annotator
    from openner_utils.web import mentions
    from openner_utils.web.passages import read

    place: Place = context.obj
    result(out, file)
    passages = list(read(file))
    if by.strip() and Path(by).is_dir():
        found = by_folder(Path(by), passages, out)
        _tell_characters(found.passages)
    else:
        found = annotator(by, prompt, free, place).annotate(passages)
        mentions.write(found.passages, out)
    say(f"{counted(len(found.passages), 'passage')} → {out}")
    for what, count in (*found.account.most_common(), *found.faults.most_common()):
        say(f"{count:>9,}  {what}")


def _tell_characters(found: "Sequence[mentions.Annotated]") -> None:
    """Say what was read by written characters for want of a dictionary, and how many passages that concerns."""
    from openner_utils.readers import unspaced

    concerned = [text for each in found if (text := each.passage.text) and unspaced.missing(text)]
    if concerned:
        say(f"{counted(len(concerned), 'passage')}: {unspaced.missing(' '.join(concerned[:100]))}", err=True)


def sentences(
    file: Annotated[Path, typer.Argument(metavar="ANNOTATED", help="Annotated passages.", exists=True)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file of JSON lines that is written.")],
) -> None:
    """Write annotated passages as sentences with PER, LOC and ORG, for `openner train` and all commands on own files."""
    from openner_utils.catalog import taxonomy
    from openner_utils.web import mentions, sentences

    result(out, file)
    account = sentences.write(mentions.read(file), out, taxonomy.load())
    say(f"{counted(account.pop(sentences.WRITTEN, 0), 'sentence')} → {out}")
    for what, count in account.most_common():
        say(f"{count:>9,}  {what}")


def merge(
    context: typer.Context,
    first: Annotated[
        Path, typer.Argument(metavar="FIRST", help="Passages as `openner web annotate` wrote them.")
    ],
    second: Annotated[Path, typer.Argument(metavar="SECOND", help="The same passages by another annotator.")],
    out: Out,
    likeness: Likeness = "taxonomy",
    clash: ClashOption = "drop",
) -> None:
    """Make two annotators' mentions into one set, and tell what became of each and how far the two agree."""
    from openner_utils.web import mentions
    from openner_utils.web.agreement import EVERY, agreement
    from openner_utils.web.merging import CLASHES, OUTCOMES
    from openner_utils.web.truth import labels_of, merged

    place: Place = context.obj
    chosen = next((each for each in CLASHES if each == clash), None)
    if chosen is None:
        raise unknown("choice for unlike labels", clash, CLASHES)
    result(out, first, second)
    pairs = mentions.together([first, second])
    one, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found, account = merged(one, other, _likeness(likeness, place)(labels_of(one, other)), chosen)
    mentions.write(found, out)
    say(f"{counted(len(found), 'passage')}, {sum(len(each.mentions) for each in found):,} mentions → {out}")
    for outcome in OUTCOMES:
        say(f"{account[outcome]:>9,}  {outcome}")
    for each in agreement(one, other):
        if each.type == EVERY:
            f1, kappa = each.mentions.f1, "" if each.kappa is None else f", kappa of labels {each.kappa:.2f}"
            say(
                f"{each.language}: F1 of one against the other {100 * f1.value:.1f} ({100 * f1.low:.1f} to {100 * f1.high:.1f}; "
                f"{counted(each.passages, 'passage')}), {counted(each.both, 'span')} named by both{kappa}"
            )


def judge(
    context: typer.Context,
    annotated: Annotated[
        Path, typer.Argument(metavar="ANNOTATED", help="Annotated passages that are judged.")
    ],
    judges: Annotated[
        Path | None, typer.Argument(metavar="JUDGE", help="The same passages by an annotator who judges.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="LLM", help="A language model as the judge: a name under `llms` of params.yaml."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON document with the lists of every passage.")
    ] = False,
) -> None:
    """Tell which mentions a judge holds right, wrong, extra or missing.

    The judge is an annotator of the same types, or a language model that is shown the mentions. With gold labels as the judge this is
    the truth.
    """
    from dataclasses import asdict

    from openner_utils.web import mentions
    from openner_utils.web.agreement import EVERY, agreement
    from openner_utils.web.judging import judge as judged

    if (judges is None) == (by is None):
        raise OpenNERError("Name one judge: a file of annotated passages, or a language model with --by.")
    if judges is not None:
        pairs = mentions.together([annotated, judges])
    else:
        found = list(mentions.read(annotated))
        pairs = _opinions(str(by), found, context.obj, not as_json)
    verdicts = [(one, judged(one, other)) for one, other in pairs]
    if as_json:
        say_json(
            [{"passage": one.passage.id, "text": one.passage.text} | asdict(each) for one, each in verdicts]
        )
        return
    for name in ("right", "wrong", "extra", "missing"):
        say(f"{sum(len(getattr(each, name)) for _, each in verdicts):>9,}  {name}")
    for name in ("faithfulness", "completeness"):
        shares = [share for _, each in verdicts if (share := getattr(each, name)) is not None]
        mean = f"{sum(shares) / len(shares):.3f}" if shares else "none"
        say(f"{mean:>9}  {name}, mean of {counted(len(shares), 'passage')}")
    for row in agreement([other for _, other in pairs], [one for one, _ in pairs]):
        if row.type == EVERY:
            rates = row.mentions
            say(
                f"{row.language}: {_share(rates.precision, rates.score.predicted)} mentions are right, "
                f"{_share(rates.recall, rates.score.reference)} of the judge's were found; {counted(row.passages, 'passage')}"
            )


def _share(found: "Interval", of: int) -> str:
    """Return a share with its interval and what it is a share of, in words; none of nothing."""
    if not of:
        return "none of 0"
    return f"{100 * found.value:.1f} % ({100 * found.low:.1f} to {100 * found.high:.1f}) of {of:,}"


def _opinions(
    called: str, found: "Sequence[mentions.Annotated]", place: Place, aloud: bool
) -> "list[tuple[mentions.Annotated, ...]]":
    """Return passages beside what a language model stands for, and tell its marks and what was wrong with its replies.

    Passages of which it gave no opinion are left out and told: to take them for passages without a mention would speak for the model.
    """
    from openner_utils.api.annotators import model
    from openner_utils.web.opinions import PROMPT, account, as_judge, gave_none, opinions

    given, spent = opinions(found, model(called, PROMPT, place))
    if aloud:
        for name in ("faithfulness", "completeness"):
            marks = [mark for each in given if (mark := getattr(each, name)) is not None]
            mean = f"{sum(marks) / len(marks):.2f}" if marks else "none"
            say(f"{called}: {name} {mean} of 5, mean of {counted(len(marks), 'passage')}")
        say(f"{called}: {spent.prompt:,} tokens asked, {spent.completion:,} answered")
        for what, count in account(given).items():
            say(f"{count:>9,}  listed or at fault: {what}")
    silent = sum(map(gave_none, given))
    if silent:
        say(f"{called}: no opinion of {counted(silent, 'passage')}, left out of what follows", err=not aloud)
    stands = zip(found, as_judge(found, given), given, strict=True)
    return [(each, own) for each, own, said in stands if not gave_none(said)]


@with_format
def truth(
    context: typer.Context,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="CORPUS|FILE…", help="Labelled text: corpora that data/ holds, or files of one's own."
        ),
    ],
    by: Annotated[
        list[str],
        typer.Option(
            metavar="MODEL|LLM", help="Two annotators: folders with trained models, or names under `llms`."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="A folder that is new, empty, or of an export.")],
    judged_by: Annotated[
        str | None,
        typer.Option(
            "--judge", metavar="MODEL|LLM", help="A third annotator; default: the scores of the two."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="Of corpora of the catalog: train, dev, test or all.")] = "test",
    language: Annotated[
        list[str] | None,
        typer.Option(help="Only sentences in this language (ISO 639-3); may be given again."),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option("--most", "-n", min=1, help="Sentences of each corpus and language, by a hash."),
    ] = None,
    target: Annotated[
        float, typer.Option(min=0.01, max=0.99, help="The precision that is to be guaranteed.")
    ] = 0.9,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999, help="How surely it is to be.")] = 0.9,
    likeness: Likeness = "taxonomy",
    clash: ClashOption = "drop",
    prompt: PromptFormat = "json",
    *,
    format: "Format",
) -> None:
    """Run annotators, merging, types and judge on labelled text without its labels, and measure each stage against them.

    Half of the documents choose the judge's threshold, the other half is measured.
    """
    from openner_utils.api.annotators import annotator
    from openner_utils.api.truth import gold
    from openner_utils.catalog.taxonomy import universal
    from openner_utils.exports.folder import refuse_foreign
    from openner_utils.web.merging import CLASHES
    from openner_utils.web.truth import Box
    from openner_utils.web.truth import truth as run
    from openner_utils.web.truth_tables import told, write

    place: Place = context.obj
    if len(by) != 2:
        raise OpenNERError(f"Two annotators are merged: give --by twice, not {len(by)} times.")
    chosen = next((each for each in CLASHES if each == clash), None)
    if chosen is None:
        raise unknown("choice for unlike labels", clash, CLASHES)
    folder(out)
    refuse_foreign(out)
    sentences = gold(names, split, language or (), most, place, format)
    first, second = (annotator(each, prompt, place=place) for each in by)
    if first.name == second.name:
        raise OpenNERError(f"Both annotators are called {first.name}. Rename one of the folders.")
    third = annotator(judged_by, prompt, place=place) if judged_by else None
    box = Box(first, second, third, _likeness(likeness, place), universal(), chosen, target, confidence)
    found = run(sentences, box)
    write(found, out)
    for line in told(found):
        say(line)
    say(f"→ {out}")


COMMANDS = (annotate, merge, judge, sentences, truth)
"""What stands in the group besides what `cli.web` and its neighbours have."""


def _likeness(name: str, place: Place) -> "Callable[[Sequence[str]], Alike]":
    """Return what compares labels, once it is told which there are."""
    from openner_utils.web.likeness import by_vectors, exact
    from openner_utils.web.types import by_types

    if name == "exact":
        return lambda labels: exact
    if name == "taxonomy":
        return by_types
    from openner_utils.unify.vectors import of_checkpoint

    embed = of_checkpoint(name, place.own / "embeddings")
    return lambda labels: by_vectors(embed, labels)

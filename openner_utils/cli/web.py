"""The commands ``openner web``: passages from raw web text, and which of them are kept."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openner_utils.cli import web_annotation, web_rating, web_variants
from openner_utils.cli.paths import folder, result
from openner_utils.cli.say import say
from openner_utils.support.errors import OpenNERError
from openner_utils.support.words import counted

if TYPE_CHECKING:
    from openner_utils.web.collecting import Account
    from openner_utils.web.filtering import Filtered

web = typer.Typer(help="From raw web text to annotated passages (after FiNERweb).", no_args_is_help=True)

Identifier = Annotated[
    str,
    typer.Option(
        help="What tells languages: script (alone), py3langid, or the file of a fastText model such as GlotLID."
    ),
]
Workers = Annotated[int, typer.Option(min=1, help="Processes.")]


@web.command()
def passages(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SRC…",
            help="Shards (.parquet as FineWeb-2, .wet, .warc, .jsonl, .txt), folders of them, or lists (.paths).",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The Parquet file of passages.")],
    words: Annotated[int, typer.Option(min=8, help="Most words of a passage on average.")] = 256,
    language: Annotated[str, typer.Option(help="Of documents that state none: ISO 639-3.")] = "und",
    licence: Annotated[str, typer.Option(help="Of documents that state none: an SPDX id.")] = "unknown",
    identifier: Identifier = "script",
    workers: Workers = 1,
) -> None:
    """Take one passage of each document, cut at ends of sentences; what is no document is counted and told.

    What becomes of every record stands beside the passages (….account.csv). A command that was killed goes on where it was.
    """
    from openner_utils.web.collecting import PASSAGE, Cut, account_beside, collect
    from openner_utils.web.documents import language_said
    from openner_utils.web.shards import led_out, shards
    from openner_utils.web.working import executor

    result(out)
    found = shards(sources)
    if links := led_out(found):
        say(
            f"{counted(len(links), 'link')} to files outside the folder, read as part of it, {links[0].name} for instance",
            err=True,
        )
    cut = Cut(words, identifier, language_said(language), licence)
    account = collect(found, cut, out, executor(workers))
    for fault in account.faults:
        say(fault, err=True)
    _tell_records(account)
    say(
        f"{counted(account.of(PASSAGE), 'passage')} of {counted(len(found), 'shard')} in {out}; {account_beside(out)}"
    )


def _tell_records(account: "Account") -> None:
    for outcome in sorted({outcome for _, _, outcome in account.records}):
        say(f"{outcome}: {account.of(outcome):,}")


@web.command("filter")
def filter_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Files of passages.", exists=True, dir_okay=False)
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="A folder: kept.parquet, outcomes.parquet, account.csv.")
    ],
    words: Annotated[int, typer.Option(min=0, help="Least words of a passage.")] = 32,
    identifier: Identifier = "script",
    confidence: Annotated[
        float, typer.Option(min=0, max=1, help="With which a model must speak to be believed.")
    ] = 0.8,
    per_language: Annotated[int | None, typer.Option(min=1, help="Most passages of a language.")] = None,
    similar: Annotated[
        float, typer.Option(min=0, max=1, help="Least share of equal MinHash values of near duplicates.")
    ] = 0.75,
    scores: Annotated[
        Path | None, typer.Option(help="Parquet file with columns id and score.", exists=True, dir_okay=False)
    ] = None,
    least: Annotated[
        float | None, typer.Option(help="Least score, with --scores; default: 0.5.", min=-1e9, max=1e9)
    ] = None,
    without: Annotated[
        Path | None, typer.Option(help="Documents to take out, one a line.", exists=True, dir_okay=False)
    ] = None,
    workers: Workers = 1,
) -> None:
    """Keep passages of running text in their language, without personal data and near duplicates, up to a quota.

    Each passage ends as kept or with one reason; the account adds up.
    """
    from openner_utils.web.filtering import KEPT, Choice, filter_passages
    from openner_utils.web.looking import NO_LANGUAGE, TAKEN_OUT, Rules
    from openner_utils.web.working import executor

    folder(out)
    if least is not None and scores is None:
        raise OpenNERError(
            "--least is of scores, and no --scores are given. Name their file, or leave it out."
        )
    listed = _lines(without) if without else []
    taken_out = frozenset(map(str.strip, listed)) - {""}
    rules = Rules(words, identifier, confidence, taken_out)
    found = filter_passages(
        files,
        rules,
        Choice(per_language, similar, scores, 0.5 if least is None else least),
        out,
        executor(workers),
    )
    _tell_outcomes(found)
    if taken_out:
        say(f"{counted(len(taken_out), 'document')} to take out; {TAKEN_OUT}: {found.of(TAKEN_OUT):,}")
    if found.of(NO_LANGUAGE):
        say(
            f"{NO_LANGUAGE}: say it, openner web passages --language, or have it told, --identifier py3langid"
        )
    say(f"{counted(found.of(KEPT), 'passage')} of {found.total:,} kept in {out}")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise OpenNERError(f"{path}: not UTF-8 ({error}). Save the list in UTF-8.") from error


def _tell_outcomes(found: "Filtered") -> None:
    for outcome in sorted({outcome for _, outcome in found.counts}):
        say(f"{outcome}: {found.of(outcome):,}")
    if found.unknown:
        say(
            f"languages judged by script alone, which the identifier does not know: {', '.join(found.unknown)}"
        )


for _command in (
    *web_rating.COMMANDS,
    *web_annotation.COMMANDS,
    *web_variants.COMMANDS,
):  # in the order of work, as help lists them
    web.command()(_command)

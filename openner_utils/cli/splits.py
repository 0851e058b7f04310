"""The command of ``openner`` that divides files into splits."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openner_utils.cli.format import with_format
from openner_utils.cli.paths import folder
from openner_utils.cli.say import say
from openner_utils.support.words import counted

if TYPE_CHECKING:  # the command imports what it needs when it runs
    from openner_utils.curation.cutting_splits import Shared
    from openner_utils.ownfiles.format import Format

app = typer.Typer()


@app.command()
@with_format
def split(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Files, or folders of files: one corpus.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="A folder that is new, empty, or of an export.", callback=folder),
    ],
    dev: Annotated[float, typer.Option(help="Share of the sentences.")] = 0.1,
    test: Annotated[float, typer.Option(help="Share of the sentences.")] = 0.1,
    *,
    format: "Format",
) -> None:
    """Divide sentences into train, dev and test that share no near-duplicate, few documents and few mentions.

    sentences.csv tells where each sentence came from and went, shared.csv what the splits have in common.
    """
    from openner_utils.exports.folder import refuse_foreign
    from openner_utils.ownfiles.opening import found_in, open_file, refuse_stream
    from openner_utils.ownfiles.splitting import RECORD, SHARED, divided, write

    refuse_foreign(out)
    found = [file for each in files for file in found_in(each)]
    for file in found:
        refuse_stream(file)
    opened = [open_file(file, format) for file in found]
    for each in opened:
        for told in filter(None, (each.told, each.told_left_out, each.told_slips, each.told_unbroken)):
            say(told, err=True)
    division = divided(opened, dev, test)
    write(division, out)
    for how, measured in division.compared.items():
        say(f"{how}: {_said(measured)}")
    say(f"{counted(len(division.files), 'sentence')} in {out}, see {RECORD} and {SHARED}")


def _said(found: "Shared") -> str:
    """Return what splits have in common, in one line."""
    sizes = ", ".join(
        f"{size:,} {name}" for size, name in zip(found.sizes, ("train", "dev", "test"), strict=True)
    )
    unseen = ", ".join(
        f"{100 * share:.0f} % in {name}"
        for share, name in zip(found.unseen, ("dev", "test"), strict=True)
        if not math.isnan(share)
    )
    return (
        f"{sizes}; {counted(found.clusters, 'cluster')} of near-duplicates in several splits, {counted(found.contaminated, 'sentence')} of dev "
        f"and test contaminated, {counted(found.documents, 'document')} and {counted(found.mentions, 'mention text')} in several splits"
        f"{f', mentions unseen in train: {unseen}' if unseen else ''}"
    )

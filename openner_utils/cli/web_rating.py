"""The commands of ``openner web`` that rate passages, and learn the ratings."""

from pathlib import Path
from typing import Annotated

import typer

from openner_utils.cli.paths import result
from openner_utils.cli.say import say
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.paths import Place
from openner_utils.support.words import counted


def rate(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="PASSAGES", help="Passages, as `openner web passages` writes them.")
    ],
    by: Annotated[str, typer.Option(metavar="LLM", help="A name under `llms` of params.yaml.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The table that is written: CSV.")],
    beside: Annotated[
        str | None, typer.Option(metavar="LLM", help="A second rater, to tell how far the two are apart.")
    ] = None,
) -> None:
    """Have a language model rate how useful passages are for named entity recognition: 0 to 4, with a reason."""
    from dataclasses import asdict

    from openner_utils.api.annotators import model
    from openner_utils.exports.tables import write_csv
    from openner_utils.web.passages import read
    from openner_utils.web.rating import HEAD, PROMPT, disagreement, distribution
    from openner_utils.web.rating import rate as run

    place: Place = context.obj
    result(out, file)
    found = list(read(file))
    raters = {name: run(found, model(name, PROMPT, place)) for name in dict.fromkeys((by, beside)) if name}
    write_csv(
        out,
        HEAD,
        ([name, *asdict(each).values()] for name, (ratings, _) in raters.items() for each in ratings),
    )
    for name, (ratings, spent) in raters.items():
        scores, faults = distribution(ratings)
        told = ", ".join(f"{count:,} with {score}" for score, count in sorted(scores.items())) or "none rated"
        say(f"{name}: {told}; {spent.prompt:,} tokens asked, {spent.completion:,} answered")
        for fault, count in faults.most_common():
            say(f"{count:>9,}  {fault}")
    if beside in raters and beside != by:
        apart = disagreement(raters[by][0], raters[beside][0])
        if apart.same is None or apart.near is None or apart.higher is None:
            say("No passage has a score of both raters.")
        else:
            kappa = "undefined" if apart.kappa is None else f"{apart.kappa:.2f}"
            say(
                f"{counted(apart.passages, 'passage')} rated by both: {100 * apart.same:.1f} % alike, {100 * apart.near:.1f} % within "
                f"one point, {beside} higher by {apart.higher:.2f}, weighted kappa {kappa}"
            )
    say(f"→ {out}")


def score(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="PASSAGES", help="Passages, the rated ones among them.")],
    ratings: Annotated[Path, typer.Option(help="Ratings, as `openner web rate` writes them.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file of scores that is written: Parquet.")],
    rater: Annotated[
        str | None, typer.Option(help="Whose ratings are learnt from; default: those of the first.")
    ] = None,
    target: Annotated[
        str, typer.Option(help="binary: whether a passage has 3 points or more, 0 to 1; levels: its points.")
    ] = "binary",
    encoder: Annotated[
        str, typer.Option(help="Checkpoint of the sentence vectors, as in params.yaml.")
    ] = "package:multilingual-e5-small",
    seeds: Annotated[
        int, typer.Option(min=1, help="How many times ratings are parted; the first regressor scores.")
    ] = 3,
) -> None:
    """Learn ratings by a regression on sentence vectors, and give every passage a score, for `openner web filter --scores`.

    A tenth of the rated passages tests, a tenth chooses the penalty; which ones, a hash decides for each seed.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from openner_utils.support.files import atomic
    from openner_utils.unify.vectors import of_checkpoint
    from openner_utils.web.passages import read
    from openner_utils.web.rating import read as read_ratings
    from openner_utils.web.regression import TARGETS, USEFUL, fit, refuse_few

    place: Place = context.obj
    chosen = next((each for each in TARGETS if each == target), None)
    if chosen is None:
        raise unknown("target", target, TARGETS)
    result(out, file, ratings)
    given = read_ratings(ratings, rater)
    found = list(read(file))
    rated = [number for number, each in enumerate(found) if each.id in given]
    if not rated:
        raise OpenNERError(
            f"{ratings}: scores of {counted(len(given), 'passage')}, none of which is in {file}. Rate these."
        )
    refuse_few(len(rated))  # vectors take a while
    vectors = of_checkpoint(encoder, place.own / "embeddings")([each.text for each in found])
    known = [given[found[number].id] for number in rated]
    ids = [found[number].id for number in rated]
    fitted = [fit(vectors[rated], known, ids, chosen, seed) for seed in range(1, seeds + 1)]
    for each in fitted:
        say(
            f"seed {each.seed}: macro F1 {100 * each.test_f1:.1f} on {each.test} passages, {100 * each.dev_f1:.1f} on {each.dev} that chose "
            f"the penalty {each.regressor.penalty:g}; learnt from {each.train:,}"
        )
    for count, mean, observed in fitted[0].calibration:
        have = (
            f"{100 * observed:.0f} % have 3 points or more"
            if chosen == "binary"
            else f"{observed:.2f} points on average"
        )
        say(
            f"seed 1, calibration: {counted(count, 'test passage')} with a score of {mean:.2f} on average: {have}"
        )
    scores = fitted[0].regressor.scores(vectors)
    least = 0.5 if chosen == "binary" else USEFUL - 0.5  # where a passage is taken for one of 3 points
    say(
        f"scores from {scores.min():.2f} to {scores.max():.2f}, on average {scores.mean():.2f}; {(scores >= least).sum():,} of "
        f"{counted(len(found), 'passage')} have {least:g} or more, the others end with `openner web filter --least {least:g}`"
    )
    table = pa.table({"id": [each.id for each in found], "score": scores})
    with atomic(out) as beside:
        pq.write_table(table, beside)
    say(f"{counted(len(found), 'passage')} scored by the regressor of seed 1 → {out}")


COMMANDS = (rate, score)
"""What stands in the group besides what `cli.web` and its neighbours have."""

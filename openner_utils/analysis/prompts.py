"""Inline or JSON prompts: which is better, what is lost on the way, and does the model know anything at all?

A model trained inside the pipeline is judged against its control, the same model trained with shuffled labels. Where it
does not beat the control beyond chance, no conclusion about prompts is drawn from it. Controls are never pooled with
models. Mentions that a reply names and that are lost (not in the sentence, of an unknown type, overlapping another) are
dropped, as the labels demand, and beside it counted as predicted and wrong: a format that loses many looks better than it
is without the second figure.
"""

from typing import Any

import pandas as pd

from openner_utils.analysis.question import Answer, Params
from openner_utils.analysis.systems import chosen, compared, models_of, with_intervals
from openner_utils.config.params import Compare, units
from openner_utils.core.artifacts import ACCOUNT, SENTENCES, Inputs
from openner_utils.support.rounding import share, shown, signed
from openner_utils.support.words import counted

AGAIN = "named again"
OFFSETS = "offsets"
"""The grounding policy of inline replies, which say where a mention stands."""
DROPPED, COUNTED = "dropped", "counted as predicted"
RUN = ["system", "language", "format", "decoding"]


def answer(inputs: Inputs, params: Params) -> Answer:
    """Answer the question from the scores and from what became of the mentions that replies named."""
    accounts = [inputs.frame(ACCOUNT, **unit) for unit in units(params)["prompt"]]
    losses = pd.concat([ACCOUNT.empty(), *accounts], ignore_index=True)
    found = tables(inputs.frame(SENTENCES), losses, params.prompt.policy, params.compare)
    return Answer(found, summary(found))


def tables(
    sentences: pd.DataFrame, losses: pd.DataFrame, policy: str, how: Compare
) -> dict[str, pd.DataFrame]:
    """Return ``scores``, ``policies``, ``against_control``, ``formats`` (JSON minus inline) and ``losses``.

    ``sentences``: counts per sentence (`stages.score`); ``losses``: named mentions by what became of them (columns
    of RUN, policy, control, reason, mentions); ``policy``: the main grounding policy of JSON replies.
    """
    models = models_of(sentences)
    main = models[models["policy"].isin([OFFSETS, policy])]
    asked = chosen(main, control=False)
    against, formats = [], []
    for keys, rows in asked.groupby(RUN):
        names: dict[str, Any] = dict(zip(RUN, keys, strict=True))
        control = chosen(main, control=True, **names)
        if len(control):
            against.append((names, control, rows))
        if names["format"] == "json":
            inline = chosen(asked, **{**names, "format": "inline"})
            named = {name: value for name, value in names.items() if name != "format"}
            if len(inline):
                formats += [
                    ({**named, "ungrounded": DROPPED}, inline, rows),
                    (
                        {**named, "ungrounded": COUNTED},
                        counted_as_predicted(inline),
                        counted_as_predicted(rows),
                    ),
                ]
    replies = losses[losses["policy"].isin([OFFSETS, policy])]
    return {
        "scores": both_ways(main, [*RUN, "control"], how),
        "policies": both_ways(chosen(models, format="json", control=False), [*RUN, "policy"], how),
        "against_control": compared(against, how, RUN),
        "formats": compared(formats, how, ["system", "language", "decoding", "ungrounded"]),
        "losses": replies.groupby(
            ["system", "format", "decoding", "control", "reason"], as_index=False, sort=False
        )["mentions"].sum(),
    }


def counted_as_predicted(sentences: pd.DataFrame) -> pd.DataFrame:
    """Return counts in which mentions without a place are predicted and wrong."""
    return sentences.assign(predicted=sentences["predicted"] + sentences["ungrounded"])


def both_ways(sentences: pd.DataFrame, by: list[str], how: Compare) -> pd.DataFrame:
    """Return F1 with its interval, ungrounded mentions dropped, and beside it counted as predicted."""
    dropped = with_intervals(sentences, by, how)
    wrong = with_intervals(counted_as_predicted(sentences), by, how)
    at = dropped.columns.get_loc("over")
    for name in reversed(("f1", "low", "high")):
        dropped.insert(at, f"{name}_counted", wrong[name])
    ungrounded = sentences.groupby(by, sort=True)["ungrounded"].sum()
    dropped["ungrounded"] = ungrounded.to_numpy(int)
    return dropped


def beats_control(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return, per system, language and way of decoding, whether either format beats its control beyond chance.

    Where one does and the other does not, the difference between the formats is still a finding.
    """
    keys = ["system", "language", "decoding"]
    against = found["against_control"]
    if not len(against):
        return pd.DataFrame(columns=[*keys, "beats"])
    beats = against["clear"] & (against["difference"] > 0)
    return against.assign(beats=beats).groupby(keys, as_index=False)["beats"].any()


def summary(found: dict[str, pd.DataFrame]) -> list[str]:
    """Return what was found, in sentences whose numbers come from the tables."""
    lines = []
    scores = found["scores"]
    for (system, format, decoding), rows in chosen(scores, control=False).groupby(
        ["system", "format", "decoding"]
    ):
        said = "; ".join(
            f"{row.language} {shown(row.f1)} ({shown(row.low)} to {shown(row.high)}, n = {row.sentences} sentences)"
            + (
                f", {shown(row.f1_counted)} with its {row.ungrounded} ungrounded mentions counted"
                if row.ungrounded
                else ""
            )
            for row in rows.itertuples()
        )
        lines.append(f"{system}, {format}, {decoding} decoding, F1: {said}.")
    lines += _formats(found)
    losses = found["losses"]
    for (system, format, decoding), rows in chosen(losses, control=False).groupby(
        ["system", "format", "decoding"]
    ):
        of = rows.groupby("reason")["mentions"].sum()
        named, placed, again = int(of.sum()), int(of.get("grounded", 0)), int(of.get(AGAIN, 0))
        lost = named - placed - again
        lines.append(
            f"{system}, {format}, {decoding} decoding: {counted(named, 'mention')} named in replies, {placed} grounded, {again} "
            f"named again, {lost} lost" + (f" ({share(lost / named)})." if named else ".")
        )
    return lines or ["No language model was asked."]


def _formats(found: dict[str, pd.DataFrame]) -> list[str]:
    lines = []
    beaten = beats_control(found)
    formats = found["formats"]
    for (system, decoding, way), pairs in formats.groupby(["system", "decoding", "ungrounded"], sort=False):
        here = beaten[(beaten["system"] == system) & (beaten["decoding"] == decoding)]
        silent = sorted(here.loc[~here["beats"].astype(bool), "language"])
        if silent and way == DROPPED:
            lines.append(
                f"{system}, {decoding} decoding, does not beat its control in {', '.join(silent)}: nothing is "
                "concluded about the formats there."
            )
        pairs = pairs[~pairs["language"].isin(silent)]
        dropped = chosen(formats, system=system, decoding=decoding, ungrounded=DROPPED).set_index("language")
        same = (
            pairs.set_index("language")["difference"] == dropped["difference"].reindex(pairs["language"])
        ).all()
        if not len(pairs) or (way == COUNTED and same):  # where no mention was lost, both ways are one
            continue
        said = ", ".join(
            f"{row.language} {signed(row.difference)} ({signed(row.low)} to {signed(row.high)})"
            for row in pairs.itertuples()
        )
        lines.append(
            f"{system}, {decoding} decoding, JSON minus inline in points of F1, ungrounded mentions {way}: {said}; beyond "
            f"chance in {pairs['clear'].sum()} of {len(pairs)} (Holm-adjusted over all {len(formats)} rows, over "
            f"{' and '.join(sorted(set(pairs['over'])))})."
        )
    if len(formats) and set(formats["seeds"]) == {"1"}:
        lines.append("Each model was asked once: what another one, tuned alike, would do is not known.")
    return lines

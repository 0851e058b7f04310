"""Inline or JSON prompts, in sentences."""

from collections.abc import Iterator

from openner_utils.analysis.prompts import COUNTED, DROPPED, Account, Findings, Formats, Score, Scores
from openner_utils.pages.wording import choice, measurement, price
from openner_utils.pages.wording.common import TOLD_APART, clear_of, interval, signed_interval
from openner_utils.support.rounding import share, shown
from openner_utils.support.words import counted


def sentences(found: Findings) -> list[str]:
    """Return what was found, one sentence a line, the answer first."""
    if not found.scores:
        return ["No language model was asked."]
    lines = [_answer(found)]
    for each in found.formats:
        lines += _formats(each, found.family)
    if found.asked_once:
        lines.append("Each model was asked once: what another one, tuned alike, would do is not known.")
    return [
        *lines,
        *map(_scores, found.scores),
        *map(_account, found.accounts),
        *choice.sentences(found.best),
        *measurement.sentences(found.measured),
        *price.sentences(found.priced),
    ]


def _answer(found: Findings) -> str:
    told = [each for formats in found.formats for each in formats.dropped]
    if not found.formats:
        return "No model was asked in both formats."
    if not told:
        return "No model beats its control, so nothing is concluded about the formats."
    json, inline = sum(each.ahead for each in told), sum(each.behind for each in told)
    return (
        f"Inline is ahead of JSON {TOLD_APART} in {inline} of {counted(len(told), 'comparison')} and behind in {json}, ungrounded "
        f"mentions {DROPPED} (Holm-adjusted over all {found.family} rows)."
    )


def _formats(found: Formats, family: int) -> Iterator[str]:
    who = f"{found.system}, {found.decoding} decoding"
    if found.silent:
        silent = ", ".join(found.silent)
        yield f"{who}, does not beat its control in {silent}: nothing is concluded about the formats there."
    for way, told in ((DROPPED, found.dropped), (COUNTED, found.counted)):
        if told:
            said = ", ".join(f"{each.what} {signed_interval(each)}" for each in told)
            yield (
                f"{who}, JSON minus inline in points of F1, ungrounded mentions {way}: {said}; {clear_of(told)} "
                f"(Holm-adjusted over all {family} rows, over {' and '.join(found.over)})."
            )


def _scores(scores: Scores) -> str:
    said = "; ".join(map(_score, scores.languages))
    return f"{scores.system}, {scores.format}, {scores.decoding} decoding, F1: {said}."


def _score(score: Score) -> str:
    bounds = f"{interval(score.low, score.high)[:-1]}, n = {counted(score.sentences, 'sentence')})"
    lost = (
        f", {shown(score.f1_counted)} with its {counted(score.ungrounded, 'ungrounded mention')} counted"
        if score.ungrounded
        else ""
    )
    return f"{score.language} {shown(score.f1)} {bounds}{lost}"


def _account(account: Account) -> str:
    lost = f" ({share(account.lost / account.named)})." if account.named else "."
    return (
        f"{account.system}, {account.format}, {account.decoding} decoding: {counted(account.named, 'mention')} named in replies, "
        f"{account.grounded} grounded, {account.again} named again, {account.lost} lost{lost}"
    )

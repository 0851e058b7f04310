"""What other tools would make of the same replies: the scoring rule of each, written anew from its description.

Each rule begins where a reply's mentions are read, in our formats: how a tool words its prompts and parses its own form of
answer is not compared, but where its rule works on the written answer, the mentions are written out as it expects
them. All get the same replies, the same sentences and the same reference, and give counts for each sentence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from openner_utils.llm.harnesses import b2ner, euroeval, evalscope, langextract, lm_eval
from openner_utils.llm.harnesses.answer import Answer
from openner_utils.scoring.mentions import Score


@dataclass(frozen=True, slots=True)
class Harness:
    """A rule: what it does, in a few words, whose it is, and its counts of one answer."""

    does: str
    source: str
    score: Callable[[Answer], Score]


HARNESSES: Mapping[str, Harness] = {
    "EuroEval": Harness(
        "tags every token that contains a word of a mention",
        "EuroEval/EuroEval, task group token classification; EuroEval#409",
        euroeval.score,
    ),
    "lm-eval before #3887": Harness(
        "compares lists of texts; label words inside a text are rewritten",
        "EleutherAI/lm-evaluation-harness, AfroBench's MasakhaNER; pull request 3887",
        lm_eval.before,
    ),
    "lm-eval": Harness(
        "compares lists of texts without signs and articles; a comma parts a text",
        "EleutherAI/lm-evaluation-harness, AfroBench's MasakhaNER; pull request 3887",
        lm_eval.after,
    ),
    "EvalScope": Harness(
        "finds a tag's text by 20 characters around it, and takes every token that it touches",
        "modelscope/evalscope, named entity recognition",
        evalscope.score,
    ),
    "langextract": Harness(
        "aligns lower-cased words in order, then parts of them, then three quarters of them",
        "google/langextract, resolver; it does not score, so its intervals are scored as ours",
        langextract.score,
    ),
    "B2NER": Harness(
        "compares sets of normalized label: text pairs, wherever they stand",
        "UmeanNever/B2NER, evaluator",
        b2ner.score,
    ),
}
"""The rules by name."""

LONGEST = 20_000
"""Characters of the longest answer that the rules look at: their time grows with its square."""


def scores(answer: Answer) -> dict[str, Score]:
    """Return the counts of one answer under each rule; to all of them, one that is too long says nothing."""
    if len(answer.tagged) + sum(len(each.text) for each in answer.mentions) > LONGEST:
        answer = replace(answer, mentions=(), tagged="")
    return {name: harness.score(answer) for name, harness in HARNESSES.items()}

"""Run the pipeline for web text on documents whose labels are hidden from it, and say what each of its steps costs."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openner_utils.catalog import load_cards
from openner_utils.catalog.taxonomy import universal
from openner_utils.config.params import Data, Llm, Name, Web
from openner_utils.core.artifacts import (
    CORE_RELEASE,
    MODEL,
    SEED_MODEL,
    WEB_ACCOUNT,
    WEB_AGREEMENT,
    WEB_ENDS,
    WEB_MERGED,
    WEB_PLANTED,
    WEB_PRICES,
    WEB_PROMISES,
    WEB_RATINGS,
    WEB_REGRESSION,
    WEB_STAGES,
    WEB_SUMMARY,
)
from openner_utils.core.columns import concat
from openner_utils.core.releases import columns_of, limited, parts
from openner_utils.llm.prompts import CORE_TYPES
from openner_utils.llm.spending import Sum, total
from openner_utils.llm.ways import asked_by
from openner_utils.runs.executors import this_machine
from openner_utils.runs.machine import resolve
from openner_utils.stages import Work
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import atomic
from openner_utils.support.progress import bar
from openner_utils.support.records import Record
from openner_utils.unify.corpora import Corpus
from openner_utils.unify.vectors import of_checkpoint
from openner_utils.web import labelled, mentions, points, rating, taggers, troubles
from openner_utils.web.agreement import Agreement, agreement
from openner_utils.web.annotating import Annotator, Asked, by_llm, known
from openner_utils.web.collecting import Cut, collect
from openner_utils.web.filtering import OUTCOMES, PASSAGES, Choice, filter_passages
from openner_utils.web.gold import passages_of
from openner_utils.web.looking import Rules
from openner_utils.web.mentions import Annotated
from openner_utils.web.models import backend_of, budget_of
from openner_utils.web.objects import Model
from openner_utils.web.passages import Passage
from openner_utils.web.passages import read as read_passages
from openner_utils.web.passages import write as write_passages
from openner_utils.web.pricing import prices, together
from openner_utils.web.rating import Rating, disagreement, distribution
from openner_utils.web.regression import TARGETS, Fitted, TooFewError, fit
from openner_utils.web.shards import shards
from openner_utils.web.truth import Box, Truth, labels_of, merged, truth
from openner_utils.web.truth_tables import account, findings, sentences
from openner_utils.web.types import by_types
from openner_utils.web.working import Here

READS = (CORE_RELEASE, MODEL, SEED_MODEL)
WRITES = (
    WEB_ACCOUNT, WEB_ENDS, WEB_PLANTED, WEB_RATINGS, WEB_REGRESSION, WEB_AGREEMENT, WEB_STAGES, WEB_PROMISES, WEB_PRICES,
    WEB_SUMMARY, WEB_MERGED,
)  # fmt: skip
SEEDS = (1, 2, 3)
"""How ratings are parted, each time anew, to learn from, to choose on and to test."""
RATED_BY_LLM = 12
"""Passages that the language model is asked to rate: it was not made for that, and its replies are read like any other's."""
FIRST, JUDGE, OTHER = "tagger", "judge", "other tagger"
"""What the taggers are called. The judge rates, too; the other one annotates where there is no language model."""


class Params(Record):
    """The blocks of params.yaml that the stage uses."""

    data: Data
    llms: dict[Name, Llm]
    web: Web


@dataclass(frozen=True, slots=True)
class Result:
    """What came out: tables as the artifacts have them, and what was found, one sentence a line.

    ``calibration``: of the first regressor of whether a passage is useful: passages, mean score, mean of what was to be predicted;
    ``unfit``: why there is none; ``spent``: tokens of the language model, those for ratings included.
    """

    account: pd.DataFrame
    ends: pd.DataFrame
    planted: pd.DataFrame
    ratings: pd.DataFrame
    regression: pd.DataFrame
    calibration: pd.DataFrame
    unfit: str
    agreement: pd.DataFrame
    stages: pd.DataFrame
    promises: pd.DataFrame
    prices: pd.DataFrame
    spent: Sum
    summary: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """What was read and kept before anything was rated: documents by id, the passages of the languages that are annotated (and
    their file), what became of records and passages by step and outcome, and of what was planted.
    """

    made: Mapping[str, labelled.Made]
    passages: tuple[Passage, ...]
    file: Path
    account: Counter[tuple[str, str]]
    planted: pd.DataFrame


def run(work: Work, params: Params) -> Result:
    """Read, filter, rate, annotate, merge and judge; measure it, hand everything over and return it."""
    web, home = params.web, work.resume
    read = _read(work, params)
    language_model = _by_llm(work, params)
    first, judge, *others = _taggers(work, params, read.passages, 2 if language_model else 3)
    raters = {each.name: points.rated(each.annotate(read.passages).passages) for each in (first, judge)}
    replied, asked = _rated_by_llm(work, params, read.passages)
    fitted, unfit, scores = _learnt(work, web, read.passages, raters[first.name])
    choice = Choice(web.per_language, scores=scores, least=web.least)
    filtered = filter_passages([read.file], Rules(words=0), choice, home / "kept", Here())
    gold = labelled.gold(read_passages(home / "kept" / PASSAGES), read.made)
    if not gold:
        raise OpenNERError(
            f"web.least: no passage has a score of {web.least} or more. Lower it in params.yaml."
        )
    second = language_model or others[0]
    found = truth(
        gold, Box(first, second, judge, by_types, universal(), target=web.target, confidence=web.confidence)
    )
    one, other = (found.annotations[each.name].passages for each in (first, second))
    mentions.write(
        merged(one, other, by_types(labels_of(one, other)), "drop")[0], work.outputs.path(WEB_MERGED)
    )
    steps = read.account + _by_outcome("by score and quota", filtered.counts)
    apart = disagreement(raters[first.name], raters[judge.name])
    result = Result(
        account=_account(read.account),
        ends=_ends(_by_outcome("by score and quota", filtered.counts), found),
        planted=read.planted,
        ratings=_ratings(raters | replied),
        regression=pd.DataFrame(map(_of_fit, fitted), columns=WEB_REGRESSION.empty().columns),
        calibration=_calibration(fitted),
        unfit=unfit,
        agreement=pd.DataFrame(
            map(_of_agreement, agreement(one, other)), columns=WEB_AGREEMENT.empty().columns
        ),
        stages=_percent(found.stages),
        promises=found.thresholds.astype(_FLOATS),
        prices=prices(found, timed=False)[list(WEB_PRICES.empty().columns)].assign(
            mean_over_documents=lambda table: 100 * table["mean_over_documents"]
        ),
        spent=together(asked, total(found.annotations[second.name].usages)),
        summary=[*sentences(steps, read.planted, apart), *findings(found)],
    )
    for artifact, value in (
        (WEB_ACCOUNT, result.account), (WEB_ENDS, result.ends), (WEB_PLANTED, result.planted), (WEB_RATINGS, result.ratings),
        (WEB_REGRESSION, result.regression), (WEB_AGREEMENT, result.agreement), (WEB_STAGES, result.stages),
        (WEB_PROMISES, result.promises), (WEB_PRICES, result.prices), (WEB_SUMMARY, result.summary),
    ):  # fmt: skip
        work.outputs.put(artifact, value)
    return result


_FLOATS = dict.fromkeys(
    ("judged_precision", "true_precision", "judged_recall", "true_recall", "kappa", "threshold", "p", "mean_over_documents"),
    "float64",
)  # fmt: skip
"""Columns of promises that may be empty throughout."""


def _read(work: Work, params: Params) -> _Read:
    """Write the documents as shards, with trouble among them, read them back as passages, and filter these."""
    web, home = params.web, work.resume
    made = labelled.documents(_sentences(work, params), web.sentences, web.documents)
    latin = [each for each in made if each.language in web.languages]
    others = [each for each in made if each.language not in web.languages]
    documents, lines, planted = troubles.plant(latin)
    folder = home / "shards"
    shutil.rmtree(folder, ignore_errors=True)
    labelled.write_shard(lines, folder / "annotated.jsonl")
    labelled.write_shard(map(labelled.record, others), folder / "others.jsonl")
    records = collect(shards([folder]), Cut(), home / "passages.parquet", Here())
    filtered = filter_passages(
        [home / "passages.parquet"], Rules(web.words), Choice(), home / "filtered", Here()
    )
    kept = [each for each in read_passages(home / "filtered" / PASSAGES) if each.language in web.languages]
    write_passages(kept, file := home / "rated.parquet")
    steps = _by_outcome("records", records.records) + _by_outcome("passages", filtered.counts)
    faults = Counter({outcome: number for (step, outcome), number in steps.items() if step == "records"})
    ends = troubles.ends(planted, _outcomes(home), faults)
    return _Read(
        {each.id: each for each in documents}, tuple(kept), file, steps,
        pd.DataFrame(ends, columns=WEB_PLANTED.empty().columns),
    )  # fmt: skip


def _by_outcome(step: str, counts: Mapping[Any, int]) -> Counter[tuple[str, str]]:
    """Return counts of a step by outcome, which stands last in their keys."""
    found: Counter[tuple[str, str]] = Counter()
    for key, number in sorted(counts.items()):
        found[step, key[-1]] += number
    return found


def _outcomes(home: Path) -> dict[str, str]:
    """Return what became of each document's passage."""
    table = pq.read_table(home / "filtered" / OUTCOMES)
    ends = dict(zip(table["id"].to_pylist(), table["outcome"].to_pylist(), strict=True))
    return {each.document: ends[each.id] for each in read_passages(home / "passages.parquet")}


def _sentences(work: Work, params: Params) -> Iterator[Annotated]:
    """Yield the sentences of dev and test of every corpus."""
    cards = load_cards(params.data.corpora, work.place.cards)
    for name in params.data.corpora:
        table = work.inputs.table(CORE_RELEASE, corpus=name)
        licence = cards[name].licence.spdx
        for split in ("dev", "test"):
            if split in pc.unique(table["split"]).to_pylist():
                yield from passages_of(Corpus.of_release(name, table, split), _no_core, licence)


def _no_core(_: str) -> None:
    """Types of the core release are core types, which need no mapping."""


def _taggers(work: Work, params: Params, passages: Sequence[Passage], count: int) -> list[Annotator]:
    """Return the first ``count`` taggers, each trained on its own part of the sentences, as annotators of passages that they have read."""
    release = limited(
        work.inputs.of_corpora(CORE_RELEASE, params.data.corpora), params.web.train_sentences, 0, 0
    )
    learnt = [
        columns_of(part.table)
        for part in parts(release)
        if part.split == "train" and part.language in params.web.languages
    ]
    if not learnt or not passages:
        raise OpenNERError(
            f"web.languages: {', '.join(params.web.languages)} have no training sentence, or none of their passages passed the filter. "
            "Choose other languages in params.yaml."
        )
    names = (FIRST, JUDGE, OTHER)[:count]
    jobs = [
        taggers.Job(name, params.web.tagger, seed, sentences, tuple(passages))
        for seed, (name, sentences) in enumerate(
            zip(names, taggers.parts(concat(learnt), len(names)), strict=True), 1
        )
    ]
    with bar("web: taggers", sum(len(job.sentences) * job.recipe.epochs for job in jobs)) as shown:
        executor = this_machine(work.workers, resolve(params.web.tagger.precision))
        found = taggers.annotated(jobs, work.resume / "taggers", executor, shown.advance)
    return [known(job.name, each) for job, each in zip(jobs, found, strict=True)]


def _llm(work: Work, params: Params) -> tuple[Llm, Path | None] | None:
    """Return the language model, and where the stage tune has left it; None where there is none."""
    model = params.llms.get(params.web.llm or "")
    if model is None:
        return None
    if model.tuned is None:
        return model, None
    name, seed = model.tuned
    further = {} if seed is None else {"seed": str(seed)}
    return model, work.inputs.path(MODEL if seed is None else SEED_MODEL, model=name, **further)


def _by_llm(work: Work, params: Params) -> Annotator | None:
    """Return the language model as an annotator, asked for marks in the text, in which it does best of the formats that it is trained on."""
    if (found := _llm(work, params)) is None:
        return None
    model, folder = found
    prompt = asked_by(model, "inline", folder).get(False)
    if prompt is None:
        raise OpenNERError(
            f"web.llm: {params.web.llm} is asked in described prompts alone. Add `free` to its `decoding`."
        )
    replies = work.resume / "annotated.jsonl"
    asked = Asked(
        backend_of(model, folder),
        prompt,
        CORE_TYPES,
        replies,
        model.max_new_tokens,
        budget=budget_of(model, replies),
    )
    return by_llm(str(params.web.llm), asked)


def _rated_by_llm(
    work: Work, params: Params, passages: Sequence[Passage]
) -> tuple[dict[str, list[Rating]], Sum]:
    """Return what the language model says of the usefulness of some passages, those with the least ids, and what it took."""
    if (found := _llm(work, params)) is None:
        return {}, Sum()
    model, folder = found
    replies = work.resume / "rated.jsonl"
    some = sorted(passages, key=lambda each: each.id)[:RATED_BY_LLM]
    asked = Model(backend_of(model, folder), replies, model.max_new_tokens, budget_of(model, replies))
    ratings, spent = rating.rate(some, asked)
    return {str(params.web.llm): ratings}, spent


def _learnt(
    work: Work, web: Web, passages: Sequence[Passage], ratings: Sequence[Rating]
) -> tuple[list[Fitted], str, Path | None]:
    """Return what was learnt from ratings, why nothing was, and the file of scores."""
    vectors = of_checkpoint(web.encoder, work.place.own / "embeddings")([each.text for each in passages])
    given = [each.score or 0 for each in ratings]
    ids = [each.id for each in passages]
    try:
        fitted = [fit(vectors, given, ids, target, seed) for target in TARGETS for seed in SEEDS]
    except TooFewError as error:
        return [], str(error), None
    table = pa.table({"id": ids, "score": fitted[0].regressor.scores(vectors)})
    with atomic(path := work.resume / "scores.parquet") as beside:
        pq.write_table(table, beside)
    return fitted, "", path


def _account(steps: Mapping[tuple[str, str], int]) -> pd.DataFrame:
    """Return the numbers of steps, the largest of each first."""
    order = list(dict.fromkeys(step for step, _ in steps))
    ordered = sorted(steps.items(), key=lambda each: (order.index(each[0][0]), -each[1], each[0][1]))
    rows = [(*step, number) for step, number in ordered]
    return pd.DataFrame(rows, columns=WEB_ACCOUNT.empty().columns)


def _ends(steps: Mapping[tuple[str, str], int], found: Truth) -> pd.DataFrame:
    """Return what became of passages that were scored, and of mentions."""
    rows = [
        (f"mentions: {step}", what, n) for step, what, n in account(found).itertuples(index=False, name=None)
    ]
    return pd.concat(
        [_account(steps), pd.DataFrame(rows, columns=WEB_ENDS.empty().columns)], ignore_index=True
    )


def _percent(stages: pd.DataFrame) -> pd.DataFrame:
    """Return what steps cost as `WEB_STAGES` has it."""
    names = WEB_STAGES.empty().columns
    shares = [name for name in names if name.startswith(("precision", "recall", "f1"))]
    return stages[names].assign(**{name: 100 * stages[name] for name in shares})


def _ratings(raters: Mapping[str, Sequence[Rating]]) -> pd.DataFrame:
    rows = []
    for rater, given in raters.items():
        scores, faults = distribution(given)
        rows += [(rater, str(score), scores[score]) for score in sorted(scores)]
        rows += [(rater, fault, number) for fault, number in sorted(faults.items())]
    return pd.DataFrame(rows, columns=WEB_RATINGS.empty().columns)


def _of_fit(each: Fitted) -> tuple[object, ...]:
    made = each.regressor
    return (
        made.target, each.seed, made.penalty, each.train, each.dev, each.test, each.dev_f1, each.test_f1,
    )  # fmt: skip


def _calibration(fitted: Sequence[Fitted]) -> pd.DataFrame:
    rows = fitted[0].calibration if fitted else ()
    return pd.DataFrame(rows, columns=["passages", "mean score", "useful"])


def _of_agreement(each: Agreement) -> tuple[object, ...]:
    f1 = each.mentions.f1
    return each.language, each.type, each.passages, each.both, f1.value, f1.low, f1.high, each.kappa

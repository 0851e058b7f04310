"""What a corpus writes is text to a model, whatever a tokenizer calls it."""

import pytest
from tokenizers import processors

from openner_utils.llm import chat, prompts
from openner_utils.llm.automata import automaton
from openner_utils.llm.grounding import read
from openner_utils.llm.local import LocalBackend
from openner_utils.llm.tuning.causal import CausalLearner, Recipe
from openner_utils.llm.tuning.lessons import Lesson
from tests.llm.micro import micro

END = 0  # the id of </s>
TYPES = tuple(prompts.CORE_TYPES)
PLAIN, TEMPLATE = None, "</s>u:{{ messages[0]['content'] }}</s>{% if add_generation_prompt %}a:{% endif %}"
SENTENCES = [("Ann", "</s>", "Paris"), ("</s>",), ("a</s>b", "</s>"), ("</", "s>"), ("Ann", "</s", ">")]


@pytest.mark.parametrize("tokens", SENTENCES)
@pytest.mark.parametrize(("template", "ends"), [(PLAIN, 0), (TEMPLATE, 2)])
@pytest.mark.parametrize("format", prompts.FORMATS)
def test_control_tokens_are_those_of_the_template_alone(tmp_path, tokens, template, ends, format):
    _, tokenizer = micro(tmp_path, chat=template)
    asked = prompts.load(f"{format}_short").render(tokens, prompts.CORE_TYPES, sep="")
    ids = chat.prompt_ids(tokenizer, asked)
    assert ids.count(END) == ends
    assert tokenizer.decode(ids) == (chat.rendered(tokenizer, asked) or asked)


def test_a_prompt_without_such_text_is_cut_as_a_whole(tmp_path):
    _, tokenizer = micro(tmp_path, chat="An{{ messages[0]['content'] }}")
    assert chat.prompt_ids(tokenizer, "n") == tokenizer("Ann", add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize(
    "template",
    [
        "Today is {{ strftime_now('%d %b %Y') }}. {{ messages[0]['content'] }}",
        "{% set today = strftime_now('%d %b %Y') %}Today is {{ today }}. {{ messages[0]['content'] }}",
    ],
)
def test_a_template_that_tells_the_date_tells_the_same_one_every_day(tmp_path, template):
    _, tokenizer = micro(tmp_path, chat=template)
    assert chat.rendered(tokenizer, "Ann") == f"Today is {chat.DAY:%d %b %Y}. Ann"
    assert (
        tokenizer.decode(chat.prompt_ids(tokenizer, "Ann </s>")) == f"Today is {chat.DAY:%d %b %Y}. Ann </s>"
    )


def test_an_end_that_a_tokenizer_puts_behind_every_text_ends_no_prompt(tmp_path):
    _, tokenizer = micro(tmp_path)
    around = processors.TemplateProcessing(single="</s> $A </s>", special_tokens=[("</s>", END)])
    tokenizer.backend_tokenizer.post_processor = around
    assert tokenizer("Ann")["input_ids"][-1] == END
    ids = chat.prompt_ids(tokenizer, "Ann </s>")
    assert ids[0] == END and ids.count(END) == 1 and tokenizer.decode(ids[1:]) == "Ann </s>"


def test_a_template_that_repeats_its_message_is_filled_as_it_is(tmp_path):
    _, tokenizer = micro(tmp_path, chat="{{ messages[0]['content'] }} {{ messages[0]['content'] }}")
    ids = chat.prompt_ids(tokenizer, "a </s>")
    assert tokenizer.decode(ids) == "a </s> a </s>"


@pytest.mark.parametrize("tokens", SENTENCES)
@pytest.mark.parametrize("format", prompts.FORMATS)
def test_text_that_looks_like_the_end_ends_no_constrained_reply(tmp_path, tokens, format):
    micro(tmp_path)
    backend = LocalBackend(tmp_path)
    ((_, reply),) = next(iter(backend.generate(["x"], 300, [automaton(tokens, TYPES, format, "")])))
    outcome = read(reply.text, tokens, TYPES, format)
    assert reply.finish_reason == "stop" and outcome.losses == () and outcome.faults == ()


def test_an_answer_is_learned_to_its_end_and_ends_once(tmp_path):
    micro(tmp_path)
    sentence = prompts.Example(("Ann", "</s>", "Paris"), ("B-PER", "I-PER", "O"), " ")
    lesson = Lesson(tuple(prompts.CORE_TYPES.items()), (sentence,))
    recipe = Recipe(
        str(tmp_path), ("json_short",), batch_size=1, learning_rate=1e-3, seed=1, steps=1, lora=None
    )
    ((question, reply),) = CausalLearner(recipe, [lesson]).epoch(0)
    assert END not in question and reply.count(END) == 1 and reply[-1] == END

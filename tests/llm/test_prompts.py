import pytest

from openner_utils.llm import prompts
from openner_utils.llm.prompts import CORE_TYPES, Example, answer
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError

TOKENS = ("Ada", "Lovelace", "saw", "<b>", "London")
LABELS = ("B-PER", "I-PER", "O", "O", "B-LOC")


@pytest.mark.parametrize(
    ("tokens", "labels", "format", "sep", "expected"),
    [
        (TOKENS, LABELS, "inline", " ", "<PER>Ada Lovelace</PER> saw ‹b› <LOC>London</LOC>"),
        (
            TOKENS, LABELS, "json", " ",
            '[{"text": "Ada Lovelace", "type": "PER"}, {"text": "London", "type": "LOC"}]',
        ),
        (("a", "b"), ("O", "O"), "inline", " ", "a b"),
        (("a", "b"), ("O", "O"), "json", " ", "[]"),
        (("北", "京", "好"), ("B-LOC", "I-LOC", "O"), "inline", "", "<LOC>北京</LOC>好"),
        (("北", "京", "好"), ("B-LOC", "I-LOC", "O"), "json", "", '[{"text": "北京", "type": "LOC"}]'),
        (('"', "X"), ("B-ORG", "I-ORG"), "json", " ", '[{"text": "\\" X", "type": "ORG"}]'),
        (("A", "B"), ("B-PER", "B-PER"), "inline", " ", "<PER>A</PER> <PER>B</PER>"),
        (
            ("A", "a", "A"), ("O", "O", "B-PER"), "json", " ",
            '[{"text": "A", "type": "PER", "occurrence": 2}]',
        ),
        (
            ("A", "B", "AB", "B"), ("O", "O", "B-PER", "B-LOC"), "json", " ",
            '[{"text": "AB", "type": "PER", "occurrence": 2}, {"text": "B", "type": "LOC", "occurrence": 2}]',
        ),
        (("A", "Ab"), ("B-PER", "O"), "json", " ", '[{"text": "A", "type": "PER"}]'),
        (("北", "\u3000"), ("B-LOC", "I-LOC"), "json", "", '[{"text": "北␣", "type": "LOC"}]'),
        (("北", "\u3000"), ("B-LOC", "I-LOC"), "inline", "", "<LOC>北␣</LOC>"),
        (("␣", "\u00a0"), ("O", "B-LOC"), "json", " ", '[{"text": "␣", "type": "LOC", "occurrence": 2}]'),
        (TOKENS, LABELS, "lists", " ", "PER: Ada Lovelace\nLOC: London"),
        (("Bo", ",", "Oslo", ",", "Bo"), ("B-PER", "O", "B-LOC", "O", "B-PER"), "lists", " ", "PER: Bo #1 | Bo #2\nLOC: Oslo"),
        (("a|b", "None"), ("B-PER", "B-LOC"), "lists", " ", 'PER: "a|b"\nLOC: "None"'),
        (("a", "b"), ("O", "O"), "lists", " ", "None"),
        (TOKENS, LABELS, "tokens", " ", "Ada B-PER\nLovelace I-PER\nsaw O\n<b> O\nLondon B-LOC"),
        (("北", "\u3000"), ("B-LOC", "B-LOC"), "tokens", "", "北 B-LOC\n␣ B-LOC"),
    ],
)  # fmt: skip
def test_answers_are_written_in_every_format(tokens, labels, format, sep, expected):
    assert answer(tokens, labels, format, sep) == expected


NAMES = [f"{format}{form}" for format in prompts.FORMATS for form in ("", "_short")]


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_shows_sentence_and_examples_and_ends_where_the_answer_begins(name):
    prompt = prompts.load(name)
    text = prompt.render(("What", "{a}", "{sentence}", "day"), CORE_TYPES, [Example(TOKENS, LABELS, " ")])
    assert text.endswith(prompt.markers[1])
    assert "What {a} {sentence} day" in text
    assert answer(TOKENS, LABELS, prompt.format) in text
    assert "\n#" not in text
    assert ("PER: names of people" in text) == ("short" not in name)


@pytest.mark.parametrize(
    ("token", "inline", "json"),
    [
        ("Ada", "Ada", "Ada"), ("<b>", "‹b›", "<b>"), ("‹b›", "‹b›", "‹b›"), ("\u00a0", "␣", "␣"), ("\u200b", "␣", "␣"),
        ("\n \n", "␣", "␣"), ("␣", "␣", "␣"), ("New\n\u3000York", "New York", "New York"), (" a", "a", "a"),
        ("می\u200cرود", "می\u200cرود", "می\u200cرود"),
    ],
)  # fmt: skip
def test_every_token_is_shown_with_something_to_see_and_on_one_line(token, inline, json):
    assert prompts.shown([token], "inline") == (inline,)
    assert prompts.shown([token], "json") == (json,)


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_written_as_its_language_writes(name):
    prompt = prompts.load(name)
    text = prompt.render(
        TOKENS, CORE_TYPES, [Example(("北京", "好"), ("B-LOC", "O"), ""), Example(TOKENS, LABELS, " ")]
    )
    assert ("北京 好" if prompt.format == "tokens" else "北京好") in text and "Ada Lovelace saw" in text
    assert answer(("北京", "好"), ("B-LOC", "O"), prompt.format, "") in text


def test_the_prompt_for_lists_names_the_occurrence_and_gives_it_as_answers_do():
    assert '"occurrence": 2' in prompts.load("json").render(TOKENS, CORE_TYPES)
    assert '"occurrence": 2' in answer(("A", "A"), ("O", "B-PER"), "json")


def test_every_prompt_file_is_loaded_by_some_name():
    for path in paths.PROMPTS.glob("*.txt"):
        assert prompts.load(path.stem).name == path.stem


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("xml", "---\n{sentence} {answer}", "inline, json, pairs, lists, tokens"),
        ("inline_a", "{sentence} {answer}", "one line ---"),
        ("inline_b", "---\n{sentence} is all", "end with {answer}"),
        ("json_c", "{kinds}\n---\n{sentence}{answer}", "{kinds}"),
    ],
)
def test_a_broken_prompt_file_is_refused(tmp_path, name, content, message):
    (tmp_path / f"{name}.txt").write_text(content, encoding="utf-8")
    with pytest.raises(OpenNERError) as error:
        prompts.load(name, tmp_path)
    assert message in str(error.value) and f"{name}.txt" in str(error.value)


def test_an_unknown_prompt_is_answered_with_the_nearest():
    with pytest.raises(OpenNERError, match="Did you mean 'inline'"):
        prompts.load("inlin")


def test_types_without_definition_are_listed_by_name():
    text = prompts.load("json").render(TOKENS, {"person": "", "place": "where things are"})
    assert "\n- person\n- place: where things are\n" in text


@pytest.mark.parametrize(("script", "expected"), [("Latn", " "), ("Thai", ""), ("Jpan", ""), ("Kore", " ")])
def test_scripts_without_blanks(script, expected):
    assert prompts.separator(script) == expected


@pytest.mark.parametrize(
    "head",
    ["{types.__class__}", "{types!r}", "{types:>999999999}", "{0}", "{}", "{other}", "{types[0]}", "{"],
)
def test_a_prompt_file_reaches_for_nothing_but_its_placeholders(tmp_path, head):
    (tmp_path / "json_own.txt").write_text(f"{head}\n---\n{{sentence}} {{answer}}\n", encoding="utf-8")
    with pytest.raises(OpenNERError, match="the head may use"):
        prompts.load("json_own", tmp_path)


def test_a_prompt_file_that_is_no_utf8_is_named(tmp_path):
    (tmp_path / "json_own.txt").write_bytes(b"\xff\n---\n{sentence} {answer}\n")
    with pytest.raises(OpenNERError, match=r"json_own\.txt: not valid UTF-8"):
        prompts.load("json_own", tmp_path)


@pytest.mark.parametrize(("name", "lead"), [("json", " "), ("lists", "\n"), ("inline_short", " ")])
def test_the_lead_is_what_stands_before_an_answer_and_not_at_the_prompts_end(name, lead):
    prompt = prompts.load(name)
    example = prompts.Example(("Ann",), ("B-PER",), " ")
    asked = prompt.render(("Bo",), prompts.CORE_TYPES, [example])
    said = prompts.answer(example.tokens, example.labels, prompt.format)
    after = prompt.markers[1]
    assert prompt.lead == lead
    assert f"{after}{lead}{said}" in asked and asked.endswith(f"Bo\n{after}")

"""Ways of asking that a model, or a format, does not know are refused before anything is asked."""

import pytest

from openner_utils.config.params import Llm
from openner_utils.llm.tuning.asked import Asked
from openner_utils.llm.ways import asked_by, check
from openner_utils.support.errors import OpenNERError

SERVER = {"backend": "server", "checkpoint": "big-model", "server": "http://localhost:1"}
LOCAL = {"backend": "local", "checkpoint": "some/folder"}
TUNED = {"backend": "local", "checkpoint": "pipeline:tiny"}


def model(values, *decoding, **more):
    return Llm.model_validate(values | {"shots": 0, "max_new_tokens": 9, "decoding": decoding} | more)


@pytest.mark.parametrize(
    ("asked", "format"),
    [
        (model(SERVER, "free", "described", "guided"), "json"),
        (model(SERVER, "constrained", grammar="ebnf"), "pairs"),
        (model(LOCAL, "free", "constrained"), "tokens"),
        (model(LOCAL, "free", "constrained"), "lists"),
        (model(TUNED, "free", "constrained"), "inline"),
    ],
)
def test_what_is_known_may_be_asked(asked, format):
    check(asked, format)


@pytest.mark.parametrize(
    ("asked", "format", "said"),
    [
        (model(SERVER, "constrained"), "inline", "takes no grammar"),
        (model(SERVER, "constrained", grammar="ebnf"), "lists", "format lists is no grammar"),
        (model(SERVER, "guided"), "inline", "the format inline is no JSON"),
    ],
)
def test_what_is_not_known_is_refused(asked, format, said):
    with pytest.raises(OpenNERError, match=said):
        check(asked, format)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (model(LOCAL, "free", "constrained"), {False: "json"}),
        (model(LOCAL, "described", "free"), {False: "json", True: "json_described"}),
        (model(LOCAL, "described"), {True: "json_described"}),
        (model(LOCAL, "free", wording="short"), {False: "json_short"}),
    ],
)
def test_each_way_has_its_prompt_file(asked, names):
    assert {described: prompt.name for described, prompt in asked_by(asked, "json").items()} == names


@pytest.mark.parametrize(
    ("trained_on", "format", "name"),
    [
        (None, "json", "json_short"),
        (("inline", "tokens"), "tokens", "tokens"),
        (("json_short", "inline"), "json", "json_short"),
    ],
)
def test_a_model_that_was_tuned_here_is_asked_by_what_it_was_trained_on(trained_on, format, name, tmp_path):
    if trained_on:
        Asked(trained_on, "some/model", 9, "full").write(tmp_path)
    asked = asked_by(model(TUNED, "free"), format, tmp_path)
    assert {described: prompt.name for described, prompt in asked.items()} == {False: name}


@pytest.mark.parametrize(("trained_on", "said"), [(None, "inline, json"), (("inline",), "inline")])
def test_another_format_is_refused(trained_on, said, tmp_path):
    if trained_on:
        Asked(trained_on, "some/model", 9, "full").write(tmp_path)
    with pytest.raises(OpenNERError, match=f"pipeline:tiny is trained on {said}, and asked in no other"):
        asked_by(model(TUNED, "free"), "tokens", tmp_path)

"""Typed records from YAML."""

from typing import Self

import pytest
from pydantic import model_validator

from openner_utils.support.documents import read_yaml
from openner_utils.support.errors import FormatError, OpenNERError, unknown
from openner_utils.support.records import Record, parse


class Inner(Record):
    size: int


class Outer(Record):
    name: str
    one: Inner | None = None
    many: tuple[Inner, ...] = ()
    named: dict[str, Inner] = {}


def test_values_are_typed_and_frozen() -> None:
    made = parse(Outer, {"name": "x", "many": [{"size": 1}], "named": {"a": {"size": 2}}}, "here")
    assert (made.many[0].size, made.named["a"].size, made.one) == (1, 2, None)
    with pytest.raises(ValueError, match="frozen"):
        made.name = "y"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"nmae": "x", "name": "x"}, r"here: nmae: Unknown key 'nmae'. Did you mean 'name'"),
        ({"name": "x", "one": {"size": 1, "siez": 2}}, r"one\.siez: .*Did you mean 'size'"),
        (
            {"name": "x", "many": [{"size": 1}, {"size": 1, "siez": 2}]},
            r"many\.1\.siez: .*Did you mean 'size'",
        ),
        ({"name": "x", "named": {"a": {"size": 1, "siez": 2}}}, r"named\.a\.siez: .*Did you mean 'size'"),
        ({"name": "x", "one": {}}, r"here: one\.size: Field required"),
        ({"name": 5}, "here: name: Input should be a valid string"),
        (None, "here: the whole entry: "),
        (["x"], "here: the whole entry: "),
    ],
)
def test_slips_are_named_with_their_place(value, message) -> None:
    with pytest.raises(OpenNERError, match=message):
        parse(Outer, value, "here")


class Pair(Record):
    one: Inner
    many: tuple[Inner, ...] = ()

    @model_validator(mode="after")
    def _sizes_differ(self) -> Self:
        for place, each in enumerate(self.many):
            if each == self.one:
                raise ValueError(f"many.{place}.size: that of one. Choose another.")
        if not self.many:
            raise ValueError("Two of them are needed")
        return self


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "one:\n  size: 1\nmany:\n  - size: 2\n  - size: 1\n",
            "x:5: many.1.size: that of one. Choose another.",
        ),
        ("# a comment\none:\n  size: 1\n", "x:2: the whole entry: Two of them are needed."),
    ],
)
def test_values_that_do_not_fit_each_other_are_named_where_they_stand(content, message, tmp_path) -> None:
    source = tmp_path / "x.yaml"
    source.write_text(content, encoding="utf-8")
    with pytest.raises(OpenNERError) as raised:
        parse(Pair, read_yaml(source), "x", source)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: [1\nb: 2\n", r"x\.yaml:2: "),
        (b"a: 1\n\tb: 2\n", r"x\.yaml:2: "),
        (b"a: 1\na: 2\n", r"x\.yaml:2: the key 'a' stands there twice"),
        (b"a: {b: 1, b: 2}\n", r"x\.yaml:1: the key 'b' stands there twice"),
        (b"a: C\xe1diz\n", r"x\.yaml: .*not valid UTF-8"),
        (b"a: \x00\n", r"x\.yaml:"),
    ],
)
def test_a_file_that_is_no_yaml_names_the_line(content, message, tmp_path) -> None:
    (tmp_path / "x.yaml").write_bytes(content)
    with pytest.raises(OpenNERError, match=message):
        read_yaml(tmp_path / "x.yaml")


def test_yaml_cannot_make_objects(tmp_path) -> None:
    (tmp_path / "x.yaml").write_text("!!python/object/apply:os.getcwd []\n")
    with pytest.raises(OpenNERError, match=r"x\.yaml:1: "):
        read_yaml(tmp_path / "x.yaml")


def test_no_near_name_no_hint() -> None:
    assert str(unknown("colour", "xyz", ["red", "blue"])) == "Unknown colour 'xyz'. Known: blue, red."
    assert str(unknown("colour", "xyz", [])) == "Unknown colour 'xyz'. Known: none."


def test_a_format_error_survives_the_way_from_another_process() -> None:
    import pickle

    made = FormatError("a.txt", 3, "bad", "Correct it.", "bad-json")
    back = pickle.loads(pickle.dumps(made))
    assert (str(back), back.line, back.flaw) == ("a.txt:3: bad. Correct it.", 3, "bad-json")

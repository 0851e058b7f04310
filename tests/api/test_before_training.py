"""What is said before a training begins: what nobody knows of its files, and types that do not fit together."""

from dataclasses import replace

import pytest

from openner_utils.api.before_training import NAMED, remarks
from openner_utils.core.columns import from_rows
from openner_utils.encoders.about import Known

TOLD = Known(language="fin", licence="CC0-1.0")


def file(name, *types):
    """Return a file with a mention of each type."""
    return replace(from_rows([(["Ada"], [f"B-{type}"]) for type in types]), file=name)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (Known(), "language and licence will be unknown in the model's card. Say what you know with --language and --licence."),
        (Known(language="fin"), " licence will be unknown in the model's card. Say what you know with --licence."),
        (Known(licence="mine"), " language will be unknown in the model's card. Say what you know with --language."),
    ],
)  # fmt: skip
def test_files_of_which_something_is_unknown_are_named_once(known, said):
    of_catalog = Known(corpus="Habari", language="swa", licence="CC-BY-4.0")
    found = list(remarks([file("a", "PER")], [], {"a": known, "b": TOLD, "c": of_catalog, "d": known}))
    assert len(found) == 1
    assert found[0].startswith("No card of the catalog knows a, d (") and found[0].endswith(said)


def test_of_many_files_some_are_named():
    known = {f"file{number}": Known() for number in range(NAMED + 2)}
    (found,) = remarks([file("a", "PER")], [], known)
    assert f"file{NAMED - 1} and 2 more" in found and f"file{NAMED}," not in found


def test_types_that_one_file_alone_has_are_named():
    files = [file("a", "PER", "LOC", "LOC"), file("b", "PER", "GPE", "EVT"), file("c", "PER")]
    (found,) = remarks(files, [], {})
    assert (
        "a alone has LOC; b alone has EVT, GPE. " in found
        and "openner standardize FILE -o OUT --core" in found
    )
    assert not list(remarks([files[0], file("d", "LOC", "PER")], [], {}))
    assert not list(remarks(files[:1], [], {})), "one file has nothing to differ from"


def test_mentions_that_cannot_be_found_are_counted():
    held = [file("dev", "PER", "EVT", "MISC", "EVT"), file("test", "PER")]
    (found,) = remarks([file("a", "PER", "LOC")], held, {})
    assert found.startswith("dev: 3 of 4 mentions cannot be found") and "(EVT 2, MISC 1)" in found

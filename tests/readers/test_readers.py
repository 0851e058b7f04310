"""What holds for every reader."""

import inspect
from pathlib import Path

import pytest

from openner_utils import readers
from openner_utils.readers.layout import OWN_FLAWS, Layout, RawFile
from openner_utils.support.records import Record
from tests.reading import FLAWS


@pytest.mark.parametrize("name", readers.READERS)
def test_a_reader_has_options_and_reads_a_raw_file_by_a_layout(name: str) -> None:
    module = readers.module_of(name)
    assert issubclass(module.Options, Record) and module.__doc__
    assert list(inspect.signature(module.read).parameters) == ["raw", "layout"]


def test_every_module_that_reads_is_registered() -> None:
    found = Path(str(readers.__file__)).parent.glob("*.py")
    reading = {
        path.stem for path in found if "\ndef read(raw: RawFile, layout: Layout)" in path.read_text("utf-8")
    }
    assert reading == set(readers.READERS)


def test_flaws_that_the_command_line_allows_can_be_allowed_by_a_card() -> None:
    assert set(OWN_FLAWS) < set(FLAWS)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf\n"])
def test_a_file_without_a_sentence_is_a_fault(content: bytes) -> None:
    (fault,) = readers.read(RawFile(Path("f"), "f", content), Layout("delimited")).faults
    assert (
        str(fault.error)
        == "f: the file holds no sentence. Fetch it again, or leave it out, or give another --reader."
    )

"""Inner layers, labels in further columns of a file, written in another encoding together with the outer ones.

A reader takes all layers of a file in one encoding, so a conversion that left some in another would be read wrongly.
"""

from collections.abc import Iterator
from dataclasses import replace

from openner_utils.core.encoding import Encoding, recode
from openner_utils.core.repair import differences, repair
from openner_utils.exports.rewrite import Changes, Labels, rewritten
from openner_utils.readers.meaning import SLIP, inner_meanings
from openner_utils.readers.parts import Part
from openner_utils.readers.reading import NO_LABEL


def converted(part: Part, pieces: Iterator[memoryview | bytes], labels: Labels, to: Encoding) -> bytes:
    """Return the bytes of a part, of which ``pieces`` have new labels in the outer layer, with all inner layers in ``to``.

    An invalid transition in an inner layer begins a mention, as it is read. What is no label stays as it is.
    """
    content = b"".join(pieces)
    for column in labels.options.extras:
        content = b"".join(_of_column(part, content, labels, column, to))
    return content


def _of_column(
    part: Part, content: bytes, labels: Labels, column: int, to: Encoding
) -> Iterator[memoryview | bytes]:
    """Yield the pieces of a part's bytes with the labels of one inner layer in another encoding."""
    whole = part.raw.content[: part.added] + content
    options = {**part.layout.options, "label": column, "extra": None}
    layout = replace(part.layout, options=options)
    inner = replace(part, raw=replace(part.raw, content=whole, packed=b""), layout=layout)
    raw = inner.read().columns
    encoding = layout.encoding
    found = inner_meanings(raw.names, layout)
    written = recode(repair(raw.rename([each.label for each in found]), encoding), encoding, to)
    stay = [
        name
        for name, each in zip(raw.names, found, strict=True)
        if name == NO_LABEL or each.flaw not in ("", SLIP)
    ]
    changed = differences(raw, written, stay=[*stay, *layout.outside])
    changes = Changes(written.lines[changed], written.labels[changed], written.names)
    there = labels.options.model_copy(update={"label": column, "extra": None})
    yield from rewritten(inner, changes, replace(labels, options=there))

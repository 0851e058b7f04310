"""What whoever trains a model should hear before it begins: files of which little is known, and types that do not fit together."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from openner_utils.core.columns import Columns
from openner_utils.core.encoding import IOB2, decode
from openner_utils.encoders.about import Known
from openner_utils.support.words import counted

NAMED = 8
"""Files or types that a remark names."""


def remarks(files: Sequence[Columns], held: Sequence[Columns], known: Mapping[str, Known]) -> Iterator[str]:
    """Yield what is to be said of ``files`` that a model is trained on and ``held`` that it is scored on, labels in IOB2.

    ``known``: what is known of a file, by the ``file`` of its sentences.
    """
    if unknown := _unknown(known):
        yield unknown
    types = {each.file: _types(each) for each in files}
    if alone := _in_one_alone(types):
        yield alone
    learnt = {type for counts in types.values() for type in counts}
    for each in held:
        if foreign := _not_learnt(each.file, _types(each), learnt):
            yield foreign


def _types(sentences: Columns) -> Counter[str]:
    """Return the entity types of sentences with their mentions."""
    mentions = decode(sentences, IOB2)
    return Counter(
        {mentions.types[number]: count for number, count in Counter(mentions.type.tolist()).items()}
    )


def _unknown(known: Mapping[str, Known]) -> str | None:
    """Return which files no card knows and nobody has described."""
    foreign = {file: each for file, each in known.items() if each.corpus is None}
    missing = {
        "--language": [file for file, each in foreign.items() if each.language is None],
        "--licence": [file for file, each in foreign.items() if each.licence is None],
    }
    options = [option for option, lacking in missing.items() if lacking]
    if not options:
        return None
    files = list(dict.fromkeys(file for lacking in missing.values() for file in lacking))
    what = " and ".join(option.removeprefix("--") for option in options)
    return (
        f"No card of the catalog knows {_some(files)} (a file that `openner repair` wrote is another than the publisher's): "
        f"{what} will be unknown in the model's card. Say what you know with {' and '.join(options)}."
    )


def _in_one_alone(types: Mapping[str, Counter[str]]) -> str | None:
    """Return which files have types that no other has."""
    if len(types) < 2:
        return None
    holders = Counter(type for counts in types.values() for type in counts)
    alone = {
        file: own
        for file, counts in types.items()
        if (own := [type for type in counts if holders[type] == 1])
    }
    if not alone:
        return None
    told = "; ".join(f"{file} alone has {_some(sorted(own))}" for file, own in alone.items())
    return (
        f"The files do not have the same types: {told}. Where a file leaves mentions of a type without labels, the model learns that "
        "they are none. `openner standardize FILE -o OUT --core` gives files the types PER, LOC and ORG."
    )


def _not_learnt(file: str, types: Counter[str], learnt: set[str]) -> str | None:
    """Return which mentions of a file the model cannot find, for no training file has their types."""
    foreign = sorted(type for type in types if type not in learnt)
    if not foreign:
        return None
    lost = sum(types[type] for type in foreign)
    each = _some([f"{type} {types[type]:,}" for type in foreign])
    return (
        f"{file}: {lost:,} of {counted(types.total(), 'mention')} cannot be found, for no training file has their types ({each}). "
        "`openner standardize` gives types the names that the training files have."
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more

"""What a choice of corpora is written into: data.dvc, which pins data/, and one list in params.yaml."""

import textwrap
from collections.abc import Sequence

import yaml

from openner_utils.config.params import OfData, load
from openner_utils.pipeline.repro import without_git
from openner_utils.support.documents import read_mapping
from openner_utils.support.errors import OpenNERError
from openner_utils.support.paths import HERE, Place


def pin(place: Place, imported: bool) -> None:
    """Write data.dvc for the data/ that lies there now, and put its content into DVC's cache.

    ``imported`` makes data/ an unfrozen import of samples/, so that a fresh clone with no network and no
    cache gets it by plain ``dvc repro``. Otherwise data.dvc pins data/ alone: ``dvc repro`` takes it as it is.
    """
    # Imported here: it takes a third of a second, which other commands need not pay.
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    without_git(place)
    try:
        # What `dvc import-url` and `dvc add` do, less the copying: data/ is in place already. The commands
        # would empty data/ before they fill it, and `dvc add` would keep the source of an earlier import.
        with Repo(str(place.root)) as repo, repo.lock:
            place.data_pin.unlink(missing_ok=True)  # else DVC keeps the order of its keys, whatever they were
            stage = repo.stage.create(
                single_stage=True,
                validate=False,
                force=True,
                fname=str(place.data_pin),
                wdir=str(place.root),
                deps=[place.relative(place.samples)] if imported else [],
                outs=[place.relative(place.data)],
            )
            stage.save()
            stage.commit()
            stage.dump()
    except DvcException as error:
        raise OpenNERError(
            f"{place.relative(place.data_pin)}: DVC could not pin data/: {error}. Correct this and run again."
        ) from error


def chosen(place: Place = HERE) -> tuple[str, ...]:
    """Return the corpora that params.yaml lists."""
    return load(OfData, place.params).data.corpora


def with_corpora(text: str, corpora: Sequence[str]) -> str:
    """Return the text of params.yaml with ``data.corpora`` replaced; every other character stays as it is.

    >>> with_corpora("data:  # what to read\\n  corpora: [a]  # these\\n", ["b", "c"])
    'data:  # what to read\\n  corpora: [b, c]  # these\\n'
    """
    listed = _entry(_entry(yaml.compose(text), "data"), "corpora")
    if not isinstance(listed, yaml.SequenceNode):
        raise _absent()
    start, end, column = listed.start_mark.index, listed.end_mark.index, listed.start_mark.column
    if listed.flow_style:
        wrapped = textwrap.wrap(
            ", ".join(corpora), 100 - column, break_on_hyphens=False, break_long_words=False
        )
        return text[:start] + "[" + ("\n" + " " * (column + 1)).join(wrapped) + "]" + text[end:]
    # The end mark of a list in block form lies behind the comments that follow it: take its last item's.
    end = listed.value[-1].end_mark.index
    return text[:start] + ("\n" + " " * column).join(f"- {name}" for name in corpora) + text[end:]


def params_with(place: Place, corpora: Sequence[str]) -> str:
    """Return the text of the place's params.yaml with ``corpora`` as its data.corpora."""
    if not place.params.is_file():
        raise OpenNERError(f"{place.params}: no such file. Run this command inside the compendium.")
    read_mapping(place.params)  # names what keeps it from being read
    return with_corpora(place.params.read_text(encoding="utf-8"), corpora)


def _entry(node: yaml.Node | None, name: str) -> yaml.Node:
    """Return the value of one entry of a YAML mapping."""
    entries: list[tuple[yaml.Node, yaml.Node]] = node.value if isinstance(node, yaml.MappingNode) else []
    for key, value in entries:
        if key.value == name:
            return value
    raise _absent()


def _absent() -> OpenNERError:
    return OpenNERError(
        "params.yaml: there is no list data.corpora. Write `data: {corpora: []}` and run again."
    )

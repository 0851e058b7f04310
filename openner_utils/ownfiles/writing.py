"""Writing the labels of one's own files: repaired, in another encoding, or under standardized types.

Files of columns keep every line, column and byte but for the labels that change (`rewrite`); labels from JSON or from text
with spans are written as two columns.
"""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from openner_utils.core.columns import Columns, Ints
from openner_utils.core.encoding import IOB2, OUTSIDE, Encoding, get_encoding, recode, states
from openner_utils.core.repair import differences, repair
from openner_utils.core.validation import Problem, count_problems, validate_columns
from openner_utils.exports import conll
from openner_utils.exports.rewrite import Changes, Labels, rewritten
from openner_utils.ownfiles.format import Format
from openner_utils.ownfiles.inner_layers import converted
from openner_utils.ownfiles.ledger import Ledger
from openner_utils.ownfiles.lookalikes import refuse_cut, within
from openner_utils.ownfiles.opening import Opened, inspect, raw_file, refuse_stream
from openner_utils.ownfiles.survey import Portion
from openner_utils.readers.document_marks import DOCSTART
from openner_utils.readers.meaning import SLIP
from openner_utils.readers.reading import NO_LABEL
from openner_utils.support import paths
from openner_utils.support.errors import FormatError, OpenNERError
from openner_utils.support.files import STANDARD, Sink, delivery, is_folder, resolved
from openner_utils.support.words import counted

_SHOWN = 20
"""Types of which nothing is known that an error names, at the most."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What `repair_file` met and did: invalid transitions, tokens whose label was changed in the file, and how many of these
    changes only took white space off a label.
    """

    problems: int
    changed: int
    stripped: int = 0


def destination(opened: Opened, source: Path, out: Path) -> Path:
    """Return where a file of ``source`` is written, which is ``out`` or lies in it.

    It lies in ``out`` if ``source`` or ``out`` is a folder: under its own name, with the ending .conll where two columns
    are written from another format.
    """
    if not is_folder(source) and not is_folder(out):
        return out
    target = inside(out, opened.path.relative_to(source) if is_folder(source) else Path(opened.path.name))
    return target if labels_of(opened) else _in_columns(target)


def inside(folder: Path, name: Path) -> Path:
    """Return where a file is written in a folder, under its name, which standard input lacks."""
    if name == STANDARD:
        raise OpenNERError(
            f"{folder}: a folder, and standard input has no name to be written under. "
            f"Give -o a file: -o {folder / 'NAME'}"
        )
    return folder / name


def _in_columns(path: Path) -> Path:
    return path.with_name(f"{path.name}.conll")


def refuse_collisions(files: Sequence[Path], source: Path, out: Path, format: Format) -> None:
    """Refuse to write the files of the folder ``source`` where one would take the place of another, or of its output."""
    places = {file: out / file.relative_to(source) for file in files}
    taken: dict[Path, set[Path]] = {}  # place → the files that lie there, or that may be written there
    for file, place in places.items():
        for each in (file, place, _in_columns(place)):
            taken.setdefault(resolved(each), set()).add(file)
    doubtful = set().union(*(found for found in taken.values() if len(found) > 1))
    owners = {resolved(file): file for file in files}
    for file in files:
        if file not in doubtful:
            continue
        try:  # only its content tells where it is written
            refuse_stream(file)
            target = destination(inspect(raw_file(file), format), source, out)
        except (OpenNERError, OSError):
            continue  # nothing is written of it
        owner = owners.setdefault(resolved(target), file)
        if owner != file:
            raise OpenNERError(
                f"{target}: {file} would be written there, which is the place of {owner}. Nothing was written. "
                "Rename one of these two files, or move it to another folder."
            )


def labels_of(opened: Opened) -> Labels | None:
    """Return where labels lie in a file, or None if they have no column there."""
    return Labels.of(opened.raw, opened.format.layout())


def repair_file(
    opened: Opened, out: Path, method: str = "conlleval", to: str | None = None, ledger: Path | None = None
) -> Repaired:
    """Repair the labels of a file, and write them to ``out`` in encoding ``to`` (default: as read).

    ``ledger`` is a CSV of the repairs (not of the conversion), from which `ledger.undo` restores the labels.
    """
    encoding = opened.encoding
    target = encoding if to is None else get_encoding(to)
    if ledger is not None and target is not encoding:
        # A repair changes how its neighbours are spelled in another encoding, which the ledger would not hold.
        raise OpenNERError(
            f"{ledger}: a repair that also converts to {to} could not be undone from a ledger. Repair without --to, and "
            "convert the repaired file."
        )
    _refuse_overwriting(opened, out, ledger)
    odd = within(opened) if method != "none" else {}
    labels = labels_of(opened)
    problems = repaired = stripped = 0
    with delivery(out, *(() if ledger is None else (ledger,))) as (write, *beside):
        rows = Ledger(opened, out, ledger, beside[0], method) if ledger and beside else None
        for portion in opened.portions():
            columns = opened.meant(portion)
            refuse_cut(opened, columns, odd)
            done = repair(columns, encoding, method)
            problems += count_problems(states(columns, encoding))
            written = opened.spelled(done)
            changed = changed_by(opened, portion, written, labels)
            repaired += len(changed)
            stripped += _slips(opened, portion, columns, done, changed)
            if rows:
                rows.add(portion, written, changed)
            new = written if target is encoding else recode(done, encoding, target)
            write_part(write, opened, portion, out, new, labels, None if target is encoding else target)
        if rows:
            rows.finish()
    return Repaired(problems, repaired, stripped)


def _slips(opened: Opened, portion: Portion, before: Columns, after: Columns, changed: Ints) -> int:
    """Return how many changed tokens keep their meaning and lose white space around their label."""
    raw = portion.reading.columns
    slip = np.array([opened.meanings[name].flaw == SLIP for name in raw.names], np.bool_)
    repaired = np.isin(changed, differences(before, after))
    return int((slip[raw.labels[changed]] & ~repaired).sum())


def convert_file(opened: Opened, out: Path, to: str) -> None:
    """Write a file in another encoding; invalid transitions are a `FormatError`."""
    target = get_encoding(to)
    _refuse_overwriting(opened, out)
    same = target is opened.encoding and not opened.format.spelling

    def in_target(columns: Columns) -> Columns:
        return columns if same else recode(columns, opened.encoding, target)

    _write_valid(opened, out, in_target, f" --to {to}", None if same else target)


def standardize_file(
    opened: Opened, out: Path, mapping: Mapping[str, str], core: bool = False
) -> dict[str, str]:
    """Write a file with standardized entity types, or core types, and return what became what.

    ``mapping`` comes before what the ontology knows; an empty name drops a type. Types of which nothing is known
    are an error, because a guess would be silent; so are invalid transitions.
    """
    _refuse_overwriting(opened, out)
    names = _standardized(opened, mapping, core)

    def standardized(columns: Columns) -> Columns:
        # By way of IOB2, neighbours of two types that become one stay two mentions, in every encoding but IO.
        iob2 = recode(columns, opened.encoding, IOB2)
        mapped = iob2.rename(
            [
                OUTSIDE if not names.get(type) else f"{state}-{names[type]}"
                for state, type in map(IOB2.split, iob2.names)
            ]
        )
        return opened.spelled(recode(mapped, IOB2, opened.encoding))

    _write_valid(opened, out, standardized)
    return names


def _write_valid(
    opened: Opened,
    out: Path,
    made: Callable[[Columns], Columns],
    more: str = "",
    target: Encoding | None = None,
) -> None:
    """Write the labels that ``made`` makes of each part; a file with invalid transitions is an error, and nothing is written.

    ``target``: as in `write_part`. Such transitions are counted to the end, and the error names the repair, whose options end in ``more``.
    """
    labels = labels_of(opened)
    odd = within(opened)
    first: Problem | None = None
    problems = 0
    with delivery(out) as (write,):
        for portion in opened.portions():
            columns = opened.meant(portion)
            refuse_cut(opened, columns, odd)
            here = count_problems(states(columns, opened.encoding))
            if here and first is None:
                first = validate_columns(columns, opened.encoding)[0]
            problems += here
            if first is None:
                write_part(write, opened, portion, out, made(columns), labels, target)
        if first is not None:
            raise invalid(opened, first, problems, more)


def invalid(opened: Opened, first: Problem, problems: int, more: str = "") -> FormatError:
    """Return the error for a file with invalid transitions, with the command that repairs it as it was read."""
    others = f", and {counted(problems - 1, 'other')}" if problems > 1 else ""
    what = f"invalid transition {first.before} → {first.after}{others}"
    hint = f"Repair it: openner repair {shlex.quote(str(opened.path))}{opened.asked.said} -o OUT{more}"
    return FormatError(opened.path, first.line, what, hint)


def _standardized(opened: Opened, mapping: Mapping[str, str], core: bool) -> dict[str, str]:
    """Return the types of a file → their standardized or core names, empty for those that are dropped."""
    from openner_utils.catalog.ontology import core_map, entity_types
    from openner_utils.catalog.type_names import candidates, nearest

    types = {type for each in opened.meanings.values() if (type := opened.encoding.split(each.label)[1])}
    names = {type: mapping.get(type, nearest(type)) for type in sorted(types)}
    missing = [type for type, name in names.items() if name is None]
    if missing:
        asked = [
            f"{type} ({' or '.join(near)}?)" if (near := candidates(type)) else type
            for type in missing[:_SHOWN]
        ]
        asked += [f"{len(missing) - _SHOWN:,} more"] if len(missing) > _SHOWN else []
        first = missing[0]
        given = shlex.quote(f"{first}={(*candidates(first), 'NAME')[0]}")
        raise OpenNERError(
            f"{opened.path}: no standardized name is certain for {', '.join(asked)}. Give each one: "
            f"--map {given}, or --map {shlex.quote(f'{first}=')} to drop its mentions. What it may mean is told by: "
            f"openner taxonomy suggest {shlex.quote(first)}"
        )
    for type, name in names.items():
        if name and name not in entity_types():
            raise _no_name(type, name)
    cores = core_map() if core else {}
    return {type: cores.get(name or "", "") if core else name or "" for type, name in names.items()}


def _no_name(type: str, name: str) -> OpenNERError:
    """Return the error for a name that is none of the ontology's, with those that may be meant."""
    from openner_utils.catalog.type_names import candidates, nearest

    near = (certain,) if (certain := nearest(name)) else candidates(name)
    meant = " or ".join(f"--map {type}={each}" for each in near)
    return OpenNERError(
        f"--map {type}={name}: {name} is no standardized entity type. {f'Give {meant}. ' if meant else ''}"
        f"{paths.relative(paths.ONTOLOGY)} lists all."
    )


def write_part(
    write: Sink,
    opened: Opened,
    portion: Portion,
    out: Path,
    written: Columns,
    labels: Labels | None,
    target: Encoding | None = None,
) -> None:
    """Write a part of a file with the labels of ``written``, which has its tokens; errors may name ``out``.

    ``target``: the encoding to which inner layers are converted, if they are.
    """
    if labels is None:
        conll.refuse_marks(out, written, DOCSTART, begins=portion.token == 0)
        write(conll.content(out, written))
        return
    changed = changed_by(opened, portion, written, labels)
    changes = Changes(written.lines[changed], written.labels[changed], written.names)
    pieces = rewritten(portion.part, changes, labels)
    if target is not None and labels.options.extras:
        pieces = iter([converted(portion.part, pieces, labels, target)])
    for piece in pieces:
        write(piece)


def changed_by(opened: Opened, portion: Portion, written: Columns, labels: Labels | None) -> Ints:
    """Return the tokens whose label changes in the file; in one of columns, a line that has no label gets none."""
    raw = portion.reading.columns
    changed = differences(raw, written, stay=opened.format.outside)
    if NO_LABEL in raw.names and labels:
        changed = changed[raw.labels[changed] != raw.names.index(NO_LABEL)]
    return changed


def _refuse_overwriting(opened: Opened, out: Path, ledger: Path | None = None) -> None:
    """Refuse to write two things, or another format, to one file."""
    inputs = [opened.path] + ([opened.path.with_suffix(".ann")] if opened.format.reader == "brat" else [])
    if ledger is not None and (ledger == out or any(same(ledger, path) for path in (*inputs, out))):
        raise OpenNERError(
            f"{ledger}: the ledger would take the place of the labels. Give --ledger a file of its own."
        )
    if out == STANDARD:
        return
    if out.suffix == ".zip":
        raise OpenNERError(f"{out}: zip archives are read, not written. Give -o a plain name, or one in .gz.")
    if any(same(out, path) for path in inputs):
        if not labels_of(opened):
            raise OpenNERError(
                f"{out}: read as {opened.format.reader}, so two columns would take its place. Give -o another file."
            )
        if opened.raw.packed and out.suffix != ".gz":
            raise OpenNERError(f"{out}: a packed file, and text would take its place. Give -o another file.")


def same(one: Path, other: Path) -> bool:
    """Return whether two paths name the same file."""
    if STANDARD in (one, other):
        return False
    return resolved(one) == resolved(other) or (one.exists() and other.exists() and one.samefile(other))

"""Values, as YAML files hold them, as typed, frozen records that refuse keys they do not know."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from openner_utils.support.documents import line_of
from openner_utils.support.errors import OpenNERError, unknown
from openner_utils.support.words import shortened, visible


class Record(BaseModel):
    """Base of every typed record: frozen, and unknown keys, infinite numbers and NaN are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _not_a_truth(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse true and false where a number is expected: Python takes them for 1 and 0."""
        annotation = cls.model_fields[str(info.field_name)].annotation
        numbers = _holds(annotation, int, float) and not _holds(annotation, bool, Any, object, BaseModel)
        if numbers and any(isinstance(each, bool) for each in _leaves(value)):
            raise ValueError("true and false are no numbers")
        return value


def _leaves(value: Any) -> Iterator[Any]:
    """Yield what lists and mappings hold, or the value itself; records inside check themselves."""
    match value:
        case list() | tuple():
            for each in value:
                yield from _leaves(each)
        case dict():
            for each in value.values():
                yield from _leaves(each)
        case _:
            yield value


def _holds(annotation: Any, *kinds: Any) -> bool:
    """Return whether an annotation is, or allows inside it for, one of these kinds or a value of one of them."""
    if annotation in kinds or type(annotation) in kinds:
        return True
    if isinstance(annotation, type) and BaseModel in kinds and issubclass(annotation, BaseModel):
        return True
    return any(_holds(each, *kinds) for each in get_args(annotation))


R = TypeVar("R", bound=Record)


class RecordError(OpenNERError):
    """A value that is no record of its kind; ``type`` is what pydantic calls the fault, such as ``string_type``."""

    def __init__(self, message: str, type: str) -> None:
        self.type = type
        super().__init__(message)

    def __reduce__(self) -> tuple[type["RecordError"], tuple[str, str]]:
        return RecordError, (str(self), self.type)


def parse(kind: type[R], value: Any, where: str, source: Path | None = None) -> R:
    """Return ``value`` as a record of ``kind``; ``where`` names its origin in error messages.

    ``source`` is the YAML file that holds the value, if one does: then errors name the line, too.
    Raises `RecordError` on a missing, unknown (with the nearest known one) or ill-typed key.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        # A misspelt key is reported as unknown and the right one as missing; the first says more.
        first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = _fields_at(kind, first["loc"][:-1])
            what = str(unknown("key", str(first["loc"][-1]), known))
        else:
            key, what = key or "the whole entry", f"{first['msg'].removesuffix('.')}."
        place = first["loc"]
        if (
            first["type"] == "value_error"
        ):  # one of our own: it names the place itself, where several keys do not fit
            what = what.removeprefix("Value error, ")
            named, _, _ = what.partition(": ")
            if not place and re.fullmatch(r"\w+(\.\w+)*", named):
                key, _, what = what.partition(": ")
                place = tuple(int(part) if part.isdigit() else part for part in named.split("."))
        if source is not None:
            where = f"{where}:{line_of(source, *place)}"
        raise RecordError(f"{where}: {visible(shortened(key))}: {what}", first["type"]) from error


def _fields_at(kind: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the names that are legal at a nested place of a record, as far as its annotations tell."""
    current: Any = kind
    for part in location:
        fields = getattr(current, "model_fields", {})
        current = _record_in(fields[part].annotation) if part in fields else current
        if current is None:
            return []
    return list(getattr(current, "model_fields", {}))


def _record_in(annotation: Any) -> type[BaseModel] | None:
    """Return the record type inside an annotation such as ``dict[str, X]`` or ``X | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        if (found := _record_in(inner)) is not None:
            return found
    return None

"""Reading a YAML file into typed, frozen records that refuse keys they do not know."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from openner_utils.errors import OpenNERError, unknown


class Record(BaseModel):
    """Base of every typed record: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)


R = TypeVar("R", bound=Record)


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file; a syntax fault names file and line."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        problem = getattr(error, "problem", None) or "not valid YAML"
        raise OpenNERError(f"{path}:{line}: {problem}. Correct the file and run again.") from error


def parse(kind: type[R], value: Any, where: str) -> R:
    """Return ``value`` as a record of ``kind``; ``where`` names its origin in error messages.

    Raises `OpenNERError` on a missing, unknown (with the nearest known one) or ill-typed key.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = _fields_at(kind, first["loc"][:-1])
            raise OpenNERError(f"{where}: {key}: {unknown('key', str(first['loc'][-1]), known)}") from error
        raise OpenNERError(f"{where}: {key or 'the whole entry'}: {first['msg']}.") from error


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

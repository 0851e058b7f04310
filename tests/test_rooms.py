"""The rooms of the package: each is in the README's table, and imports only from rooms above it."""

import ast
import re
from collections.abc import Iterator

from openner_utils.support import paths

ROOMS = re.findall(r"^\| `(\w+)` \|", (paths.ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
"""In reading order."""


def imports() -> Iterator[tuple[str, str, str]]:
    """Yield (file, its room, a room that it imports from), inside functions too."""
    for path in sorted(paths.PACKAGE.rglob("*.py")):
        room = path.relative_to(paths.PACKAGE).parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            for name in names:
                first, _, rest = name.partition(".")
                if first == paths.PACKAGE.name and rest.split(".")[0] in ROOMS:
                    yield paths.relative(path), room, rest.split(".")[0]


def test_every_folder_is_a_room_with_a_sentence_on_what_lives_there():
    folders = {path.parent.name for path in paths.PACKAGE.glob("*/__init__.py")}
    assert folders == set(ROOMS)
    for room in ROOMS:
        tree = ast.parse((paths.PACKAGE / room / "__init__.py").read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), room


def test_no_module_lies_outside_a_room():
    assert [path.name for path in paths.PACKAGE.glob("*.py")] == ["__init__.py"]


def test_a_room_imports_only_from_rooms_above_it():
    arrows = list(imports())
    assert len({(room, other) for _, room, other in arrows if room != other}) > len(ROOMS), (
        "they are seen at all"
    )
    back = [
        f"{file}: {room} imports from {other}"
        for file, room, other in arrows
        if ROOMS.index(other) > ROOMS.index(room)
    ]
    assert back == []


def test_tests_are_laid_out_alike():
    laid_out = {path.parent.name for path in (paths.ROOT / "tests").glob("*/test_*.py")}
    assert laid_out - {"fuzz"} <= set(ROOMS)  # which looks at all rooms

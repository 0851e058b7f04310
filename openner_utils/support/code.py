"""What source files do, as a hash, and which of them one file uses: comments, docstrings and layout do not count."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from openner_utils.support import paths

PACKAGE = paths.PACKAGE.name


def fingerprint(paths: Iterable[Path]) -> str:
    """Return the SHA-256 of what Python files do, in the order given.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     a, b = Path(folder, "a.py"), Path(folder, "b.py")
    ...     _ = a.write_text("def f(x):\\n    return x + 1\\n")
    ...     _ = b.write_text('def f(x):\\n    \\"\\"\\"Add one.\\"\\"\\"\\n    return (x + 1)  # one more\\n')
    ...     fingerprint([a]) == fingerprint([b])
    True
    """
    whole = hashlib.sha256()
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list):
                # Any text that stands by itself is a docstring, or does nothing.
                node.body = [each for each in body if not _text(each)]  # type: ignore[attr-defined]
        whole.update(ast.dump(tree).encode())
    return whole.hexdigest()


def _text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def modules(code: str, root: Path = paths.ROOT) -> frozenset[str]:
    """Return the modules of the package that ``code`` imports, directly or through others, inside functions too.

    All are paths relative to ``root``, the folder that holds the package.
    """
    found: set[str] = set()
    waiting = [code]
    while waiting:
        for each in imported(waiting.pop(), root):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return frozenset(found)


def imported(code: str, root: Path = paths.ROOT) -> Iterator[str]:
    """Yield the files that one file imports by itself, with the ``__init__`` of each package above them."""
    for level, origin, names in _imports((root / code).read_text(encoding="utf-8")):
        if level:
            above = Path(code).with_suffix("").parts[:-level]
            origin = ".".join([*above, *([origin] if origin else [])])
        for name in (origin, *(f"{origin}.{name}" for name in names)):
            parts = name.split(".")
            if parts[0] == PACKAGE:
                for depth in range(1, len(parts) + 1):
                    stem = "/".join(parts[:depth])
                    yield from (
                        path for path in (f"{stem}/__init__.py", f"{stem}.py") if (root / path).is_file()
                    )


@lru_cache(
    maxsize=4096
)  # the same file is asked about once for each stage, and parsing it takes a hundred times as long
def _imports(source: str) -> tuple[tuple[int, str, tuple[str, ...]], ...]:
    """Return each import of a source text: how many packages up it begins, the module, and the names that it takes from there.

    >>> _imports("import a.b\\nfrom ..c import d")
    ((0, 'a.b', ()), (2, 'c', ('d',)))
    """
    found: list[tuple[int, str, tuple[str, ...]]] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import():
                found += [(0, alias.name, ()) for alias in node.names]
            case ast.ImportFrom():
                found.append((node.level, node.module or "", tuple(alias.name for alias in node.names)))
    return tuple(found)

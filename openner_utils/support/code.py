"""What source files do, as a hash, and which of them one file uses: comments, docstrings and layout do not count."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
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
    for node in ast.walk(ast.parse((root / code).read_text(encoding="utf-8"), filename=code)):
        match node:
            case ast.Import():
                names = [alias.name for alias in node.names]
            case ast.ImportFrom():
                origin = node.module or ""
                if node.level:
                    above = Path(code).with_suffix("").parts[: -node.level]
                    origin = ".".join([*above, *([origin] if origin else [])])
                names = [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
            case _:
                continue
        for name in names:
            parts = name.split(".")
            if parts[0] == PACKAGE:
                for depth in range(1, len(parts) + 1):
                    stem = "/".join(parts[:depth])
                    yield from (
                        path for path in (f"{stem}/__init__.py", f"{stem}.py") if (root / path).is_file()
                    )

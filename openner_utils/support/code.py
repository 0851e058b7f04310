"""What a source file does, as a hash: comments, docstrings and layout do not count."""

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path


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

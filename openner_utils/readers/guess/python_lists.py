"""Lists as Python writes them: what they are, and what turns them into JSON."""

import ast
import re
import warnings
from typing import Any

from openner_utils.readers.guess.evidence import Unread

_SURE = 0.99
"""Confidence that a list is one, however well its lines look like something else."""
_PAIRS = 0.95
"""The same for pairs of a text and its spans, of which `json_spans` is surer if it can read them."""
_READ = 'sys.stdin.buffer.read().decode("utf-8-sig").strip()'
_ONE = (
    f"Write JSON: python -c 'import ast, json, re, sys; text = {_READ}; "
    'print(json.dumps(ast.literal_eval(re.sub(r"^\\w+\\s*=\\s*", "", text))))\' < FILE > OUT.'
)
_EACH = (
    f"Write each list to a file of its own: python -c 'import ast, json, sys; body = ast.parse({_READ}).body; "
    "print(json.dumps(ast.literal_eval(body[0].value)))' < FILE > OUT; the same with body[1] and so on."
)
_BESIDE = (
    f"Write JSON: python -c 'import ast, json, sys; body = ast.parse({_READ}).body; "
    "lists = [ast.literal_eval(one.value) for one in body]; pairs = zip(*[{each} for one in lists]); "
    'print(json.dumps([dict(zip(("tokens", "ner_tags"), pair)) for pair in pairs]))\' < FILE > OUT.'
)
_BEGINS = re.compile(r"(?:\w+\s*=\s*)?\[\s*(?:\{\s*['\"]|\(\s*['\"]|\[\s*['(\"]|['\"])")
"""A list of dictionaries, tuples, lists or texts, which may have a name."""


def python_lists(text: str, whole: bool) -> Unread | None:
    """Return what to say of a file of lists as Python writes them; of a long file, which is not ``whole``, its beginning tells."""
    begin = _BEGINS.match(text)
    if not begin:
        return None
    if not whole:
        if begin[0][0] == "[" and "'" not in begin[0] and "(" not in begin[0]:
            return None
        sure = _PAIRS if "(" in begin[0] else _SURE
        return Unread("a list as Python writes it, which is no JSON", sure, _ONE, 1)
    lists = _lists(text)
    if not lists or not all(
        isinstance(each, dict | tuple | list) or len(lists) > 1 for one in lists for each in one
    ):
        return None
    if len(lists) > 1:
        what = f"{len(lists)} lists as Python writes them, in one file, which is not read"
        flat, lengths = _lengths(lists[0])
        beside = len(lists) == 2 and bool(lengths) and (flat, lengths) == _lengths(lists[1])
        return Unread(what, _SURE, _BESIDE.format(each="[one]" if flat else "one") if beside else _EACH, 1)
    pairs = all(isinstance(each, tuple) and list(map(type, each)) == [str, dict] for each in lists[0])
    return Unread("a list as Python writes it, which is no JSON", _PAIRS if pairs else _SURE, _ONE, 1)


def _lists(text: str) -> list[list[Any]]:
    """Return the lists of which a text consists; nothing where there is something else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of backslashes that escape nothing
            body = ast.parse(text).body
            found = [ast.literal_eval(one.value) for one in body if isinstance(one, ast.Assign | ast.Expr)]
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return []
    return found if len(found) == len(body) and all(isinstance(one, list) for one in found) else []


def _lengths(values: list[Any]) -> tuple[bool, list[int]]:
    """Return whether a list is one of texts, not of lists of texts, and the length of each; none for other lists."""
    flat = bool(values) and all(isinstance(each, str) for each in values)
    lists = [values] if flat else values
    texts = all(isinstance(each, list) and all(isinstance(one, str) for one in each) for each in lists)
    return flat, [len(each) for each in lists] if texts else []

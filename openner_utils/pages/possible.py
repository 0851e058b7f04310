"""Can a row of a table be true? Its numbers must be possible, and its conclusion the one that they allow.

Bounds and values of a row are rounded alike, so their order holds as printed. A bound that is printed as 0 and a p value
that is printed as the level decide nothing: what they were before rounding is not known.
"""

from collections.abc import Iterator

from openner_utils.pages.table_schemas import Row, Schema, number


def impossible(row: Row, schema: Schema, level: float) -> Iterator[str]:
    """Yield what cannot be true of a row; ``level``: p values below it are clear. Cells without number are passed over."""
    lows = zip(schema.bound[::2], schema.score, schema.bound[1::2], strict=True) if schema.bound else ()
    for names in lows:
        yield from _disordered(row, names, 0.0, 100.0)
    if schema.difference_bound:
        low, high = schema.difference_bound
        yield from _disordered(row, (low, *schema.difference, high), -100.0, 100.0)
    for name in schema.score if not schema.bound else ():
        yield from _disordered(row, (name,), 0.0, 100.0)
    for name in (*schema.detectable, *schema.sd, *schema.tally, *schema.se, *schema.seed_se):
        highest = 100.0 if name in schema.detectable else float("inf")
        yield from _disordered(row, (name,), 0.0, highest)
    yield from _p_values(row, schema)
    for name in schema.decision:
        yield from _other_conclusion(row, schema, name, level)


def _disordered(row: Row, names: tuple[str, ...], lowest: float, highest: float) -> Iterator[str]:
    """Yield the numbers of a row if they do not rise from ``lowest`` to ``highest``."""
    known = [(name, value) for name in names if (value := number(row[name])) is not None]
    values = [lowest, *(value for _, value in known), highest]
    if values != sorted(values):
        shown = " ≤ ".join(f"{name} {row[name]}" for name, _ in known)
        top = "" if highest == float("inf") else f" ≤ {highest:g}"
        yield f"not {lowest:g} ≤ {shown}{top}"


def _p_values(row: Row, schema: Schema) -> Iterator[str]:
    """Yield the p values of a row if one is none, or if that which was adjusted is below the test's own."""
    known = [(name, value) for name in reversed(schema.p) if (value := number(row[name])) is not None]
    values = [0.0, *(value for _, value in known), 1.0]
    if values != sorted(values):
        yield f"not 0 ≤ {' ≤ '.join(f'{name} {row[name]}' for name, _ in known)} ≤ 1"


def _other_conclusion(row: Row, schema: Schema, decision: str, level: float) -> Iterator[str]:
    """Yield where a decision is not the one that the interval, or the p value, allows."""
    if row[decision] not in ("True", "False"):
        return
    clear = row[decision] == "True"
    low, high = (number(row[name]) for name in schema.difference_bound)
    if low is not None and high is not None and low and high and clear != (low > 0 or high < 0):
        yield f"{decision} {row[decision]}, but the interval from {low} to {high} {'holds' if clear else 'leaves out'} 0"
    p = number(row[schema.p[0]])
    if p is not None and p != round(level, 12) and clear != (p < level):
        yield f"{decision} {row[decision]}, but {schema.p[0]} {row[schema.p[0]]} at a level of {level:g}"

"""Numbers in sentences."""


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 corpus``, ``1,890 sentences``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"

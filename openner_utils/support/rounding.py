"""Rounding of results as they are shown: half up, in decimals.

Python and pandas round a half to the even neighbour, and what they take for a half depends on the binary number:
``f"{0.125:.2f}"`` is 0.12 and ``f"{2.675:.2f}"`` is 2.67. Papers and SeqScore round half up. Here a number is the
decimal that Python prints for it, the shortest that is nearer to it than to any other, so 2.675 is a half: 2.68.

SeqScore 0.9 (`convert_score`) takes the binary number as it is. So a half that binary numbers cannot hold, such as
the 16.875 % of 27 out of 160, goes up here and up or down there.
"""

import math
from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
from numpy.typing import NDArray

_CONTEXT = Context(prec=400)
"""Room for all digits of the largest number, 1.8e308, and for decimals after it."""
_DOUBT = 2.0**-50
"""Relative distance from a half within which binary arithmetic, whose error is a quarter of this, does not decide."""


def half_up(value: float, digits: int) -> float:
    """Return ``value`` with at most ``digits`` decimals; a half goes away from zero, and zero has no sign.

    ``f"{half_up(value, 1):.1f}"`` shows it. Infinities and what is no number stay as they are.
    """
    if not math.isfinite(value):
        return float(value)
    exact = Decimal(str(value))
    return float(exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _CONTEXT)) + 0.0


def percent(fraction: float, digits: int) -> float:
    """Return a score from 0 to 1 in percent with at most ``digits`` decimals, rounded half up.

    Multiplied first, 0.045 would be 4.499999999999999. Beyond its 12th decimal a mean of scores is noise.
    """
    return half_up(100 * half_up(round(fraction, 12), digits + 2), digits)


def half_up_all(values: NDArray[np.floating], digits: int) -> NDArray[np.float64]:
    """Return numbers [n] rounded as `half_up` does: the bulk form."""
    if values.dtype != np.float64:  # a number of fewer bits is another one with more, and prints as another
        values = values.astype(str)
    numbers = values.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        units = np.abs(numbers) * 10.0**digits
        whole = np.floor(units + 0.5)
        rounded = np.copysign(whole / 10.0**digits, numbers) + 0.0
        doubtful = ~(np.abs(units - np.floor(units) - 0.5) > units * _DOUBT)
    rounded[doubtful] = [half_up(value, digits) for value in numbers[doubtful].tolist()]
    return rounded


def shown(value: float, digits: int = 1) -> str:
    """Return a result as a sentence shows it, the same digits as in a table."""
    return f"{half_up(round(value, 10), digits):.{digits}f}"


def signed(value: float, digits: int = 1) -> str:
    """Return a difference as a sentence shows it: ``+1.0``, ``-0.3``, ``+0.0``."""
    return f"{half_up(round(value, 10), digits):+.{digits}f}"


def share(fraction: float, digits: int = 0) -> str:
    """Return a share from 0 to 1 in percent, with its sign: ``75%``.

    Only none is 0 % and only all is 100 %: what would round to them is ``<1%`` or ``>99%``, with ``digits`` decimals.
    """
    unit = 10.0**-digits
    rounded = percent(fraction, digits)
    if rounded <= 0 < fraction:
        return f"<{unit:.{digits}f}%"
    if rounded >= 100 > 100 * fraction:
        return f">{100 - unit:.{digits}f}%"
    return f"{rounded:.{digits}f}%"

"""Probes that find nobody: whether their scores rise from day to day, towards a match."""

import math

from ..events import Row
from ..state.actors import DAY
from .compile import kernel

BLANK_SPREAD = 0.06
"""Spread of the scores of probes that find nobody, before an account has some of its own."""

MOST_A_DAY = 6.0
"""Such probes of a day that count: what is searched for differs from day to day."""

MOST_STEP = 3.0
"""Nats that a day may add or take: one that is quite different is another task, no rise."""

_FEW_BLANKS = 4.0
_MOST_BLANKS = 256.0
_MOST = 100.0


@kernel
def raise_blanks(recent: Row, event: Row, out: Row) -> None:
    """Count a score of a probe that found nobody, and say whether such scores rise.

    A CUSUM (Page 1954) over days of how much likelier the day's mean is if scores are a spread
    higher than they were before.

    Args:
        recent: the account's probes; changed in place.
        event: a search with a probe that is new.
        out: its `ACTOR_FIGURES`; `rise`, `rise_mean` and `rise_usual` are filled.
    """
    day = event.time // DAY
    if day > recent.blank_day:
        _close_blanks(recent)
        recent.blank_day = day
    recent.blanks_today += 1.0
    recent.blank_sum += event.top_score
    recent.blank_squares += event.top_score * event.top_score
    out.rise = _risen(recent)
    out.rise_mean = recent.blank_sum / recent.blanks_today
    out.rise_usual = recent.blank_mean


@kernel
def _risen(recent: Row) -> float:
    """Nats with the day so far."""
    number, before = recent.blanks_today, recent.blanks
    if number == 0 or before < _FEW_BLANKS:
        return float(recent.rise)
    variance = recent.blank_spread + _FEW_BLANKS * BLANK_SPREAD * BLANK_SPREAD
    spread = math.sqrt(variance / (before + _FEW_BLANKS - 1.0))
    beyond = (recent.blank_sum / number - recent.blank_mean) / spread
    step = min(number, MOST_A_DAY) * (beyond - 0.5)
    step = min(max(step, -MOST_STEP), MOST_STEP)
    return float(min(max(recent.rise + step, 0.0), _MOST))


@kernel
def _close_blanks(recent: Row) -> None:
    """Add the day's scores to those of the days before, of which the last ones count."""
    recent.rise = _risen(recent)
    number, before = recent.blanks_today, recent.blanks
    if number > 0:
        mean = recent.blank_sum / number
        off = mean - recent.blank_mean
        recent.blank_spread += max(recent.blank_squares - mean * recent.blank_sum, 0.0)
        recent.blank_spread += off * off * number * before / (number + before)
        recent.blank_mean += off * number / (number + before)
        recent.blanks = number + before
    if recent.blanks > _MOST_BLANKS:
        recent.blank_spread *= _MOST_BLANKS / recent.blanks
        recent.blanks = _MOST_BLANKS
    recent.blanks_today = 0.0
    recent.blank_sum = 0.0
    recent.blank_squares = 0.0

"""The laws that every misuse pattern keeps.

In the manner of scikit-learn's and river's `check_estimator`: whoever adds a pattern
registers it in `Patterns` and hands `check_pattern` its code and some logs. A broken law
is an `AssertionError` that says where it shows.
"""

from ..alerts import PatternCode
from ..config import Detection
from ..events import EventBatch
from .laws import LAWS, Law
from .trial import Run, Trial

__all__ = ["LAWS", "Law", "Run", "Trial", "check_pattern"]


def check_pattern(code: PatternCode, log: EventBatch, detection: Detection | None = None) -> None:
    """Try every law on a registered pattern and a log.

    Args:
        code: the pattern's.
        log: as in `Trial`; misuse in it makes the laws about alerts say something.
        detection: settings other than the shipped ones.

    Raises:
        AssertionError: a law is broken.
    """
    trial = Trial(log, (code,), detection or Detection())
    for law in LAWS:
        law(trial)

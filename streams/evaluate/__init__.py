"""How good a run was: its alerts against labels, in figures with their uncertainty."""

from .figures import Figures, figures
from .outcome import Evaluation, evaluate, pool
from .records import Labels, read_alerts, read_labels, read_searches

__all__ = [
    "Evaluation",
    "Figures",
    "Labels",
    "evaluate",
    "figures",
    "pool",
    "read_alerts",
    "read_labels",
    "read_searches",
]

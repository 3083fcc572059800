"""What is kept of a cohort: the actors of one tenant in one role."""

import numpy as np

from .actors import TRAITS
from .cases import CASE_CELLS
from .conduct import HABITS

COHORT = np.dtype(
    [
        ("cohort", "u8"),
        ("tenant", "u8"),
        # Learned actor-days, sums and sums of squares per trait, fading by the day.
        ("days", "f8", (TRAITS,)),
        ("sums", "f8", (TRAITS,)),
        ("squares", "f8", (TRAITS,)),
        # The same of deviations from the actors' own means.
        ("own_days", "f8", (TRAITS,)),
        ("own_squares", "f8", (TRAITS,)),
        # Actor-days, learned or not, fading too.
        ("actor_days", "f8"),
        # Learned days of whatever operations; of those that have a habit the same as above.
        ("acts", "f8"),
        ("habit_days", "f8", (HABITS,)),
        ("habit_sums", "f8", (HABITS,)),
        ("habit_squares", "f8", (HABITS,)),
        ("habit_own_days", "f8", (HABITS,)),
        ("habit_own_squares", "f8", (HABITS,)),
        # As of the last day's end: accounts with a past in `CONDUCT`.
        ("habit_actors", "f8"),
        # As of the last day's end: actors; pairs and those with a second day; the logarithms
        # of further days and the pairs that had them; searches with a reason, from social
        # media, of all that name a person. Every actor's are scaled down to a bounded weight.
        ("actors", "f8"),
        ("pairs", "f8"),
        ("returning", "f8"),
        ("return_pairs", "f8"),
        ("return_logs", "f8"),
        ("named", "f8"),
        ("explained", "f8"),
        ("social", "f8"),
        # Cases; their late days, and those that brought new persons only; of the cases of
        # each cell.
        ("cases", "f8"),
        ("late", "f8"),
        ("alone", "f8"),
        ("case_late", "f4", (CASE_CELLS,)),
        ("case_alone", "f4", (CASE_CELLS,)),
    ]
)

"""How many accounts come back to one person, and how usual that is at their tenant.

At most tenants whom an account comes back to is its own business: nobody else does. Where
lists are watched or cases shared, others do, too. So that k accounts come back to a person
whom somebody comes back to is a hurdle, for the second of them, and then a habit with a heavy
tail: ln(k - 1) follows an exponential law. Both parts are learned from the tenant's persons.
"""

import math

from ..events import Row
from .compile import kernel

SURE_KEPT = 5.0
"""So many persons whom accounts come back to count as much as what is known beforehand."""

PRIOR_SHARED = 0.1
"""Share of them whom more than one account comes back to, at a tenant of which nothing is known."""

SURE_SHARED = 5.0
PRIOR_LOGS = 0.5
"""Likewise of those whom several come back to: the mean of ln(accounts - 1)."""

MOST_TAUGHT = 32
"""A person teaches by its first so many accounts: stars would teach nothing but themselves."""


@kernel
def learn_company(custom: Row, returned: int, returning: int) -> None:
    """Count that an account came back to a person for the first time.

    Args:
        custom: of the account's tenant; changed in place.
        returned: 1 if this search did.
        returning: accounts that came back to the person by now.
    """
    if returned < 1 or returning > MOST_TAUGHT:
        return
    if returning <= 1:
        custom.today_kept += 1.0
    elif returning == 2:  # noqa: PLR2004  the second makes company
        custom.today_shared += 1.0
    else:
        custom.today_company += math.log((returning - 1.0) / (returning - 2.0))


@kernel
def fade_company(custom: Row, memory: float) -> None:
    """Let a day pass: what it taught holds from now on."""
    custom.kept = memory * custom.kept + custom.today_kept
    custom.shared = memory * custom.shared + custom.today_shared
    custom.company = memory * custom.company + custom.today_company
    custom.today_kept = 0.0
    custom.today_shared = 0.0
    custom.today_company = 0.0


@kernel
def surprise_of_company(custom: Row, accounts: int) -> float:
    """Nats of so many accounts that come back to one person: 0 of one by itself.

    The person may have taught the tenant's law itself; as far as it has, it is left out.
    """
    if accounts < 2:  # noqa: PLR2004
        return 0.0
    logs = math.log(accounts - 1.0)
    shared = max(custom.shared - 1.0, 0.0)
    kept = max(custom.kept - 1.0, shared)
    others = max(custom.company - logs, 0.0)
    hurdle = (SURE_KEPT * PRIOR_SHARED + shared) / (SURE_KEPT + kept)
    # That pairs are common does not tell that three are none.
    mean = max((SURE_SHARED * PRIOR_LOGS + others) / (SURE_SHARED + shared), PRIOR_LOGS)
    nats: float = -math.log(min(hurdle, 1.0)) + logs / mean
    return nats

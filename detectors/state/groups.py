"""What is kept of groups: accounts of one gallery that have something in common."""

from enum import IntEnum

import numpy as np


class Common(IntEnum):
    """What the accounts of a group have in common."""

    CLIENT = 0  # user agent and TLS fingerprint
    TLS = 1
    ASN = 2
    OPENED = 3  # week in which the accounts were opened
    BEGUN = 4  # week of their first search
    TLS_OPENED = 5  # TLS fingerprint and four weeks of opening
    CLIENT_BEGUN = 6  # client and two weeks of the first search
    CLIENT_SETTINGS = 7  # client, candidates asked for and threshold
    CLIENT_ASN = 8
    SETTINGS = 9  # candidates asked for and threshold
    GALLERY = 10  # nothing but the gallery
    AGENT = 11  # user agent


KINDS = len(Common)

RUNGS = (1, 3, 8, 20, 50)
"""Searches in a day that could reach somebody: an account-day climbs from rung to rung."""

PASTS = (4, 20, 100)
"""Accounts are told apart by whether they had made fewer searches before today."""

NEWNESS = (0.9, 0.5)
"""And the day by whether at least this share of its searches reached somebody new."""

LIVES = (5, 10, 20, 40, 80)
"""Searches since its first one that could reach somebody: an account's life climbs, too."""

NEWNESS_OF_LIFE = (0.95, 0.8)
"""And it is told by whether at least this share of all of them reached somebody new."""

_CELLS = (len(PASTS) + 1, max(len(RUNGS), len(LIVES)), len(NEWNESS) + 1)

LADDER = np.dtype(
    [
        ("last", "i8"),
        # Account-days that came to a rung, by the account's past, the rung and the newness at
        # it; of the day that is filled, and fading ones before.
        ("today", "f8", _CELLS),
        ("past", "f8", _CELLS),
        # What is not known yet: lives teach some weeks later.
        ("recent", "f8", _CELLS),
        ("life", "u1"),
    ]
)
"""How far the account-days of one role climb, in one gallery of a tenant; or the lives of its
accounts, which are all in the first row of cells."""

SCENE = np.dtype(
    [
        ("last", "i8"),
        ("first", "i8"),
        # Account-days and the sums of their nats and of the nats' squares; of the day that is
        # filled, and fading ones before.
        ("today_days", "f8"),
        ("today_nats", "f8"),
        ("today_squares", "f8"),
        ("days", "f8"),
        ("nats", "f8"),
        ("squares", "f8"),
        # Those that are not known yet, and whether it is lives that are counted.
        ("recent", "f8", (3,)),
        ("life", "u1"),
        # By kind: how far groups were from what their own past led one to expect, squared.
        ("groups", "f8", (KINDS,)),
        ("apart", "f8", (KINDS,)),
    ]
)
"""One gallery of a tenant, either the account-days in it or the accounts' lives."""

GROUP = np.dtype(
    [
        ("scene", "u8"),
        ("kind", "u1"),
        # 1 if what is counted below is accounts and their lives, 0 if account-days.
        ("life", "u1"),
        ("last", "i8"),
        # Account-days and the sum of their nats: today's, those of some days, fading, and
        # those that taught what to expect, and those that will.
        ("today_days", "f8"),
        ("today_nats", "f8"),
        ("days", "f8"),
        ("nats", "f8"),
        ("past_days", "f8"),
        ("past_nats", "f8"),
        ("recent", "f8", (2,)),
        # Accounts of the busiest of the last days; the most evidence of today; suspect days
        # in a row.
        ("peak", "f8"),
        ("today_best", "f8"),
        ("suspect_days", "i4"),
    ]
)

GROUP_FIGURES = np.dtype(
    [
        # The scene's row in its shard; `FREE` if the event is not counted there.
        ("row", "i4"),
        # The most telling group that the event's account is in: its key and the scene's, what
        # it has in common (`Common`), accounts active on its busiest day; mean nats of an
        # account-day, what was expected of it, and the spread of that; evidence in nats.
        ("key", "u8", (2,)),
        ("kind", "u1"),
        # 1 if accounts are judged by their lives instead of their days.
        ("life", "u1"),
        ("accounts", "f4"),
        ("mean", "f4"),
        ("expected", "f4"),
        ("spread", "f4"),
        ("nats", "f4"),
    ]
)

"""What is kept of a person searched for, and of a network that searches come from."""

import numpy as np

from .actors import DAY

SUBJECT_HORIZONS = np.array([DAY, 7 * DAY, 30 * DAY], np.float64)
"""Mean lifetimes of a subject's decayed counts, ms."""

SUBJECT = np.dtype(
    [
        ("first", "i8"),
        ("last", "i8"),
        ("searches", "u4"),
        ("explained", "u4"),
        # Actors who ever searched for the person, those who came back on another day, and
        # the logarithms of the days beyond the first, as in `ACTOR`.
        ("actors", "u4"),
        ("returning", "u4"),
        ("return_logs", "u4"),
        ("rates", "f8", (len(SUBJECT_HORIZONS),)),
        # Bit b: searched for by anybody on day `day` - b.
        ("day", "i4"),
        ("days", "u8", (2,)),
        # Number in the pool of circles, `FREE` if not drawn.
        ("circle", "i4"),
        # The tenant of the first who searched for it: half of its hash.
        ("home", "u4"),
    ]
)

CIRCLE_SIZE = 8
"""Accounts that a circle knows one by one."""

CROWD_LIFETIME = 30.0 * DAY
"""Mean lifetime of the decayed counts of newcomers, ms."""

CROWD_PURPOSES = 4
"""Purposes of newcomers that are counted one by one."""

MARKS = 8
"""By what accounts are told to be the same person's: two networks, two devices, two clients,
the day on which the account was opened, the unit; each as 32 bits that include its kind."""

CIRCLE = np.dtype(
    [
        # The accounts that came back to the person on most days: first halves of their
        # pseudonyms, 0 where none; days and searches of their pairs with the person.
        ("members", "u8", (CIRCLE_SIZE,)),
        ("pair_days", "i4", (CIRCLE_SIZE,)),
        ("pair_searches", "u4", (CIRCLE_SIZE,)),
        # Bit b: searched on day `SUBJECT.day` - b, while a member.
        ("days", "u8", (CIRCLE_SIZE,)),
        ("marks", "u4", (CIRCLE_SIZE, MARKS)),
        # The law of each one's coming back (see `kernels.circles`), and its share of searches
        # with a reason against what is usual for it, 0 to 1.
        ("once", "f4", (CIRCLE_SIZE,)),
        ("shape", "f4", (CIRCLE_SIZE,)),
        ("scale", "f4", (CIRCLE_SIZE,)),
        ("reasoned", "f4", (CIRCLE_SIZE,)),
        # Bit j of member i: i and j are linked; the most nats that i is linked by. The
        # members of one group are linked, its number is its first member's; what it is
        # surprising by.
        ("links", "u1", (CIRCLE_SIZE,)),
        ("link_nats", "f4", (CIRCLE_SIZE,)),
        ("group", "u1", (CIRCLE_SIZE,)),
        ("nats", "f4", (CIRCLE_SIZE,)),
        # Of the accounts that came back: the most other persons that one comes back to.
        ("listed", "f4"),
        # Decayed counts of newcomers, accounts that searched for the person for the first
        # time: all, those with a reason, those that were expected to have one, the nats by
        # which having so few is likelier of the curious, and the most that came on one day;
        # the newest day with one, and how many it had.
        ("fresh", "f8"),
        ("fresh_explained", "f8"),
        ("fresh_usual", "f8"),
        ("fresh_nats", "f8"),
        ("fresh_peak", "f8"),
        ("fresh_day", "i4"),
        ("fresh_today", "f8"),
        # Since when there has always been more than one left of them, and how many searched before.
        ("crowd_since", "i8"),
        ("crowd_before", "u4"),
        # Newcomers since the circle was drawn; of them those whose first search was before the
        # crowd began; those whose photo's source is known, of them those from social media, and
        # as many as are usual for them; those of the tenant that most are of, less those of
        # others, and this tenant.
        ("fresh_noted", "f8"),
        ("fresh_settled", "f8"),
        ("fresh_known", "f8"),
        ("fresh_social", "f8"),
        ("fresh_usual_social", "f8"),
        ("fresh_home", "f8"),
        ("home", "u4"),
        # Of newcomers who stated a purpose: how many, how many would have stated the same by
        # chance, and the most common purposes with how many stated each.
        ("stated", "f8"),
        ("stated_alike", "f8"),
        ("purposes", "u8", (CROWD_PURPOSES,)),
        ("purpose_counts", "f8", (CROWD_PURPOSES,)),
    ]
)
"""Drawn for a person searched for by several accounts: on several days, or by some more."""

PANEL_SIZE = 16

PURPOSE_CELLS = 16
"""Hash cells that a tenant's purposes fall into."""

MARK_KINDS = 5

CUSTOM = np.dtype(
    [
        ("last", "i8"),
        # First searches of an account for a person, and the sum of ln(accounts that by then
        # had searched for the person); of the day that is filled, and fading ones before.
        ("today_firsts", "f8"),
        ("today_crowds", "f8"),
        ("firsts", "f8"),
        ("crowds", "f8"),
        # Newcomers to persons that others searched for before, and those of them whose tenant was
        # the first to; likewise.
        ("today_met", "f8"),
        ("today_kin", "f8"),
        ("met", "f8"),
        ("kin", "f8"),
        # Persons whom an account came back to, those of them whom several did, and the sum of
        # ln(accounts - 1) of these; of the day that is filled, and fading ones before.
        ("today_kept", "f8"),
        ("today_shared", "f8"),
        ("today_company", "f8"),
        ("kept", "f8"),
        ("shared", "f8"),
        ("company", "f8"),
        # The first search; searches by stated purpose, of the day that is filled and fading ones
        # before; the chance that two of them state the same.
        ("since", "i8"),
        ("today_purposes", "f4", (PURPOSE_CELLS,)),
        ("purposes", "f4", (PURPOSE_CELLS,)),
        ("alike", "f8"),
        # A sample of the tenant's accounts, those whose hash is least, and their marks.
        ("panel", "u8", (PANEL_SIZE,)),
        ("panel_marks", "u4", (PANEL_SIZE, MARKS)),
        # Bit k: the account has a rare mark of kind k in common with another of the panel.
        ("partnered", "u1", (PANEL_SIZE,)),
    ]
)
"""What is usual at a tenant, as far as the persons of one shard tell."""

SUBJECT_FIGURES = np.dtype(
    [
        # The subject's row in its shard; `FREE` if the event names no person.
        ("row", "i4"),
        ("searches", "u4"),
        ("actors", "u4"),
        ("active_days", "i4"),
        ("rate_1d", "f4"),
        ("rate_30d", "f4"),
        # Of all others who searched for the person.
        ("other_searches", "u4"),
        ("other_actors", "u4"),
        ("other_returning", "u4"),
        ("other_return_logs", "f4"),
        # The ring that the event's account is in: accounts that came back, or are linked;
        # how many independent ones they are; their searches and the days with one; nats of
        # all of it, of those that are linked to none, of choosing them among all searchers, of
        # so many who come back to one person; the most nats that a link is surprising by.
        ("ring_accounts", "i4"),
        ("ring_groups", "i4"),
        ("ring_searches", "u4"),
        ("ring_days", "i4"),
        ("ring_nats", "f4"),
        ("ring_alone", "f4"),
        ("ring_choice", "f4"),
        ("ring_company", "f4"),
        ("ring_links", "f4"),
        # Newcomers of about a month beside those of the busiest day, and beyond those that the
        # person's own past leads one to expect; shares with a reason, and expected to have one;
        # nats by which that is likelier of the curious.
        ("crowd", "f4"),
        ("crowd_expected", "f4"),
        ("crowd_explained", "f4"),
        ("crowd_usual", "f4"),
        ("crowd_nats", "f4"),
        # Nats by which so many of them are likelier to have come since, and not before, of a
        # sudden; share that stated a purpose, share of these with the most common one, and by
        # chance; nats by which their purposes are likelier without a common cause.
        ("crowd_sudden", "f4"),
        ("crowd_stated", "f4"),
        ("crowd_common", "f4"),
        ("crowd_alike", "f4"),
        ("crowd_apart", "f4"),
        # Newcomers since the circle was drawn, share of them that were here before the crowd; those
        # whose photo's source is known, their share from social media, and what is usual for them;
        # share of one tenant, and how often two who search for the same person are of one.
        ("crowd_noted", "f4"),
        ("crowd_settled", "f4"),
        ("crowd_known", "f4"),
        ("crowd_social", "f4"),
        ("crowd_usual_social", "f4"),
        ("crowd_home", "f4"),
        ("crowd_kin", "f4"),
        # Mean ln(searchers) of the persons whom this tenant's accounts search for.
        ("usual_crowd", "f4"),
    ]
)

NETWORK_HORIZONS = np.array([3_600_000, DAY, 30 * DAY], np.float64)
"""Mean lifetimes of a network's decayed counts, ms."""

NETWORK = np.dtype(
    [
        ("first", "i8"),
        ("last", "i8"),
        ("searches", "u4"),
        ("rates", "f8", (len(NETWORK_HORIZONS),)),
        ("epoch", "i4"),
        # Sketches of the actors seen from it and of the persons they searched for.
        ("actors", "i4"),
        ("subjects", "i4"),
    ]
)

NETWORK_FIGURES = np.dtype(
    [
        ("row", "i4"),
        ("searches", "u4"),
        ("rate_1d", "f4"),
        ("actors", "f4"),
        ("subjects", "f4"),
    ]
)

"""What is kept of an actor.

A row of `ACTOR` is all that an actor who searched twice costs, beside one short `PAIR`
row a person. The rest is drawn with need: a `SHEET` for a day with searches, and a `MEDLEY`
once a second client or network searched on it, both given back two days later; a `BASELINE`
after the first whole day; a `RHYTHM` after the third; a `HISTORY` for a person searched on a
second day; sketches of the identities exposed.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
"""Milliseconds."""

HOURS_PER_DAY = 24
HOURS_PER_WEEK = 168

HORIZONS: NDArray[np.float64] = np.array([5 * MINUTE, HOUR, DAY, 7 * DAY, 30 * DAY], np.float64)
"""Mean lifetimes of the decayed counts, ms."""

H_5M, H_1H, H_1D, H_7D, H_30D = range(5)

REACH_HORIZONS: NDArray[np.float64] = np.array([HOUR, DAY], np.float64)
"""Mean lifetimes of the decayed counts of people reached for the first time, ms."""

R_1H, R_1D = range(2)


class Trait(IntEnum):
    """What an actor's day is described by; more is more like scraping."""

    REACH_DAY = 0  # ln(1 + people reached for the first time in a day)
    REACH_HOUR = 1  # ln(1 + the same in the busiest hour)
    AWAKE = 2  # hours of the day with a search
    LIMIT = 3  # mean ln(1 + candidates asked for)
    OPENNESS = 4  # 1 - mean score threshold
    PAGING = 5  # share of searches that page deeper into a candidate list
    REGULARITY = 6  # minus the standard deviation of ln(1 + gap in seconds)
    NEAR = 7  # ln of the most near-duplicate probes of one another within a day
    SHOTS = 8  # ln of the most different probes at one person within a day
    DOUBT = 9  # 1 - mean best score of searches that found somebody
    PARTIES = 10  # ln of the different clients, or networks if they are fewer, within a day
    PARALLEL = 11  # ln(1 + spans of a day in which two of them were at work)
    UNREST = 12  # hours that are missing to eight of rest


TRAITS = len(Trait)

VOLUMES = 3
"""The first so many traits are volumes."""

PEERED = (*range(VOLUMES), int(Trait.PARTIES), int(Trait.PARALLEL), int(Trait.UNREST))
"""Traits that peers judge too, volumes first."""

SPANS = 64
"""Parts of a day, of 22.5 minutes, in which two clients count as being at work at once."""

ACTOR = np.dtype(
    [
        ("actor", "u8", (2,)),
        ("tenant", "u8"),
        ("cohort", "u8"),
        ("first", "i8"),
        ("last", "i8"),
        ("utc_offset", "i2"),
        ("suspect_days", "i2"),
        ("suspect_on", "i4"),
        ("doubtful_days", "i2"),
        ("crowded_days", "i2"),
        ("searches", "u4"),
        # Those that could reach somebody: no failures, no deeper pages of a list; and did.
        ("looks", "u4"),
        ("reached", "u4"),
        ("explained", "u4"),
        ("rates", "f8", (len(HORIZONS),)),
        ("reaches", "f8", (len(REACH_HORIZONS),)),
        # Searches that named a person, and of them those with a probe from social media.
        ("named", "u4"),
        ("social", "u4"),
        # Persons searched for (pairs), those on a second day, the days beyond the first, and
        # the sum of these days' logarithms over the pairs, in 1/`kernels.pairs.LOG_UNIT` nats.
        ("pairs", "u4"),
        ("returning", "u4"),
        ("return_days", "u4"),
        ("return_logs", "u4"),
        # Of probes that found nobody: those used on a second day, and the same logarithms.
        ("blank_returning", "u4"),
        ("blank_logs", "u4"),
        # Cases searched for; late days of all of them, and those that brought new persons only.
        ("cases", "u4"),
        ("late", "u4"),
        ("alone", "u4"),
        # Evidence that earlier days left, in nats: of scraping, of several people.
        ("carried", "f4"),
        ("crowded", "f4"),
        # Likewise that it keeps a pace, and this pace: ln(1 + people reached) on its last busy
        # days; 0 before the first.
        ("steady", "f4"),
        ("pace", "f4"),
        # Numbers in the pools, `FREE` if not drawn.
        ("sheets", "i4", (2,)),
        ("baseline", "i4"),
        ("rhythm", "i4"),
        ("sketch", "i4"),
        ("sketch_epoch", "i4"),
    ]
)

SHEET = np.dtype(
    [
        ("day", "i4"),
        # 1 if a pattern suspects the actor on that day.
        ("suspect", "u1"),
        ("searches", "u4"),
        # Searches that could reach somebody: no failures, no deeper pages of a list.
        ("looks", "u4"),
        ("reach", "u4"),
        ("pages", "u4"),
        ("limits", "u4"),
        ("thresholds", "u4"),
        ("gaps", "u4"),
        ("limit_sum", "f8"),
        ("threshold_sum", "f8"),
        ("gap_sum", "f8"),
        ("gap_squares", "f8"),
        ("near", "f4"),
        ("shots", "f4"),
        ("scores", "u4"),
        ("score_sum", "f8"),
        # Bit h: a search in hour h (UTC); the most people reached in one hour.
        ("awake", "u4"),
        ("peak", "u4"),
        ("hours", "u2", (HOURS_PER_DAY,)),
        ("reach_hours", "u2", (HOURS_PER_DAY,)),
        # Which of 64 hash cells clients, networks and their systems fell into.
        ("clients", "u8"),
        ("networks", "u8"),
        ("systems", "u8"),
        # ln of how many people could be behind them, NaN if nothing is known.
        ("parties", "f4"),
        # Bit s: a search in span s. The first search's client, network, country, as hashes, and
        # the number of a `MEDLEY`, which is drawn when another one comes.
        ("spans", "u8"),
        ("client", "u1"),
        ("network", "u1"),
        ("country", "u1"),
        ("medley", "i4"),
        ("unrest", "f4"),
        # What was to be expected of the day: a Student-t per trait, fixed as it begins.
        ("expected", "f4", (TRAITS,)),
        ("spread", "f4", (TRAITS,)),
        ("freedom", "f4"),
        ("peer_expected", "f4", (len(PEERED),)),
        ("peer_spread", "f4", (len(PEERED),)),
        # What the days before left; fixed likewise.
        ("carried", "f4"),
        ("steady", "f4"),
    ]
)

BASELINE = np.dtype(
    [
        ("days", "f4", (TRAITS,)),
        ("mean", "f4", (TRAITS,)),
        ("squares", "f4", (TRAITS,)),
    ]
)

RHYTHM = np.dtype([("hours", "u1", (HOURS_PER_WEEK,))])

SHOWN_HABITS = 3
"""So many of the habits that surprise most are told of."""

ACTOR_FIGURES = np.dtype(
    [
        # The actor's row in its shard; `FREE` if the event is not judged (a duplicate).
        ("row", "i4"),
        ("observed", "f4", (TRAITS,)),
        ("expected", "f4", (TRAITS,)),
        ("spread", "f4", (TRAITS,)),
        ("freedom", "f4"),
        ("peer_expected", "f4", (len(PEERED),)),
        ("peer_spread", "f4", (len(PEERED),)),
        ("carried", "f4"),
        ("steady", "f4"),
        ("crowded", "f4"),
        # Different clients and networks today; spans with two clients and two networks; how often
        # in two countries at once or shortly after another; 1 if the log has clients or networks,
        # 2 if both.
        ("clients", "f4"),
        ("networks", "f4"),
        ("parallel", "u1"),
        ("travels", "u1"),
        ("sides", "u1"),
        ("searches_today", "u4"),
        ("looks_today", "u4"),
        ("reach_today", "u4"),
        ("rate_5m", "f4"),
        ("rate_1h", "f4"),
        ("searches", "u4"),
        ("looks", "u4"),
        ("reached", "u4"),
        ("first", "i8"),
        ("exposed", "f4"),
        # The pair of this actor and the event's person; zeros if it named none.
        ("pair_searches", "u4"),
        ("pair_explained", "u4"),
        ("pair_social", "u4"),
        ("pair_days", "i4"),
        ("pair_plain_days", "i4"),
        ("pair_probes", "f4"),
        ("pair_since", "i4"),
        # What the event changed: 1 if it is the pair's first search; pairs with a second day, and
        # logarithms of further days, more or (as days leave the bitmap) less than before.
        ("pair_is_new", "u1"),
        ("pair_returned", "i1"),
        ("pair_new_days", "i1"),
        ("pair_new_logs", "i2"),
        # The actor's other pairs, and the searches in them.
        ("other_named", "u4"),
        ("other_explained", "u4"),
        ("other_social", "u4"),
        ("other_pairs", "u4"),
        ("other_returning", "u4"),
        ("other_return_days", "u4"),
        ("other_return_logs", "f4"),
        ("blank_returning", "u4"),
        ("blank_logs", "f4"),
        # The actor's peers: see `kernels.sheets.PeerView`.
        ("peer_returning", "f4"),
        ("peer_return_logs", "f4"),
        ("peer_explained", "f4"),
        ("peer_social", "f4"),
        # Different probes within a day that are near-duplicates of the event's, and at its
        # person, with it; 0 without one. Of those with a score, how many beat all before, and
        # their mean; the evidence that they climb, in nats.
        ("near", "f4"),
        ("near_scored", "u2"),
        ("near_records", "u2"),
        ("near_mean", "f4"),
        ("near_climb", "f4"),
        ("shots", "f4"),
        ("shots_scored", "u2"),
        ("shots_records", "u2"),
        ("shots_mean", "f4"),
        ("shots_climb", "f4"),
        # Of the account's other targets: how often a probe was for a new one, for the same again.
        ("other_targets", "f4"),
        ("other_retries", "f4"),
        # If the event's probe found nobody: the evidence that scores of such probes rise from
        # day to day, in nats; their mean today and before.
        ("rise", "f4"),
        ("rise_mean", "f4"),
        ("rise_usual", "f4"),
        # The case of this actor and the event; zeros without one, or if nobody was found.
        # Persons; days with one who was new or came back, late ones of them, and of these
        # those that brought new persons only, beside their usual share; nats of this.
        ("case_persons", "f4"),
        ("case_days", "u2"),
        ("case_late", "u2"),
        ("case_alone", "u2"),
        ("case_usual", "f4"),
        ("case_nats", "f4"),
        ("case_searches", "u4"),
        ("case_social", "u4"),
        ("case_since", "i4"),
        ("other_cases", "u4"),
        ("peer_cases", "f4"),
        # What the account did today, whatever the operation: its row among today's accounts,
        # `FREE` if not judged; if its events have just doubled, the nats of its habits
        # together and of their combination, and the three that surprise most: which, its
        # number, the usual one, nats. `odd` is NaN where not judged.
        ("deed", "i4"),
        ("odd", "f4"),
        ("rare", "f4"),
        ("habit", "u1", (SHOWN_HABITS,)),
        ("habit_found", "f4", (SHOWN_HABITS,)),
        ("habit_usual", "f4", (SHOWN_HABITS,)),
        ("habit_nats", "f4", (SHOWN_HABITS,)),
    ]
)

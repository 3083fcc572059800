"""What to do next about an alert, by what it is about."""

from collections.abc import Mapping
from typing import Final

from detectors.alerts import Alert, PatternCode

_FIRST: Final = (
    "Find the records named in event_ids in your own log: they say who it was, and what the "
    "account did around that time."
)
_LAST: Final = (
    "Say what it was, with `probewatch verdict {} true` or false, benign or duplicate: verdicts "
    "teach which patterns are worth their budget."
)

_BY_PATTERN: Final[Mapping[PatternCode, tuple[str, ...]]] = {
    PatternCode.BULK_SCRAPING: (
        (
            "Ask the account's owner what it copies the gallery for; a load test or a migration is "
            "announced somewhere."
        ),
        (
            "If nobody can say: limit or suspend the credential, since what was taken does not "
            "come back."
        ),
    ),
    PatternCode.DISTRIBUTED_SCRAPING: (
        (
            "Look at how the accounts were opened and paid for; limit all of them at once, or the "
            "rest will carry on."
        ),
    ),
    PatternCode.PERSISTENT_STALKING: (
        (
            "Let somebody who is not the account's colleague ask for the reason, and check it: "
            "documented abusers had typed one every time."
        ),
        "Think of the person searched for, who may be in danger; do not warn the account first.",
    ),
    PatternCode.COORDINATED_STALKING: (
        (
            "Find out whether the accounts are one person's, or know each other, before any of "
            "them is asked."
        ),
        "Think of the person searched for, who may be in danger; do not warn the accounts first.",
    ),
    PatternCode.SUBJECT_PILE_ON: (
        (
            "Look for news about the person on the days before; then ask which of the accounts had "
            "work to do with it."
        ),
    ),
    PatternCode.CASE_LAUNDERING: (
        "Compare the persons searched for with the file of the case, by whoever leads it.",
        "Look at the account's other cases: an excuse that worked once is used again.",
    ),
    PatternCode.PROBE_HILL_CLIMBING: (
        (
            "Look at the probes in order: altered or generated images are an attack on the "
            "matcher, a new photo each time may be poor cameras."
        ),
        "Check what the last matches were used for; raise the threshold for the account.",
    ),
    PatternCode.CREDENTIAL_SHARING: (
        "Ask the owner who uses the credential, and give each of them one of their own.",
        "If it is not known to be shared: change it, since it may have been stolen.",
    ),
    PatternCode.UNUSUAL_ACTIVITY: (
        "It says that something is strange, not what is wrong: ask whoever knows the account.",
    ),
}


def next_steps(alert: Alert, *, decided: bool) -> tuple[str, ...]:
    """What to do about an alert, in order; a verdict is asked for unless there is one."""
    last = () if decided else (_LAST.format(alert.alert_id),)
    return (_FIRST, *_BY_PATTERN[alert.pattern], *last)

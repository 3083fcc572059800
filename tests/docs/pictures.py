"""One alert of each pattern for docs/alerts.md: `python -m tests.docs.pictures` tells them.

Each is of a scenario, as `probewatch replay` finds it and `probewatch explain` tells it. What is
told stands between `<!-- told:<pattern> -->` and `<!-- /told -->`.
"""

import re
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from detectors.alerts import Alert, PatternCode
from streams.explain.answers import Asked, of_alert
from streams.explain.episode import AlertExplained, number
from streams.settings import Settings
from tests.docs.pages import DOCS
from tests.scenarios.stories import MISUSE
from tests.unit.streams.explain.told import Log, written

PAGE: Final = DOCS / "alerts.md"
PICTURES: Final = DOCS / "pictures" / "alerts"
STORIES: Final[Mapping[PatternCode, str]] = {
    PatternCode.BULK_SCRAPING: "slow_scraper",
    PatternCode.DISTRIBUTED_SCRAPING: "voyager_socks",
    PatternCode.PERSISTENT_STALKING: "sedgwick_228",
    PatternCode.COORDINATED_STALKING: "five_accounts",
    PatternCode.SUBJECT_PILE_ON: "murder_victim_158",
    PatternCode.CASE_LAUNDERING: "evansville_9",
    PatternCode.PROBE_HILL_CLIMBING: "hill_climber",
    PatternCode.CREDENTIAL_SHARING: "posted_password",
    PatternCode.UNUSUAL_ACTIVITY: "parting_gift",
}

PART: Final = re.compile(r"(<!-- told:(\w+) -->\n).*?(<!-- /told -->)", re.DOTALL)


def tell(code: PatternCode, directory: Path) -> str:
    """Draw the picture of a pattern's alert; what the page says of it."""
    (story,) = (story for story in MISUSE if story.name == STORIES[code])
    found = written(story, directory)
    picture = PICTURES / f"{code.value}.png"
    asked = Asked(Settings(), [str(found.log)], "none", None, picture)
    alert = _first(found, code)
    told = of_alert(asked, alert.alert_id, str(found.alerts), {}, lambda *_: None)
    if not isinstance(told.explained, AlertExplained):
        raise TypeError(told.explained)
    return "\n".join(_page(told.explained, story.name, picture)) + "\n"


def _first(found: Log, code: PatternCode) -> Alert:
    return next(alert for alert in found.revisions if alert.pattern is code)


def _page(told: AlertExplained, story: str, picture: Path) -> Iterator[str]:
    alert = told.alert
    what = alert.pattern.value.replace("_", " ")
    first = told.revisions[0]
    alt = f"Searches of the {alert.entity.type} over time, with the alert"
    yield f"![{alt}](pictures/alerts/{picture.name})"
    yield ""
    yield from _wrapped(
        f"[`{story}`](../tests/scenarios/{story}): {alert.severity.value} {what} of "
        f"{alert.entity.type} `{alert.entity.id}`, raised after {first.event_count:,} searches "
        f"that were evidence, {len(told.revisions)} revisions; rarity {number(alert.rarity)}, "
        f"{told.distance.evidence:.1f} nats of {told.distance.threshold:.1f}."
    )
    yield ""
    for reason in alert.reasons:
        yield from _wrapped(reason.text, "- ")
    yield ""
    yield from _wrapped(f"Otherwise: {'; '.join(told.changes)}.")


def _wrapped(text: str, before: str = "") -> list[str]:
    return textwrap.wrap(
        before + text,
        100,
        subsequent_indent=" " * len(before),
        break_on_hyphens=False,
        break_long_words=False,
    )


def main() -> None:
    """Draw and tell all nine."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    told = {}
    for code in STORIES:
        with tempfile.TemporaryDirectory() as directory:
            told[code.value] = tell(code, Path(directory))
    PAGE.write_text(PART.sub(lambda part: part[1] + told[part[2]] + part[3], PAGE.read_text()))


if __name__ == "__main__":
    main()

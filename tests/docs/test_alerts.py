"""The page of one alert of each pattern says what the scenarios find."""

import orjson

from detectors.alerts import PatternCode
from detectors.patterns import Patterns
from tests.docs.pages import ROOT
from tests.docs.pictures import PAGE, PART, PICTURES, STORIES

MOST_BYTES = 1 << 20
"""Of all pictures: they are in every clone."""


def test_each_pattern_is_told_of_with_a_picture() -> None:
    """Nine, each with the scenario that it is of."""
    told = {PatternCode(part[2]) for part in PART.finditer(PAGE.read_text())}

    assert told == {pattern.code for pattern in Patterns().all()} == set(STORIES)
    for part in PART.finditer(PAGE.read_text()):
        assert f"(pictures/alerts/{part[2]}.png)" in part[0]
        assert f"[`{STORIES[PatternCode(part[2])]}`]" in part[0]
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < MOST_BYTES


def test_what_is_told_is_what_the_scenario_raises() -> None:
    """Each scenario's golden file has an alert of the pattern, on the entity that is named."""
    for part in PART.finditer(PAGE.read_text()):
        story = STORIES[PatternCode(part[2])]
        golden = (ROOT / "tests" / "scenarios" / story / "alerts.jsonl").read_bytes()
        raised = [orjson.loads(line) for line in golden.splitlines()]
        first = next(alert for alert in raised if alert["pattern"] == part[2])
        # A group's id is a hash of pseudonyms, which the scenarios' tests make otherwise.
        if part[2] != PatternCode.DISTRIBUTED_SCRAPING:
            assert f"`{first['entity']}`" in part[0]

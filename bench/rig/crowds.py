"""Live queries of very many accounts that search now and then, and of some that scrape."""

from collections.abc import Iterator

import numpy as np

from detectors.state.actors import DAY

from .logs import CROWD_DAYS, CROWD_NETWORKS, crowd_start
from .traffic import Query

SCRAPE_SEARCHES = 300
"""Of one scraper; no account of the crowd comes near."""
SCRAPE_GAP_MS = 100
SCRAPER_EVERY_MS = 500

_QUERY = (
    '{"event_id":"%s%08x","event_time":%d,"tenant_id":"host","actor_id":"%s","operation":'
    '"identify","outcome":"success","gallery_id":"all","candidate_limit":1,"candidate_count":1,'
    '"probe_id":"%s%016x","subject_id":"s%08x","source_ip":"11.%d.%d.9"}'
)


class LiveCrowd:
    """The accounts of `logs.crowd` after the sixty days of its log.

    Every half second one account more begins to scrape: ten searches a second, each for
    another person.

    Args:
        actors: how many accounts there are, and persons.
        scrapers: whether there are some.
        begins: ms after the sixty days.
    """

    def __init__(self, actors: int, *, scrapers: bool = True, begins: int = 0) -> None:
        self._actors = actors
        self._scrapers = scrapers
        self._rng = np.random.default_rng(2)
        self._start = self._now = crowd_start() + CROWD_DAYS * DAY + begins
        self._count = 0

    def until(self, ms: int, events: int) -> list[Query]:
        """So many queries of the crowd, spread until `ms` after the start, and those of scrapers."""
        began, self._now = self._now, max(self._now, self._start + ms)
        times = np.linspace(began, self._now, events, endpoint=False).astype(np.int64).tolist()
        actors = self._rng.integers(0, self._actors, events).tolist()
        people = self._rng.integers(0, self._actors, events).tolist()
        timed = [
            (time, self._query(time, actor, person))
            for time, actor, person in zip(times, actors, people, strict=True)
        ]
        if self._scrapers:
            timed += self._scraped(began, self._now)
            timed.sort(key=lambda item: item[0])
        return [query for _, query in timed]

    def _query(self, time: int, actor: int, person: int) -> Query:
        self._count += 1
        high, low = divmod(actor % CROWD_NETWORKS, 250)
        name = f"u{actor:08x}"
        value = _QUERY % ("l", self._count, time, name, "l", self._count, person, high, low)
        return Query(name.encode(), value.encode())

    def _scraped(self, began: int, ends: int) -> Iterator[tuple[int, Query]]:
        """What scrapers search from one time until before another."""
        for step in range(-(-began // SCRAPE_GAP_MS), -(-ends // SCRAPE_GAP_MS)):
            time = step * SCRAPE_GAP_MS
            newest = (time - self._start) // SCRAPER_EVERY_MS
            for scraper in range(max(0, newest - SCRAPE_SEARCHES), newest + 1):
                number = (time - self._start - scraper * SCRAPER_EVERY_MS) // SCRAPE_GAP_MS
                if 0 <= number < SCRAPE_SEARCHES:
                    yield time, self._search(time, scraper, number)

    def _search(self, time: int, scraper: int, number: int) -> Query:
        unique = scraper * SCRAPE_SEARCHES + number
        name = scraper_name(scraper)
        person = unique % self._actors
        value = _QUERY % (f"{name}-", number, time, name, "x", unique, person, 12, scraper % 250)
        return Query(name.encode(), value.encode())


def scraper_name(scraper: int) -> str:
    """The id of a scraper's account, which its event ids begin with."""
    return f"scraper{scraper:06}"

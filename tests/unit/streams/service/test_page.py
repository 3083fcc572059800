import asyncio
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerts import Alert, Entity, Reason, Severity, Status
from streams.decisions.reader import now
from streams.decisions.silences import Silences
from streams.service.page import Decided, Page, alert_page, list_page
from streams.service.recent import Recent
from streams.terminal import printable
from tests.alerts import an_alert
from tests.decisions import a_snooze, ruled

HOSTILE = "</code></style><script>alert(1)</script><img src=x onerror='1'>&amp;\"\x1b[2J\n\ud800"


class Reader(HTMLParser):
    """What a browser would make of a page, as far as it matters here."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    @property
    def text(self) -> str:
        """All text, in one line."""
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it, and where it leads."""
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        """Note text outside of the style."""
        if self.tags[-1:] != ["style"]:
            self.words.append(data)


def told(**changed: Any) -> Alert:
    """An alert with two reasons."""
    reasons = (Reason("a", 1, 0, "", "the strongest"), Reason("b", 1, 0, "", "another"))
    return an_alert(**({"reasons": reasons} | changed))


def test_what_is_silenced_is_marked_and_not_hidden() -> None:
    """With the cause, in the list and by itself; nothing else is."""
    alerts = [told(), told(alert_id="a2")]
    page = Reader(list_page(alerts, decided={"a2": Decided("snooze 0a1b2c3d")}))

    assert page.tags.count("article") == 2
    assert page.text.count("silenced: snooze 0a1b2c3d") == 1
    assert "silenced: suppression x" in Reader(alert_page(alerts[0], Decided("suppression x"))).text
    assert "silenced" not in Reader(alert_page(alerts[0])).text


def test_a_verdict_is_shown() -> None:
    """With who gave it, in the list and by itself; colleagues see that it is decided."""
    alerts = [told(), told(alert_id="a2")]
    page = Reader(list_page(alerts, decided={"a2": Decided(ruled=ruled())}))

    assert page.text.count("verdict: false, by anna on 2025-01-06") == 1
    assert "verdict: false" in Reader(alert_page(alerts[0], Decided(ruled=ruled()))).text
    assert "verdict" not in Reader(alert_page(alerts[0])).text


def test_the_page_says_that_an_episode_may_go_on() -> None:
    """Unless it is over: what is shown is as of the last revision."""
    going_on, over = told(), told(status=Status.CLOSED)

    assert "in between it may go on" in Reader(alert_page(going_on)).text
    assert "in between it may go on" not in Reader(alert_page(over)).text


def test_the_page_asks_what_is_silenced_each_time() -> None:
    """Since snoozes come and end while it is served."""
    alerts, snoozes = Recent(), [a_snooze(until=now() + 3_600_000)]
    alerts.put(told())
    handler: Any = Page(alerts, lambda: Silences(tuple(snoozes))).routes[0].handler

    def shown() -> str:
        answer = asyncio.run(handler(make_mocked_request("GET", "/")))
        assert isinstance(answer, web.Response)
        return Reader(answer.text or "").text

    assert "silenced: snooze 0a1b2c3d" in shown()
    snoozes.clear()
    assert "silenced" not in shown()


def test_the_list_says_what_one_has_to_know() -> None:
    """How bad, what, who, why, how much, since when, and whether it still goes on."""
    alert = told(
        severity=Severity.CRITICAL,
        status=Status.UPDATED,
        entity=Entity("pair", "p0_a+p0_b"),
        event_count=1_200,
        subjects_exposed=34,
        rarity=0.00012,
    )
    text = Reader(list_page([alert])).text

    assert "critical updated Bulk scraping pair p0_a and p0_b of t the strongest another" in text
    assert "first 2026-03-05 09:00:00 last told 2026-03-05 10:00:00" in text
    assert "searches by then 1,200 people exposed 34" in text
    assert "rarity, in 10,000 actor-days 0.00012" in text


def test_it_needs_no_script_and_loads_itself_anew() -> None:
    """A browser without JavaScript shows all, and stays up to date."""
    page = list_page([told()])

    assert "script" not in Reader(page).tags
    assert '<meta http-equiv="refresh" content="5">' in page


def test_what_one_reads_stays() -> None:
    """A single alert is not loaded again under the eyes of its reader."""
    assert "http-equiv" not in alert_page(told())


def test_an_alert_names_its_evidence() -> None:
    """The ids that lead to the operator's own log are there to be copied."""
    text = Reader(alert_page(told(event_ids=("e1", "e2"), gallery_id="faces"))).text

    assert "e1 e2" in text
    assert "gallery faces" in text
    assert "alert a1" in text


def test_nothing_is_said_in_words() -> None:
    """Without alerts the page is not just empty."""
    assert "No alerts." in Reader(list_page([])).text


def test_severities_can_be_picked() -> None:
    """The counts are of all; shown are those that were asked for."""
    alerts = [told(severity=Severity.LOW, alert_id="a"), told(severity=Severity.HIGH, alert_id="b")]
    page = Reader(list_page(alerts, "high"))

    assert "all 2 critical 0 high 1 medium 0 low 1" in page.text
    assert [link for link in page.links if link.startswith("/alerts/")] == ["/alerts/b"]


@pytest.mark.parametrize("make", [lambda alert: list_page([alert]), alert_page])
@given(st.text() | st.just(HOSTILE))
def test_whatever_an_id_holds_is_text(make: Any, name: str) -> None:
    """No id adds an element or an attribute, and none is lost."""
    plain, strange = (
        Reader(
            make(
                told(
                    alert_id=f"a{text}",
                    tenant_id=f"t{text}",
                    gallery_id=f"g{text}",
                    entity=Entity("actor", f"x{text.replace('+', '')}"),
                    reasons=(Reason("a", 1, 0, "", f"r{text}"),),
                    event_ids=(f"e{text}",),
                )
            )
        )
        for text in ("", name)
    )

    assert strange.tags == plain.tags
    assert len(strange.links) == len(plain.links)
    shown = " ".join(f"r{printable(name)}".split())
    assert shown in strange.text


def fetched(path: str, *alerts: Alert) -> tuple[int, str, dict[str, str]]:
    """What a server with these alerts answers: status, page, headers."""
    return asyncio.run(_fetched(path, alerts))


async def _fetched(path: str, alerts: Sequence[Alert]) -> tuple[int, str, dict[str, str]]:
    recent = Recent()
    for alert in alerts:
        recent.put(alert)
    app = web.Application()
    app.add_routes(Page(recent).routes)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        async with ClientSession() as session, session.get(f"http://{host}:{port}{path}") as answer:
            return answer.status, await answer.text(), dict(answer.headers)
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("name", ["a1", "a/b?c=d#e", HOSTILE[:40]])
def test_each_alert_is_where_the_list_links_to(name: str) -> None:
    """Whatever its id."""
    alert = told(alert_id=name)
    (link,) = (link for link in Reader(list_page([alert])).links if link.startswith("/alerts/"))
    status, page, _ = fetched(link, alert)

    assert status == 200
    assert "the strongest" in Reader(page).text


def test_an_alert_that_is_not_known_is_said_to_be_so() -> None:
    """The answer has no part of what was asked for."""
    status, page, _ = fetched("/alerts/%3Cscript%3E", told())

    assert status == 404
    assert "not among the latest" in Reader(page).text
    assert "script" not in page


def test_the_list_is_at_the_root_and_kept_nowhere() -> None:
    """Browsers neither store it nor run or load anything for it."""
    status, page, headers = fetched("/?severity=medium", told())

    assert (status, "the strongest" in page) == (200, True)
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none';")


def test_alerts_of_a_campaign_stand_together() -> None:
    """Under one heading, where the newest of them stands; those of nobody else between."""
    alerts = [
        told(alert_id="first", campaign_id="one"),
        told(alert_id="second", campaign_id="two"),
        told(alert_id="third", campaign_id="one"),
    ]
    page = Reader(list_page(alerts))
    order = [link for link in page.links if link.startswith("/alerts/")]

    assert "2 alerts that belong together" in page.text
    assert order == ["/alerts/first", "/alerts/third", "/alerts/second"]

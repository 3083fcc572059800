"""The latest alerts as pages for whoever was woken by one; they work without scripts.

Pages are built as trees, so that whatever an id holds is written as text.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

from aiohttp import web

from detectors.alerts import Alert, Severity, Status
from streams.campaigns import campaigns
from streams.decisions.reader import now
from streams.decisions.records import Ruled, in_words
from streams.decisions.silences import NOTHING, Silences
from streams.terminal import printable

from .recent import MOST_SHOWN, Recent

_REFRESH_SECONDS: Final = 5
_STYLE: Final = files(__package__).joinpath("page.css").read_text("utf-8")
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_REVISED: Final = (
    "These figures are of the last revision. There is another one when the searches have doubled "
    "or the severity rises, and one when it ends; in between it may go on."
)
_NOT_YET: Final = "No alerts."
_OTHER: Final = ("metrics", "readyz", "healthz")

Node = ET.Element
Child = Node | str


class Decided(NamedTuple):
    """What people have decided of an alert.

    Attributes:
        silenced: why nobody is told of it; None if that is not so.
        ruled: the last verdict on it, if any.
    """

    silenced: str | None = None
    ruled: Ruled | None = None


_NOTHING_DECIDED: Final = Decided()


class Page:
    """The list of alerts at `/`, and each with its evidence at `/alerts/<id>`.

    Args:
        alerts: that are shown.
        silences: what nobody is told of for now.
        ruled: the last verdict on an alert, by its id.
    """

    def __init__(
        self,
        alerts: Recent,
        silences: Callable[[], Silences] = lambda: NOTHING,
        ruled: Callable[[str], Ruled | None] = lambda _: None,
    ) -> None:
        self._alerts = alerts
        self._silences = silences
        self._ruled = ruled

    @property
    def routes(self) -> list[web.RouteDef]:
        """Where it is shown."""
        return [web.get("/", self._list), web.get("/alerts/{id}", self._one)]

    async def _list(self, request: web.Request) -> web.Response:
        alerts = self._alerts.newest_first()
        severity = request.query.get("severity")
        return _answer(list_page(alerts, severity, self._decided(alerts)))

    async def _one(self, request: web.Request) -> web.Response:
        alert = self._alerts.get(request.match_info["id"])
        if alert is None:
            gone = el("main", el("p", "This alert is not among the latest."), _back())
            return _answer(_page("Unknown alert", gone), status=404)
        return _answer(alert_page(alert, self._decided([alert])[alert.alert_id]))

    def _decided(self, alerts: Iterable[Alert]) -> dict[str, Decided]:
        """By alert: what people have decided of it."""
        silences, present = self._silences(), now()
        return {
            alert.alert_id: Decided(silences.covers(alert, present), self._ruled(alert.alert_id))
            for alert in alerts
        }


def list_page(
    alerts: Sequence[Alert],
    severity: str | None = None,
    decided: Mapping[str, Decided] | None = None,
) -> str:
    """The alerts in the order given, with reasons; it loads itself anew.

    Args:
        alerts: all that there are.
        severity: show only these; None for all.
        decided: by alert, where anything was.
    """
    shown = [alert for alert in alerts if severity in {None, alert.severity.value}]
    cards = [_campaign(group, decided or {}) for group in campaigns(shown)]
    cards = cards or [el("p", _NOT_YET, class_="none")]
    others = [el("a", name, href=f"/{name}") for name in _OTHER]
    kept = f"The {MOST_SHOWN} alerts that changed last, anew every {_REFRESH_SECONDS} s."
    return _page(
        "Alerts",
        el("header", el("h1", "Probewatch"), _filters(alerts, severity)),
        el("main", *cards),
        el("footer", el("p", f"{kept} Event times are in UTC."), el("p", *_spaced(others))),
        refresh=True,
    )


def alert_page(alert: Alert, decided: Decided = _NOTHING_DECIDED) -> str:
    """One alert with all that it says; it stays as it is while one reads."""
    ids = [el("li", el("code", text)) for text in alert.event_ids]
    going_on = el("p", _REVISED, class_="none")
    facts = [
        ("alert", alert.alert_id),
        ("revision", f"{alert.revision}"),
        ("score", f"{alert.score:.3f}"),
        ("raised", _time(alert.raised_event_time)),
        ("gallery", alert.gallery_id or "any"),
        ("campaign", alert.campaign_id or "none"),
        ("configuration", alert.config_hash),
    ]
    return _page(
        _title(alert),
        el("header", el("h1", "Probewatch"), _back()),
        el(
            "main",
            _card(alert, decided, whole=True),
            *([] if alert.status is Status.CLOSED else [going_on]),
            el("h2", "Evidence: ids of events in your own log"),
            el("ul", *ids, class_="ids"),
            el("h2", "Also"),
            _facts(facts),
        ),
    )


def _campaign(alerts: Sequence[Alert], decided: Mapping[str, Decided]) -> Node:
    """A card, or the cards of a campaign of several alerts under one heading."""
    cards = [_card(alert, decided.get(alert.alert_id, _NOTHING_DECIDED)) for alert in alerts]
    if len(cards) == 1:
        return cards[0]
    heading = el("p", f"{len(alerts)} alerts that belong together", class_="campaign")
    return el("section", heading, *cards)


def _card(alert: Alert, decided: Decided, *, whole: bool = False) -> Node:
    severity = alert.severity.value
    name = el("h2", _title(alert) if whole else _link(alert))
    marks = [el("span", alert.status.value)]
    if decided.silenced is not None:
        marks.append(el("span", f"silenced: {decided.silenced}", class_="silenced"))
    if decided.ruled is not None:
        marks.append(el("span", f"verdict: {in_words(decided.ruled)}", class_="verdict"))
    tenant = alert.tenant_id or ", ".join(alert.tenants)
    who = el("p", f"{alert.entity.type} ", *_ids(alert.entity.id), f" of {tenant}", class_="who")
    reasons = [el("li", reason.text) for reason in alert.reasons]
    facts = [
        ("first", _time(alert.first_event_time)),
        # Between revisions an episode goes on unsaid, until it has doubled.
        ("last told", _time(alert.last_event_time)),
        ("searches by then", f"{alert.event_count:,}"),
        ("people exposed", f"{alert.subjects_exposed:,}"),
        ("rarity, in 10,000 actor-days", f"{alert.rarity:.2g}"),
    ]
    over = " over" if alert.status is Status.CLOSED and not whole else ""
    return el(
        "article",
        el("p", el("strong", severity), *marks, class_="mark"),
        el("div", name, who, el("ul", *reasons), _facts(facts)),
        class_=f"{severity}{over}",
    )


def _link(alert: Alert) -> Node:
    return el("a", _title(alert), href=f"/alerts/{quote(alert.alert_id, '', errors='replace')}")


def _filters(alerts: Sequence[Alert], chosen: str | None) -> Node:
    """How many there are of each severity, most severe first; each is a link to these."""
    counts = Counter(alert.severity.value for alert in alerts)
    links = [_filter(f"all {len(alerts)}", "/", chosen=chosen is None)]
    for severity in reversed(Severity):
        address = f"/?{urlencode({'severity': severity.value})}"
        text = f"{severity.value} {counts[severity.value]}"
        links.append(_filter(text, address, chosen=chosen == severity.value))
    return el("nav", *_spaced(links))


def _filter(text: str, address: str, *, chosen: bool) -> Node:
    return el("a", text, href=address, class_="chosen" if chosen else "")


def _back() -> Node:
    return el("nav", el("a", "all alerts", href="/"))


def _facts(facts: Sequence[tuple[str, str]]) -> Node:
    return el("dl", *(el("div", el("dt", name), el("dd", text)) for name, text in facts))


def _title(alert: Alert) -> str:
    return alert.pattern.value.replace("_", " ").capitalize()


def _time(text: str) -> str:
    """To the second: `2025-03-13 04:46:59`."""
    return text[:19].replace("T", " ")


def _ids(entity: str) -> list[Child]:
    """An entity's id, or a pair's two."""
    first, *rest = (el("code", part) for part in entity.split("+"))
    return [first, *(child for part in rest for child in (" and ", part))]


def _spaced(nodes: Sequence[Node]) -> list[Child]:
    return [child for node in nodes for child in (node, " ")]


def el(tag: str, *children: Child, class_: str = "", **attributes: str) -> Node:
    """An element; text in it is text, and control characters are made visible."""
    given = {"class": class_} | attributes if class_ else attributes
    node = ET.Element(tag, {name: printable(value) for name, value in given.items()})
    for child in children:
        if not isinstance(child, str):
            node.append(child)
        elif len(node):
            node[-1].tail = (node[-1].tail or "") + printable(child)
        else:
            node.text = (node.text or "") + printable(child)
    return node


def _page(title: str, *body: Node, refresh: bool = False) -> str:
    style = ET.Element("style")
    style.text = _STYLE
    head = el("head", el("meta", charset="utf-8"), el("title", f"{title} · Probewatch"), style)
    head.append(el("meta", name="viewport", content="width=device-width, initial-scale=1"))
    if refresh:
        again = {"http-equiv": "refresh", "content": f"{_REFRESH_SECONDS}"}
        head.append(ET.Element("meta", again))
    html = el("html", head, el("body", *body), lang="en")
    return "<!doctype html>\n" + ET.tostring(html, encoding="unicode", method="html")


def _answer(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers=_HEADERS)

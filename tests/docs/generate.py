"""The parts of the pages that follow from the code: `python -m tests.docs.generate` writes them.

A part stands between `<!-- generated:<name> -->` and `<!-- /generated -->`.
"""

import inspect
import re
import textwrap
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry

from detectors.patterns import Pattern, Patterns
from streams.kafka.topics import UNLIMITED, Topic, Topics, topics
from streams.service.measures.making import Made, Over
from streams.service.metrics import Metrics
from streams.settings import Kafka, default_file
from streams.settings.durations import format_duration
from streams.settings.validation import described
from tests.docs.pages import pages

WIDTH = 100

PART = re.compile(r"(<!-- generated:([\w:]+) -->\n).*?(<!-- /generated -->)", re.DOTALL)


def up_to_date(text: str) -> str:
    """A page's text with all of its generated parts written anew."""
    return PART.sub(lambda part: part[1] + PARTS[part[2]]() + part[3], text)


def configuration() -> str:
    """The default file."""
    return f"```toml\n{default_file()}```\n"


def about(pattern: Pattern) -> str:
    """What the pattern's docstring says below its first line, and its fixed properties."""
    _, _, rest = inspect.cleandoc(type(pattern).__doc__ or "").partition("\n\n")
    paragraphs = [*rest.split("\n\n"), _properties(pattern)]
    return "\n\n".join(map(_paragraph, paragraphs)) + "\n"


def _paragraph(text: str) -> str:
    bold = re.sub(r"^(Fails when|Sources):", r"**\1:**", " ".join(text.split()))
    return textwrap.fill(bold, WIDTH, break_on_hyphens=False, break_long_words=False)


def _properties(pattern: Pattern) -> str:
    intercept, rate = pattern.null
    ids = ", ".join(filter(None, msgspec.structs.astuple(pattern.taxonomy)))
    return (
        f"**An alert is about** a{'n' if pattern.entity[0] in 'aeiou' else ''} {pattern.entity}. "
        f"**It needs** capability level L{pattern.level}. "
        f"**It closes** after {pattern.quiet_days} days without evidence; "
        f"{pattern.memory_days} days after the last evidence it is forgotten. "
        f"**Null law:** exp({intercept:g} − {rate:g} x). **Taxonomy:** {ids}."
    )


def settings(pattern: Pattern) -> str:
    """A table of what can be set."""
    rows = [
        f"| `{field.encode_name}` | {_written(field.default)} | {described(field.type)} |\n"
        for field in msgspec.structs.fields(pattern)  # type: ignore[arg-type]
    ]
    return "".join(["| setting | default | is |\n|---|---|---|\n", *rows])


def topic_table() -> str:
    """Every topic as it is created by default, and who uses it."""
    head = "| topic | written by | read by | kept | for |\n|---|---|---|---|---|\n"
    by_default = topics(Kafka())
    rows = [
        f"| `{topic.name}` | {writers} | {readers} | {_kept(topic)} | {topic.purpose} |\n"
        for topic, (writers, readers) in zip(by_default, _USERS.values(), strict=True)
    ]
    return "".join([head, *rows])


def _kept(topic: Topic) -> str:
    if topic.config.get("cleanup.policy") == "compact":
        return "the last per key"
    kept = topic.config.get("retention.ms")
    if kept is None:
        return "as you like"
    if kept == UNLIMITED:
        return "what a recovery needs"
    return format_duration(timedelta(milliseconds=int(kept)))


def metric_table() -> str:
    """Every metric of a worker: those of its own, then those of its process."""
    metrics = Metrics(CollectorRegistry())
    process = [
        Made(f"{one.name}{'_total' * (one.type == 'counter')}", one.type, (), Over.EACH, text)
        for one in metrics.registry.collect()
        if one.name.startswith("probewatch_process_") and (text := one.documentation)
    ]
    head = "| metric | kind | labels | workers | what |\n|---|---|---|---|---|\n"
    return head + "".join(map(_metric_row, metrics.making.made + process))


def _metric_row(made: Made) -> str:
    labels = ", ".join(f"`{label}`" for label in made.labels)
    cells = (f"`{made.name}`", made.kind, labels, made.over.split()[0], made.help)
    return f"| {' | '.join(cells)} |\n"


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value}"


_US = "Probewatch"
_USERS = {
    "queries": ("you", _US),
    "rejects": (_US, "you"),
    "alerts": (_US, "you"),
    "alerts_current": (_US, "you; Probewatch, if it shows a page"),
    "shadow_alerts": (_US, "you"),
} | dict.fromkeys(Topics.__struct_fields__[5:], (_US, _US))
"""Who writes and who reads each topic."""

PARTS: dict[str, Callable[[], str]] = {
    "configuration": configuration,
    "topics": topic_table,
    "metrics": metric_table,
} | {
    f"{kind}:{pattern.code}": partial(part, pattern)
    for kind, part in (("about", about), ("settings", settings))
    for pattern in Patterns().all()
}


def main() -> None:
    """Write every page."""
    for page in pages():
        _write(page, up_to_date(page.read_text()))


def _write(page: Path, text: str) -> None:
    if text != page.read_text():
        page.write_text(text)


if __name__ == "__main__":
    main()

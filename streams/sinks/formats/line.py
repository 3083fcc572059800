"""One line for a terminal."""

from streams.sinks.messages import Flood, Message

from .wording import cut, flood_text, flood_title, moment, tenant, title

_LONGEST = 1_000


def line(message: Message) -> str:
    """When, how severe, what, who, and the strongest reason; an id cannot steer a terminal."""
    content = message.content
    if isinstance(content, Flood):
        return cut(f"{moment(content.until)}  {flood_title(content)}. {flood_text(content)}", 2_000)
    why = f": {content.reasons[0].text}" if content.reasons else ""
    said = (
        f"{moment(content.last_event_time)}  {content.severity.value:<8}  "
        f"{content.status.value:<8}  {title(content)}, {content.entity.type} "
        f"{content.entity.id} of {tenant(content)}{why}"
    )
    return cut(said, _LONGEST)

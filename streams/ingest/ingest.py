"""From the bytes of a log to valid events under pseudonyms: the whole of ingest in one call."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from detectors.events import EventBatch

from .columns import EventColumns
from .decoded import LineDecoder
from .identities import SubjectScope
from .json_lines import JsonLines
from .pseudonyms import Names
from .rejects import Rejected


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a sequence of lines.

    Attributes:
        batch: the valid events, in the order of their lines.
        rejected: the records that are none, in the order of their numbers.
        ignored_fields: how many fields were unknown. Not by name: names are the sender's.
        dropped_fields: how often which optional field was treated as absent, or cut.
        blank: lines with nothing on them, which are neither event nor reject.
    """

    batch: EventBatch
    rejected: list[Rejected]
    ignored_fields: int
    dropped_fields: Counter[str]
    blank: int


class Ingest:
    """Decodes, validates and pseudonymises. Never raises, whatever the lines hold.

    Args:
        names: how ids become pseudonyms.
        decoder: the input format, `JsonLines` if not given.
        subjects: the setting `[subjects] namespace`: within what subjects are unique where
            an event names no `subject_namespace`.
    """

    def __init__(
        self, names: Names, decoder: LineDecoder | None = None, subjects: SubjectScope = "tenant"
    ) -> None:
        self._decoder = JsonLines() if decoder is None else decoder
        self._columns = EventColumns(names, subjects)

    def decode(self, lines: Sequence[bytes], first_index: int) -> Ingested:
        """Read lines, of which the first is record number `first_index`.

        A few thousand lines at a time are fastest. How a log is cut into calls changes
        nothing in the events.
        """
        decoded = self._decoder.decode(lines, first_index)
        converted = self._columns.convert(decoded)
        rejected = sorted(decoded.rejected + converted.rejected, key=lambda reject: reject.index)
        return Ingested(
            converted.batch,
            rejected,
            decoded.ignored,
            decoded.dropped + converted.dropped,
            decoded.blank,
        )

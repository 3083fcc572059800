"""What is read: standard input, and under which names ids go on."""

import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from detectors.errors import InputError
from streams.ingest.adapters.combined import CombinedLines
from streams.ingest.pseudonyms import Names, PlainNames, PseudonymKey
from streams.ingest.sources import STDIN
from streams.outputs import NameMode
from streams.settings import Settings, required_pseudonym_key


def names_of(settings: Settings, mode: NameMode, environ: Mapping[str, str] = os.environ) -> Names:
    """How ids become pseudonyms.

    Raises:
        ConfigError: there is no key where one is needed.
    """
    if mode == "none":
        return PlainNames()
    key = required_pseudonym_key(settings.pseudonyms, environ)
    return PseudonymKey(key, settings.pseudonyms.epoch)


def stdin_for(files: Sequence[str]) -> BinaryIO:
    """Standard input, which a process may have been started without.

    Raises:
        InputError: one of the files is `-`, and there is none.
    """
    if sys.stdin is not None:
        return sys.stdin.buffer
    if STDIN in files:
        raise InputError(f"{STDIN}: there is no standard input")
    return io.BytesIO()


def decoder_of(settings: Settings) -> CombinedLines | None:
    """The input format; None for queries as JSON lines."""
    if settings.input.format == "combined":
        return CombinedLines(settings.input.combined.tenant, settings.input.combined.rules)
    return None

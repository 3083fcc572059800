"""Checkpoints of state in a Kafka topic: taken page by page, written behind, read back."""

from .assembler import Assembler
from .log import StateLog, Written
from .records import encode
from .segments import Restored, Segment, Tracker

__all__ = ["Assembler", "Restored", "Segment", "StateLog", "Tracker", "Written", "encode"]

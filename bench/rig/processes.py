"""What Linux tells of processes."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(process: int) -> float:
    """CPU time of all threads of a process so far, to 10 ms."""
    # Behind the name in brackets; the 14th and 15th are user and system time.
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_bytes(process: int) -> int:
    """Memory of a process that is not swapped out."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE

"""Bytes to valid events under pseudonyms. A bad record is a `Rejected`, never an exception."""

"""The shell around the detectors: bytes in, bytes out."""

"""Whom alerts are delivered to, one module each; none decides what it is given."""

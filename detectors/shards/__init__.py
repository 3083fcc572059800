"""Shards: pure functions of their input that hold their entities in tables."""

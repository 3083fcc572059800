"""Compiled code that every event pays for; each kernel has a plain twin in the tests."""

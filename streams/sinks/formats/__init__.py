"""What receivers read: pure functions from a message to its text."""

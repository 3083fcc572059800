"""The service on Faust: the only part that knows it."""

"""The stream-processing service without its engine: what is done with what was read."""

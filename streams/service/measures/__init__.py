"""What a worker measures, one subject a module; `streams.service.metrics` has all of it."""

"""What a worker measures beside its flow, one subject a module; `streams.service.metrics` has all."""

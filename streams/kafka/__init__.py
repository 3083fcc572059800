"""How Kafka is reached, and which topics there must be."""

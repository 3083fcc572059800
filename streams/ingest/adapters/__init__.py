"""Other formats of query logs, brought to the fields of the schema."""

"""What a row of every kind of entity holds."""

"""Delivery of alerts to people and their systems: at least once, in order, at any speed.

Each sink reads the topic of alerts in a consumer group of its own, so that one that is slow or
broken delays nobody. What a sink cannot keep up with stays in the topic.
"""

"""What people decide, as records of a compacted topic: verdicts, snoozes, settings.

A record counts from the first day (UTC, event time) on that begins after its event time, for
every worker alike. The topic itself says which days have begun: before a worker begins a day it
sees to it that a record of that day stands there. What was written behind it comes too late for
that day, and counts from the next one on.
"""

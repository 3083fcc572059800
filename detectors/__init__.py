"""What is abnormal in a face-search query log, and why.

Pure: no Kafka, no clock, no I/O. Time is the event's own, and the same input gives the
same state, evidence and alerts wherever and however often it is run.
"""

"""The whole service on one machine, with simulated traffic, for `probewatch demo`."""

"""The commands of `probewatch`, one module each; those of a package of its own live there."""

"""Why an alert was raised, and why an event did or did not raise one."""

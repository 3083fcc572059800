"""What happened, in a log of which no record can be changed or taken out without being noticed."""

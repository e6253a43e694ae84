"""What the law says of a case: its time limits, dates and ages."""

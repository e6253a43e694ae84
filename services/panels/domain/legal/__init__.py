"""What the law says of a case: its time limits, dates and ages, and which cases are at risk of theirs."""

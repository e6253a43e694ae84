"""What the courses of many cases come to: counts, waits, rates, and what of them may be published. Pure."""

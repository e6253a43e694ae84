"""What teams and schools do with a referral after it was sent: a module for each theme, a rule for each command."""

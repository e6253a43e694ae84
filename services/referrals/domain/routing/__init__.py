"""Where a referral goes and why: rules and destinations as data, and what each asks for."""

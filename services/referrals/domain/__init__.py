"""The rules of referrals: pure, with no I/O, no clock and no framework."""

"""Checking a referral form: read as far as it can be, and every fault named in one go."""

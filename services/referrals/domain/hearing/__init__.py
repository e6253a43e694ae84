"""What other services say, noted on the referral that it is about."""

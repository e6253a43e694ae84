"""The page of one referral, and the small page of each thing that can be done with it."""

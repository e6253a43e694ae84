"""Taking referrals in: drafts, forms by whatever way they come, and cases of the time before this system."""

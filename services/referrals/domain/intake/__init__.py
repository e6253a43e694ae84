"""Taking referrals in: drafts, evidence, forms by whatever way they come, and cases of the time before this system."""

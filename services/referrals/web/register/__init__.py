"""Pages of the register of schools and settings: search, by hand, and a new extract."""

"""Pages and API of cases: what waits, one case, and what is done with it."""

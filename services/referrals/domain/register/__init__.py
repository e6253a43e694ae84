"""Schools and settings: the national register, and what is kept by hand beside it."""

"""The case: how it comes, which panel hears it, how it becomes complete and leaves, and what was judged of it."""

"""The case: how it comes, becomes complete, waits and leaves, and what its school sends meanwhile."""

"""Members of staff and school systems: their roles, tokens, and the cases that open to some of them only."""

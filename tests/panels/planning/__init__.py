"""The best plan, held against every other plan."""

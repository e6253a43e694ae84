"""Who could help with what, and how long it takes: what anybody may read."""

"""After the panel: the places of settings, and one child's way from the decision to its first day there."""

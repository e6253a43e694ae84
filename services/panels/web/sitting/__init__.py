"""Pages and API of sittings: the month, their members, and what is arranged by hand."""

"""The sitting: its calendar day, its batch, its members, and what is arranged by hand."""

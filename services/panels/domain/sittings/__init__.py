"""The sitting: its calendar day, its batch, its members, who is heard together, and what is arranged by hand."""

"""A panel as data: its remit, members, order of levels and calendar."""

"""Placement cases, the month's eight sittings, and the decisions. See README.md."""

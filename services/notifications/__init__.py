"""Tells families: each fact once, to each person who may be told, and on a private page."""

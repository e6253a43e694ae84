"""Peers doing the same work as Fingerpost, measured by one script: see README.md in this folder."""

"""How fast Fingerpost is, as shares of what this machine can do at the same time. Run: `make bench`."""

"""The peers' own code, one module each. It runs in the peers' environment and imports nothing of Fingerpost."""

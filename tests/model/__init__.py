"""The road of a fact as a model in plain data, driven by hypothesis through crashes, freezes and lost replies."""

"""The service's own facts, led back to states: for a database that has lost them."""

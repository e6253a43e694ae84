"""What an operator does to a service from its command line, and the record that is kept of it."""

"""Pages and API of the plan, and of a case that is moved by hand."""

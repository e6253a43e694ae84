"""The plan as it is kept, and how cases change their places by it or by hand."""

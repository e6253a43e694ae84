"""What leaves the service as a file: documents as tagged PDF, calendars, tables, the statutory return."""

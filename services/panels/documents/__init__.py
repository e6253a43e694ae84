"""What leaves the service as a file: documents as tagged PDF, calendars, tables, the statutory return."""

from pathlib import Path

#: Of the documents that are set as PDF.
TEMPLATES = Path(__file__).parent / "templates"

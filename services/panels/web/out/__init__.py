"""What the service gives out: packs, minutes, calendars, lists, reports, and a page for everybody."""

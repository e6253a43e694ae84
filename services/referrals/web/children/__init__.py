"""Pages about one child: the child itself, search, arrivals, contacts of other schools, records that look alike."""

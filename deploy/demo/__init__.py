"""The demo: one month of Hertfordshire's demand, played through the public doors of the real services."""

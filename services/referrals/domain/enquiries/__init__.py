"""Questions to Ask SALI and requests for help for a whole setting. No child is named in them."""

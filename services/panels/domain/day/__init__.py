"""The day of a sitting and what follows: attendance, outcomes, signature, chair's action, corrections."""

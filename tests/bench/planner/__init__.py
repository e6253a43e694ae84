"""`make bench-planner`: how good the plan is, how long it takes, and how others' plans fare on the same questions."""

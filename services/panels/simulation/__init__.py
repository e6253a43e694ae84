"""What if? A queue of cases played through a configuration of panels: who waits how long, and what piles up. Pure.

``demand`` makes the cases (or takes those of the real queue), ``rooms`` says who sits when with how many places,
``listing`` and ``by_planner`` choose a sitting's batch, ``play`` lets the days pass, ``measures`` looks at what came of
it, ``capacity`` searches for the places that are enough. ``comparing`` does all of it for several configurations;
``charts`` and ``tables`` show it. Days are ordinals, as in ``planning``. Chance comes from a seed: equal input, equal
result.
"""

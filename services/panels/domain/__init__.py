"""The rules of the panels service: pure, without I/O, clock or framework.

``panel`` and ``sittings_calendar`` say when panels sit, ``clocks`` what the law allows, ``case`` and ``sitting``
are the two aggregates. ``queue``, ``agenda`` and ``decisions`` hold what happens to a case, in that order;
``heard`` keeps what other services told, ``story`` says it all in plain English.
"""

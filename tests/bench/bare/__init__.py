"""The bare pipeline: the same hops, door, topics, rows and record sizes as the three services, without rules.

It is what the parts allow: it parses JSON, commits batches and moves bytes. It checks nothing, reads no state
before it writes, encrypts nothing, keeps no published row, and knows no dead letter, fork, gap or redelivery
to a fenced relay. Never use it for anything but a comparison.
"""

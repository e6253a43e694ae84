"""The one place that knows how to obtain a Kafka and a PostgreSQL: for the demo, the tests, the benchmarks.

    from deploy.local import start_stack

    with start_stack() as stack:
        print(stack.bootstrap, stack.create_database("referrals", owner="referrals", password="..."))

`python -m deploy.local up` does the same from a terminal.
"""

from deploy.local.errors import StackError
from deploy.local.stack import Stack, start_stack

__all__ = ["Stack", "StackError", "start_stack"]

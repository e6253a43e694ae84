"""The errors of the local stack. Each message tells the reader what to do next."""


class StackError(RuntimeError):
    """A Kafka or PostgreSQL cannot be had, or cannot do what was asked of it."""


class PortTakenError(StackError):
    """Another program bound the port between our look and the server's start; a new port will do."""

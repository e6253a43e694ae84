"""The rules of telling families: pure functions over plain data, no I/O and no clock."""

"""Fixtures of every Python suite under tests/."""
from treadle_server import new_server, server  # noqa: F401  pytest finds fixtures by name

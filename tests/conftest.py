"""Fixtures and options of every Python suite under tests/."""
from treadle_server import database_of_a_server, new_server, server  # noqa: F401  pytest finds fixtures by name


def pytest_addoption(parser):
    parser.addoption("--postgres", action="store_true", help="servers keep their data in a private PostgreSQL")

import models
import pytest
import requests


@pytest.fixture(scope="module")
def booster():
    return models.train()


@pytest.fixture(scope="module")
def demand(server, booster):
    """The server with `booster` deployed as "demand"."""
    version = models.register(server.url, "demand", booster)
    answer = models.deploy(server.url, "demand", version)
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "READY"
    return server


@pytest.fixture
def session():
    with requests.Session() as one:
        yield one

import os
import uuid

import mlflow
import pytest


@pytest.fixture(autouse=True)
def nothing_of_the_test_before():
    """A file that names no registry would go on asking the server of the file before it, which is gone, for minutes; the
    client tells its experiment to the programs it starts, which know nothing of it on another server."""
    mlflow.set_registry_uri("")
    for name in ("MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME"):
        os.environ.pop(name, None)


@pytest.fixture
def experiment(server, monkeypatch):
    """A new one that is the client's own, whose traces are there when the call that made them returns."""
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)
    mlflow.tracing.reset()
    return mlflow.set_experiment(f"experiment-{uuid.uuid4()}").experiment_id

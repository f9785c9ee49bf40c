import os

import mlflow
import pytest


@pytest.fixture(autouse=True)
def nothing_of_the_test_before():
    """A file that names no registry would go on asking the server of the file before it, which is gone, for minutes; the
    client tells its experiment to the programs it starts, which know nothing of it on another server."""
    mlflow.set_registry_uri("")
    for name in ("MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME"):
        os.environ.pop(name, None)

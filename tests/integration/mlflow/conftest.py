import os

import mlflow
import pytest


@pytest.fixture(autouse=True)
def registry_follows_tracking():
    """A file that names no registry would go on asking the server of the file before it, which is gone, for minutes."""
    mlflow.set_registry_uri("")
    os.environ.pop("MLFLOW_REGISTRY_URI", None)

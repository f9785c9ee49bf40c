"""What autologging of PyTorch Lightning, Keras and TensorFlow records, and that the models come back. Not part of every run:
script/test --deep installs these frameworks."""
import os
import subprocess
import sys

import mlflow
import numpy
import pytest
from mlflow import MlflowClient

X = numpy.random.default_rng(1).normal(size=(256, 3)).astype("float32")
Y = (X @ [1.0, 2.0, -1.0]).astype("float32").reshape(-1, 1)


@pytest.fixture
def client(server, monkeypatch):
    monkeypatch.delenv("MLFLOW_EXPERIMENT_ID", raising=False)
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)
    mlflow.set_experiment("deep")
    return MlflowClient()


def files_of(client, run, path=None):
    found = []
    for each in client.list_artifacts(run, path):
        found += files_of(client, run, each.path) if each.is_dir else [each.path]
    return found


def falls(client, run, key, epochs):
    history = client.get_metric_history(run, key)
    assert [point.step for point in history] == list(range(epochs))
    assert history[-1].value < history[0].value / 2


def by_alias(client, run, name):
    """The model as a service would load it: registered, by its alias."""
    version = mlflow.register_model(f"runs:/{run}/model", name).version
    client.set_registered_model_alias(name, "champion", version)
    return mlflow.pyfunc.load_model(f"models:/{name}@champion")


def test_lightning(client, tmp_path):
    import lightning
    import torch

    class Net(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(3, 1)

        def forward(self, x):
            return self.layer(x)

        def training_step(self, batch, _):
            loss = torch.nn.functional.mse_loss(self(batch[0]), batch[1])
            self.log("train_loss", loss, on_epoch=True)
            return loss

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=0.05)

    data = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    net = Net()
    mlflow.pytorch.autolog(checkpoint_save_best_only=False)
    try:
        with mlflow.start_run() as active:
            trainer = lightning.Trainer(max_epochs=6, enable_progress_bar=False, logger=False, default_root_dir=tmp_path)
            trainer.fit(net, torch.utils.data.DataLoader(data, batch_size=32))
    finally:
        mlflow.pytorch.autolog(disable=True)
    run = client.get_run(active.info.run_id)
    assert (run.info.status, run.data.params["lr"], run.data.params["optimizer_name"]) == ("FINISHED", "0.05", "Adam")
    falls(client, run.info.run_id, "train_loss", 6)
    files = files_of(client, run.info.run_id)
    assert "model_summary.txt" in files and any(name.startswith("checkpoints/") for name in files)
    expected = net(torch.from_numpy(X)).detach().numpy()
    loaded = mlflow.pytorch.load_model(f"runs:/{run.info.run_id}/model")
    assert numpy.allclose(loaded(torch.from_numpy(X)).detach().numpy(), expected)
    assert numpy.allclose(by_alias(client, run.info.run_id, "lightning").predict(X), expected, atol=1e-5)


# Keras takes its backend when it is imported: each in a program of its own.
KERAS = """
import sys
import keras, mlflow, numpy
sys.path.insert(0, {here!r})
from test_deep_learning import MlflowClient, X, Y, by_alias, falls, files_of
mlflow.set_tracking_uri({url!r})
mlflow.set_registry_uri({url!r})
mlflow.set_experiment("deep-{flavour}")
client = MlflowClient()
assert keras.backend.backend() == {backend!r}
model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.Adam(0.05), loss="mse", metrics=["mae"])
mlflow.{flavour}.autolog()
with mlflow.start_run() as active:
    model.fit(X, Y, epochs=5, batch_size=32, validation_split=0.25, verbose=0)
run = client.get_run(active.info.run_id)
assert run.info.status == "FINISHED" and run.data.params["epochs"] == "5", run.data.params
for key in ("loss", "mae", "val_loss"):
    falls(client, run.info.run_id, key, 5)
assert "model_summary.txt" in files_of(client, run.info.run_id)
expected = model.predict(X, verbose=0)
loaded = mlflow.{flavour}.load_model(f"runs:/{{run.info.run_id}}/model")
assert numpy.allclose(loaded.predict(X, verbose=0), expected, atol=1e-5)
assert numpy.allclose(by_alias(client, run.info.run_id, "{flavour}").predict(X), expected, atol=1e-5)
print("all of it")
"""


@pytest.mark.parametrize("flavour, backend", [("keras", "torch"), ("tensorflow", "tensorflow")])
def test_keras(client, server, tmp_path, flavour, backend):
    program = KERAS.format(here=os.path.dirname(__file__), url=server.url, flavour=flavour, backend=backend)
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=300,
                          env=os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.returncode == 0 and "all of it" in done.stdout, done.stderr[-4000:]

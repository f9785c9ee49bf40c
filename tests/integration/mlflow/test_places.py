"""Experiments whose artifacts are kept where their maker chose."""

import pathlib

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from treadle_server import ROOT


def client_of(server):
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)
    return MlflowClient()


def test_another_folder_of_the_proxy(new_server, tmp_path):
    server = new_server()
    client = client_of(server)
    experiment = client.create_experiment("shared", artifact_location="mlflow-artifacts:/shared/team a/", tags={"k": "v"})
    read = client.get_experiment(experiment)
    assert read.artifact_location == "mlflow-artifacts:/shared/team a" and read.tags == {"k": "v"}
    run = client.create_run(experiment).info
    assert run.artifact_uri == f"mlflow-artifacts:/shared/team a/{run.run_id}/artifacts"
    (tmp_path / "f.txt").write_text("x")
    client.log_artifact(run.run_id, str(tmp_path / "f.txt"), "d")
    assert pathlib.Path(server.data, "blobs/artifacts/shared/team a", run.run_id, "artifacts/d/f.txt").read_text() == "x"
    model = client.create_logged_model(experiment, name="m")
    assert model.artifact_location == f"mlflow-artifacts:/shared/team a/models/{model.model_id}/artifacts"
    client.create_registered_model("placed")
    client.create_model_version("placed", f"{run.artifact_uri}/d", run.run_id)
    server.restart()
    client = client_of(server)
    assert [f.path for f in client.list_artifacts(run.run_id, "d")] == ["d/f.txt"]
    assert requests.get(f"{server.url}/get-artifact", params={"run_id": run.run_id, "path": "d/f.txt"}, timeout=10).text == "x"
    of_version = {"name": "placed", "version": "1", "path": "f.txt"}
    assert requests.get(f"{server.url}/model-versions/get-artifact", params=of_version, timeout=10).text == "x"
    assert [e.artifact_location for e in client.search_experiments(filter_string="name = 'shared'")] == [read.artifact_location]
    assert client.search_runs([experiment])[0].info.artifact_uri == client.get_run(run.run_id).info.artifact_uri == run.artifact_uri
    elsewhere = client.create_run("0").info.run_id
    def found(filter_string):
        return [each.info.run_id for each in client.search_runs([experiment, "0"], filter_string)]
    assert found("artifact_uri LIKE 'mlflow-artifacts:/shared/%'") == [run.run_id]
    assert found(f"artifact_uri = '{run.artifact_uri}'") == [run.run_id]
    assert elsewhere in found("artifact_uri LIKE 'mlflow-artifacts:/0/%'")
    client.delete_registered_model("placed")
    client.delete_experiment(experiment)
    assert requests.post(f"{server.url}/api/v1/trash:purge", json={"older_than_s": 0}, timeout=10).json()["runs"] == [run.run_id]
    assert not pathlib.Path(server.data, "blobs/artifacts/shared/team a", run.run_id).exists()


def test_a_place_elsewhere_is_the_clients_own(server, tmp_path):
    client = client_of(server)
    place = tmp_path / "mine"
    experiment = client.create_experiment("mine", artifact_location=place.as_uri())
    run = client.create_run(experiment).info
    assert run.artifact_uri == f"{place.as_uri()}/{run.run_id}/artifacts"
    (tmp_path / "f.txt").write_text("x")
    client.log_artifact(run.run_id, str(tmp_path / "f.txt"))
    assert (place / run.run_id / "artifacts/f.txt").read_text() == "x"
    assert [f.path for f in client.list_artifacts(run.run_id)] == ["f.txt"]  # which the client does without the server
    asked = requests.get(f"{server.url}/get-artifact", params={"run_id": run.run_id, "path": "f.txt"}, timeout=10)
    assert asked.status_code == 400 and str(place) in asked.json()["message"]
    assert client.get_experiment(client.create_experiment("bucket", artifact_location="s3://bucket/a")).artifact_location == "s3://bucket/a"
    # A path without a scheme is one of the server's machine, as with MLflow's server.
    assert client.get_experiment(client.create_experiment("path", artifact_location="my_location")).artifact_location == str(ROOT / "my_location")


@pytest.mark.parametrize("location", ["runs:/abc", "mlflow-artifacts:/", "mlflow-artifacts:/../x", "mlflow-artifacts:/a/../../x", "s3://b/../c", "x" * 2049,
                                      "mlflow-artifacts://host:1/x", "s3://b?a=b", "a\nb", "mlflow-artifacts:/0/x", "mlflow-artifacts:/17"])
def test_places_that_are_refused(server, location):
    with pytest.raises(MlflowException) as refused:
        client_of(server).create_experiment(f"refused {location[:100]}", artifact_location=location)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"

"""Stored pipelines, experiments and filters, as a KFP user handles them; and the energy example, end to end."""
import json
import pathlib
import subprocess

import kfp
import kfp_server_api
import pytest
import requests
from kfp import compiler, dsl
from treadle_server import binary

ROOT = pathlib.Path(__file__).resolve().parents[3]


@dsl.component(base_image="python:3.11")
def double(n: int) -> int:
    return n * 2


@dsl.pipeline(name="doubling")
def doubling(n: int = 3):
    double(n=n)


@dsl.pipeline(name="doubling")
def doubling_twice(n: int = 3):
    double(n=double(n=n).output)


@pytest.fixture(scope="module")
def client(server):
    return kfp.Client(host=server.url)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    def compile_to_file(function, name):
        path = str(tmp_path_factory.mktemp("packages") / name)
        compiler.Compiler().compile(function, path)
        return path

    return compile_to_file


def refused(status, call, *arguments, **named):
    with pytest.raises(kfp_server_api.ApiException) as error:
        call(*arguments, **named)
    assert error.value.status == status, error.value.body
    return json.loads(error.value.body)["message"]


def test_a_pipeline_its_versions_and_a_run_of_each(client, package):
    pipeline = client.upload_pipeline(package(doubling, "one.yaml"), pipeline_name="stored", description="doubles")
    assert pipeline.display_name == "stored" and pipeline.description == "doubles"
    assert client.get_pipeline_id("stored") == pipeline.pipeline_id
    assert "exists" in refused(409, client.upload_pipeline, package(doubling, "one.yaml"), pipeline_name="stored")
    second = client.upload_pipeline_version(package(doubling_twice, "two.json"), "twice", pipeline_name="stored")
    assert second.display_name == "twice" and second.pipeline_id == pipeline.pipeline_id
    versions = client.list_pipeline_versions(pipeline.pipeline_id).pipeline_versions
    assert [version.display_name for version in versions] == ["twice", "1"]
    got = client.get_pipeline_version(pipeline.pipeline_id, second.pipeline_version_id)
    assert got.pipeline_spec["pipelineInfo"]["name"] == "doubling"
    experiment = client.create_experiment("stored")
    for version, steps in ((versions[1].pipeline_version_id, 1), (second.pipeline_version_id, 2)):
        run = client.run_pipeline(experiment.experiment_id, "run", pipeline_id=pipeline.pipeline_id, version_id=version,
                                  params={"n": 4})
        done = client.wait_for_run_completion(run.run_id, timeout=120, sleep_duration=1)
        assert done.state == "SUCCEEDED"
        assert len([task for task in done.run_details.task_details if task.display_name.startswith("double")]) == steps
    client.delete_pipeline_version(pipeline.pipeline_id, second.pipeline_version_id)
    refused(404, client.get_pipeline_version, pipeline.pipeline_id, second.pipeline_version_id)
    assert "versions" in refused(400, client.delete_pipeline, pipeline.pipeline_id)
    client.delete_pipeline_version(pipeline.pipeline_id, versions[1].pipeline_version_id)
    client.delete_pipeline(pipeline.pipeline_id)
    assert client.get_pipeline_id("stored") is None


def test_what_is_not_a_pipeline_is_refused_and_leaves_nothing(client, server, tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("pipelineInfo: {name: broken}\n")
    refused(400, client.upload_pipeline, str(broken), pipeline_name="broken")
    assert client.get_pipeline_id("broken") is None
    base = server.url + "/apis/v2beta1/pipelines"
    for body, kind in ((b"", "multipart/form-data; boundary=x"), (b"{}", "application/json"),
                       (b"--x\r\n\r\n\r\n--x--", "multipart/form-data; boundary=x")):
        answer = requests.post(f"{base}/upload?name=broken", data=body, headers={"Content-Type": kind}, timeout=5)
        assert answer.status_code == 400 and answer.json()["code"] == 3
    archive = requests.post(f"{base}/upload?name=broken", files={"uploadfile": ("p.zip", b"PK\x03\x04...")}, timeout=5)
    assert archive.status_code == 400 and "archive" in archive.json()["message"]
    assert requests.post(f"{base}/upload_version", files={"uploadfile": ("p", b"{}")}, timeout=5).status_code == 400


def test_experiments_are_archived_and_come_back(client):
    experiment = client.create_experiment("seasonal", description="one a season")
    assert client.get_experiment(experiment.experiment_id).description == "one a season"
    client.archive_experiment(experiment.experiment_id)
    assert client.get_experiment(experiment.experiment_id).storage_state == "ARCHIVED"
    only = json.dumps({"predicates": [{"operation": "EQUALS", "key": "storage_state", "stringValue": "AVAILABLE"}]})
    names = [one.display_name for one in client.list_experiments(page_size=100, filter=only).experiments]
    assert "Default" in names and "seasonal" not in names
    client.unarchive_experiment(experiment.experiment_id)
    assert client.get_experiment(experiment_name="seasonal").storage_state == "AVAILABLE"


def test_runs_are_found_by_filters_and_archived(client):
    ids = []
    for name in ("alpha one", "alpha two", "beta"):
        ids.append(client.create_run_from_pipeline_func(doubling, arguments={"n": 1}, run_name=name,
                                                        experiment_name="filters").run_id)
        client.wait_for_run_completion(ids[-1], timeout=120, sleep_duration=1)
    experiment = client.get_experiment(experiment_name="filters").experiment_id

    def found(*predicates, **options):
        wanted = json.dumps({"predicates": [dict(zip(("key", "operation", "stringValue"), one)) for one in predicates]})
        listed = client.list_runs(experiment_id=experiment, filter=wanted, **options)
        return [run.display_name for run in listed.runs or []]

    assert found(("display_name", "IS_SUBSTRING", "alpha"), sort_by="display_name asc") == ["alpha one", "alpha two"]
    assert found(("name", 1, "beta"), ("state", "EQUALS", "SUCCEEDED")) == ["beta"]
    assert found(("state", "EQUALS", "FAILED")) == []
    client.archive_run(ids[0])
    assert client.get_run(ids[0]).storage_state == "ARCHIVED"
    assert found(("storage_state", "NOT_EQUALS", "ARCHIVED"), sort_by="created_at asc") == ["alpha two", "beta"]
    client.unarchive_run(ids[0])
    assert "created_at" in refused(400, client.list_runs, filter=json.dumps(
        {"predicates": [{"key": "created_at", "operation": "GREATER_THAN", "stringValue": "2014"}]}))
    client.delete_run(ids[0])
    refused(404, client.get_run, ids[0])


def test_the_energy_example_trains_registers_and_deploys(client, server):
    run = client.create_run_from_pipeline_package(
        str(ROOT / "examples/energy/compiled/energy-training.yaml"), experiment_name="energy",
        arguments={"data_path": str(ROOT / ".deps/data/elecdemand.csv"), "until": "2014-11-01", "deployment": "energy"})
    done = client.wait_for_run_completion(run.run_id, timeout=180, sleep_duration=1)
    assert done.state == "SUCCEEDED", done.error
    tasks = {task.display_name: task for task in done.run_details.task_details}
    assert tasks["train-xgboost"].outputs["model"].artifact_ids
    assert tasks["deploy-model"].state == "SUCCEEDED"
    served = requests.get(f"{server.url}/v2/models/energy/ready", timeout=5)
    assert served.status_code == 200
    # Made again it would meet another champion: itself.
    base = [binary(), "reproduce", run.run_id.replace("-", ""), "--url", server.url]
    again = subprocess.run(base, capture_output=True, text=True, timeout=60)
    assert again.returncode == 4
    assert "the first input that differs: data energy (deployment) (none -> version" in again.stderr
    planned = json.loads(subprocess.run([*base, "--dry-run", "--json"], capture_output=True, text=True, timeout=60).stdout)
    assert "deploy-model" in str(planned["changes_again"]) and planned["first_difference"]["section"] == "data"

"""What MLflow's REST clients are told when they ask for something wrong: status, error code and words."""

import json

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


@pytest.fixture
def client(server):
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)  # else that of another file's server, which is gone
    return MlflowClient()


@pytest.fixture
def run(client):
    return client.create_run("0").info.run_id


@pytest.fixture
def post(server):
    return lambda path, body=None, **options: requests.post(f"{server.url}/api/2.0/mlflow/{path}", json=body, **options)


def refused(answer, *words, status=400, code="INVALID_PARAMETER_VALUE"):
    body = answer.json()
    assert (answer.status_code, body["error_code"]) == (status, code), body
    for word in words:
        assert word in body["message"], body["message"]


MISSING = "Missing value for required parameter '{}'"


@pytest.mark.parametrize(
    "path, body, words",
    [
        ("experiments/create", {}, MISSING.format("name")),
        ("experiments/create", {"name": 123}, "Invalid value 123 for parameter 'name' supplied"),
        ("experiments/create", {"name": "e", "artifact_location": 9.0}, "Invalid value 9.0 for parameter 'artifact_location'"),
        ("experiments/create", {"name": "e", "tags": "5"}, "Invalid value \"5\" for parameter 'tags'"),
        ("experiments/create", {"name": "e", "tags": [{"value": "x"}]}, MISSING.format("tags[0].key")),
        ("experiments/create", {"name": "e" * 501}, "'name' exceeds the maximum length of 500 characters"),
        ("experiments/update", {"experiment_id": "0"}, MISSING.format("new_name")),
        ("experiments/search", {"order_by": "name"}, "Invalid value \"name\" for parameter 'order_by' supplied"),
        ("experiments/search", {"order_by": ["bogus"]}, "order_by: "),
        ("experiments/search", {"page_token": "nonsense"}, "parameter 'page_token'"),
        ("experiments/search", {"max_results": 0}, "Invalid value 0 for parameter 'max_results' supplied"),
        ("experiments/search-datasets", {}, "SearchDatasets request must specify at least one experiment_id."),
        ("experiments/search-datasets", {"experiment_ids": ["1"] * 21}, "SearchDatasets request cannot specify more than"),
        ("runs/log-metric", {"run_id": 31, "key": "m", "value": 4, "timestamp": 5}, "Invalid value 31 for parameter 'run_id' supplied"),
        ("runs/log-metric", {"run_id": "r", "key": 31, "value": 4, "timestamp": 5}, "Invalid value 31 for parameter 'key' supplied"),
        ("runs/log-metric", {"run_id": "r", "key": "m", "value": 4, "timestamp": 5, "step": "foo"}, "Invalid value \"foo\" for parameter 'step' supplied"),
        ("runs/log-metric", {"run_id": "r", "key": "m", "value": 4, "timestamp": "foo"}, "Invalid value \"foo\" for parameter 'timestamp' supplied"),
        ("runs/log-metric", {"run_id": None, "key": "m", "value": 4, "timestamp": 5}, MISSING.format("run_id")),
        ("runs/log-metric", {"run_id": "r", "value": 4, "timestamp": 5}, MISSING.format("key")),
        ("runs/log-metric", {"run_id": "r", "key": None, "value": 4, "timestamp": 5}, MISSING.format("key")),
        ("runs/log-parameter", {"run_id": "r", "key": 31, "value": 41}, "Invalid value 31 for parameter 'key' supplied"),
        ("runs/set-tag", {"run_id": "r", "key": "k", "value": 41}, "Invalid value 41 for parameter 'value' supplied"),
        ("runs/set-tag", {"run_id": "r", "value": "v"}, MISSING.format("key")),
        ("runs/log-batch", {"run_id": "r", "metrics": "foo"}, "Invalid value \"foo\" for parameter 'metrics' supplied"),
        ("runs/log-batch", {"run_id": "r", "params": "foo"}, "Invalid value \"foo\" for parameter 'params' supplied"),
        ("runs/log-batch", {"run_id": "r", "tags": "foo"}, "Invalid value \"foo\" for parameter 'tags' supplied"),
        ("runs/log-batch", {"run_id": "r", "metrics": [{"key": "mae", "value": 2.5}]}, MISSING.format("metrics[0].timestamp")),
        ("runs/log-batch", {"run_id": "r", "metrics": [{"key": "a", "value": 1, "timestamp": 1}, {"value": 1, "timestamp": 1}]}, MISSING.format("metrics[1].key")),
        ("runs/log-batch", {"run_id": "r", "params": [{"value": "v"}]}, MISSING.format("params[0].key")),
        ("runs/log-inputs", {"datasets": []}, MISSING.format("run_id")),
        ("runs/log-model", {"run_id": "r"}, MISSING.format("model_json")),
        ("runs/search", {"experiment_ids": ["0"], "max_results": 123456789}, "Invalid value 123456789 for parameter 'max_results' supplied"),
        ("runs/search", {"experiment_ids": "0"}, "Invalid value \"0\" for parameter 'experiment_ids' supplied"),
        ("runs/search", {"experiment_ids": ["0"], "order_by": ["attributes.bogus"]}, "order_by: "),
        ("runs/search", {"experiment_ids": ["0"], "order_by": ["metrics."]}, "order_by: "),
        ("runs/search", {"experiment_ids": ["0"], "filter": "attributes.bogus = 'x'"}, "filter: "),
        ("registered-models/create", {}, MISSING.format("name")),
        ("registered-models/create", {"name": "m", "tags": [7]}, "parameter 'tags[0]'"),
        ("registered-models/rename", {"name": "m"}, MISSING.format("new_name")),
        ("model-versions/create", {"name": "m"}, MISSING.format("source")),
        ("model-versions/transition-stage", {"name": "m", "version": "1"}, MISSING.format("stage")),
        ("logged-models", {}, MISSING.format("experiment_id")),
        ("logged-models/search", {}, MISSING.format("experiment_ids")),
    ],
)
def test_a_wrong_body_is_told_which_parameter_and_why(post, path, body, words):
    refused(post(path, body), words)


def test_wrong_queries_are_told_the_same(server):
    def ask(path, **query):
        return requests.get(f"{server.url}/ajax-api/2.0/mlflow/{path}", params=query)

    bulk, interval = "metrics/get-history-bulk", "metrics/get-history-bulk-interval"
    refused(ask(bulk, metric_key="k"), "GetMetricHistoryBulk request must specify at least one run_id")
    refused(ask(bulk, metric_key="k", run_id=[str(i) for i in range(101)]), "GetMetricHistoryBulk request cannot specify more than")
    refused(ask(bulk, run_id=["1"]), "GetMetricHistoryBulk request must specify a metric_key")
    refused(ask(interval, metric_key="k"), MISSING.format("run_ids"))
    many = [str(i) for i in range(101)]
    refused(ask(interval, metric_key="k", run_ids=many), "GetMetricHistoryBulkInterval request must specify at most 100 run_ids.")
    refused(ask(interval, metric_key="k", run_ids=["1"], max_results=0), "max_results must be between 1 and 2500")
    refused(ask(interval, metric_key="", run_ids=["1"]), MISSING.format("metric_key"))
    refused(ask(interval, metric_key="k", run_ids=["1"], start_step=1), "both must be specified")
    refused(ask("model-versions/get", name="m", version="x"), "Parameter 'version' must be an integer, got 'x'.")
    refused(ask("experiments/get"), MISSING.format("experiment_id"))


def test_keys_values_and_batches_have_mlflows_limits(client, run, post):
    refused(post("runs/set-tag", {"run_id": run, "key": "k" * 251, "value": ""}), "exceeds the maximum length of 250 characters")
    refused(post("runs/set-tag", {"run_id": run, "key": "a%b", "value": ""}), "Names may only contain alphanumerics")
    for key in ("..", ".", "/a", "a//b", "a/../b", "a/"):
        refused(post("runs/log-parameter", {"run_id": run, "key": key, "value": ""}), "This name would resolve to")
    many = [{"key": f"k{i}", "value": "v"} for i in range(101)]
    refused(post("runs/log-batch", {"run_id": run, "params": many}), "at most 100 params. Got 101 params")
    refused(post("runs/log-batch", {"run_id": run, "tags": many}), "at most 100 tags. Got 101 tags")
    points = [{"key": "m", "value": 1, "timestamp": i} for i in range(1001)]
    refused(post("runs/log-batch", {"run_id": run, "metrics": points}), "at most 1000 metrics. Got 1001 metrics")
    refused(post("runs/log-batch", {"run_id": run, "metrics": [{"key": "", "value": 1, "timestamp": 1}]}), MISSING.format("metrics[0].key"))
    refused(post("runs/log-metric", {"run_id": run, "key": "m", "value": 1, "timestamp": -1}), "nonnegative")
    assert client.get_run(run).data.params == {}


def test_long_values_are_cut_as_mlflow_cuts_them(client, run):
    client.log_param(run, "long", "ä" * 7000)
    client.set_tag(run, "long", "x" * 9000)
    read = client.get_run(run).data
    assert read.params["long"] == "ä" * 6000 and read.tags["long"] == "x" * 8000


def test_nul_is_refused_everywhere(post, run):
    nul = "a\0b"
    for path, body in {
        "experiments/create": {"name": nul},
        "registered-models/create": {"name": nul},
        "runs/create": {"experiment_id": "0", "run_name": nul},
        "runs/set-tag": {"run_id": run, "key": "k", "value": nul},
        "runs/log-batch": {"run_id": run, "params": [{"key": "k", "value": nul}]},
        "runs/search": {"experiment_ids": ["0"], "filter": f"params.a = '{nul}'"},
        "logged-models": {"experiment_id": "0", "name": nul},
    }.items():
        refused(post(path, body), "NUL")


def test_old_names_and_double_encoded_bodies_are_taken(post, run):
    assert post("runs/set-tag", {"run_uuid": run, "key": "old", "value": "name"}).status_code == 200
    assert post("runs/set-tag", json.dumps({"run_id": run, "key": "old", "value": "json"})).status_code == 200
    assert post("runs/log-batch", {"run_id": run, "metrics": [{"key": "m", "value": 2.5, "timestamp": 123}]}).status_code == 200
    assert post("runs/log-metric", {"run_id": run, "key": "m", "value": "NaN", "timestamp": "7", "step": 2.0}).status_code == 200


def test_a_deleted_experiment_refuses_changes(client):
    experiment = client.create_experiment("deleted-" + "x" * 8)
    kept, gone = (client.create_run(experiment).info.run_id for _ in range(2))
    client.delete_run(gone)
    with pytest.raises(MlflowException, match="No Experiment with id"):
        client.restore_experiment(experiment)  # it is active, and its deleted run stays deleted
    assert client.get_run(gone).info.lifecycle_stage == "deleted"
    client.delete_experiment(experiment)
    for change, words in ((lambda: client.delete_experiment(experiment), "No Experiment with id"),
                          (lambda: client.rename_experiment(experiment, "other"), "non-active"),
                          (lambda: client.set_experiment_tag(experiment, "k", "v"), "'active' state"),
                          (lambda: client.delete_experiment_tag(experiment, "k"), "'active' state"),
                          (lambda: client.create_run(experiment), "'active' state")):
        with pytest.raises(MlflowException, match=words):
            change()
    client.restore_experiment(experiment)
    assert client.get_run(kept).info.lifecycle_stage == "active"


def test_errors_say_their_class_and_what_is_not_there_is_empty(client):
    with pytest.raises(MlflowException) as error:
        client.get_run("0" * 32)
    assert (error.value.error_class, error.value.sqlstate) == ("RESOURCE_NOT_FOUND", "KAM00")
    with pytest.raises(MlflowException, match="must be a valid integer"):
        client.get_experiment("nope")
    with pytest.raises(MlflowException, match="different values"):
        client.create_run("0", run_name="a", tags={"mlflow.runName": "b"})
    assert client.get_metric_history("0" * 32, "m") == []
    assert client.search_runs(["0"], f"attributes.run_id IN {('0' * 32,)}") == []  # as Python writes a tuple of one


def test_a_deleted_run_refuses_writes(client, run):
    with pytest.raises(mlflow.MlflowException, match="No tag with name: none"):
        client.delete_tag(run, "none")
    client.set_tag(run, "t", "1")
    client.delete_run(run)
    with pytest.raises(mlflow.MlflowException, match=f"The run {run} must be in the 'active' state"):
        client.delete_tag(run, "t")


def test_a_quote_in_a_filter_is_written_twice(client):
    experiment = client.create_experiment("quotes")
    wanted = client.create_run(experiment, tags={"who": "it's \"me\""}).info.run_id
    client.create_run(experiment, tags={"who": "its"})
    for text in ("tags.who = 'it''s \"me\"'", 'tags.who = "it\'s ""me"""', "tags.who LIKE 'it''s%'"):
        assert [r.info.run_id for r in client.search_runs([experiment], text)] == [wanted], text


def test_a_logged_model_of_the_2x_kind_is_noted_in_the_run(client, run, post):
    model = {"artifact_path": "m", "run_id": run, "utc_time_created": "now", "model_uuid": "u", "signature": {},
             "flavors": {"python_function": {"loader_module": "x", "config": {"secret": 1}}}}
    for name in ("first", "second"):
        body = {"run_id": run, "model_json": json.dumps({**model, "artifact_path": name})}
        assert post("runs/log-model", body).status_code == 200
    noted = json.loads(client.get_run(run).data.tags["mlflow.log-model.history"])
    assert [m["artifact_path"] for m in noted] == ["first", "second"]
    assert noted[0]["flavors"] == {"python_function": {"loader_module": "x"}} and "signature" not in noted[0]
    refused(post("runs/log-model", {"run_id": run, "model_json": "{"}), "Malformed model info")
    refused(post("runs/log-model", {"run_id": run, "model_json": "{}"}), "Model json is missing mandatory fields: {'artifact_path'")


def test_what_no_handler_sees_is_refused_in_mlflows_form(server):
    api = f"{server.url}/api/2.0"
    wrong_method = requests.get(f"{api}/mlflow/runs/create")
    assert wrong_method.status_code == 405 and wrong_method.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert requests.get(f"{api}/mlflow/no/such/call").json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    for path in ("..%2f..%2fpasswd", "%2e%2e/%2e%2e/treadle.db", "a%00b", "a%5cb"):
        refused(requests.get(f"{api}/mlflow-artifacts/artifacts/{path}"))
    large = requests.post(f"{server.url}/ajax-api/2.0/mlflow/upload-artifact", data=b"x" * (10 * 1024 * 1024 + 2))
    assert large.status_code == 413 and "error_code" in large.json()


@pytest.mark.parametrize("path", ["../path", "a/../../b", "/etc/passwd", "%2e%2e/x", "%252e%252e/x", "file:///etc/passwd", "a#b", "C:/x", "a\\b"])
def test_paths_that_lead_elsewhere_are_invalid(client, server, run, path):
    def invalid(answer):
        assert answer.status_code == 400, answer.text
        assert answer.json() == {"error_code": "INVALID_PARAMETER_VALUE", "message": "Invalid path", "sqlstate": "KAM00", "error_class": "INVALID_PARAMETER_VALUE"}

    invalid(requests.get(f"{server.url}/api/2.0/mlflow/artifacts/list", params={"run_id": run, "path": path}))
    invalid(requests.get(f"{server.url}/get-artifact", params={"run_id": run, "path": path}))
    invalid(requests.get(f"{server.url}//model-versions/get-artifact", params={"name": "m", "version": 1, "path": path}))
    invalid(requests.get(f"{server.url}/api/2.0/mlflow-artifacts/artifacts", params={"path": path}))
    upload = f"{server.url}/ajax-api/2.0/mlflow/upload-artifact"
    invalid(requests.post(upload, params={"run_uuid": run, "path": path}, data="x"))


def test_artifacts_of_the_page(client, server, run, tmp_path):
    upload = f"{server.url}/ajax-api/2.0/mlflow/upload-artifact"
    refused(requests.post(upload), "Request must specify run_id or run_uuid.")
    refused(requests.post(upload, params={"run_uuid": run}), "Request must specify path.")
    refused(requests.post(upload, params={"run_uuid": run, "path": "t.txt"}), "Request must specify data.")
    refused(requests.post(upload, params={"run_uuid": "none", "path": "t.txt"}, data="x"), status=404, code="RESOURCE_DOES_NOT_EXIST")
    assert requests.post(upload, params={"run_uuid": run, "path": "dir/t.txt"}, data="hello").status_code == 200
    get = f"{server.url}/get-artifact"
    assert requests.get(get, params={"run_uuid": run, "path": "dir/t.txt"}).text == "hello"
    assert requests.get(get, params={"run_id": run, "path": "./dir//t.txt"}).text == "hello"
    refused(requests.get(get, params={"run_id": run, "path": "dir"}), "refers to a directory")
    assert requests.get(get, params={"run_id": run, "path": "none.txt"}).status_code == 404
    assert [f.path for f in client.list_artifacts(run, "dir")] == ["dir/t.txt"]
    client.create_registered_model("paged")
    client.create_model_version("paged", f"{client.get_run(run).info.artifact_uri}/dir", run)
    of_version = requests.get(f"{server.url}/model-versions/get-artifact", params={"name": "paged", "version": "1", "path": "t.txt"})
    assert of_version.text == "hello"


@pytest.mark.parametrize(
    "name, kind", [("a.txt", "text/plain"), ("b.pkl", "application/octet-stream"), ("c.png", "image/png"), ("d.pdf", "application/pdf"),
                   ("MLmodel", "text/plain"), ("e.json", "text/plain"), ("two words.txt", "text/plain"), ("käse.txt", "text/plain")])
def test_a_download_has_a_type_a_name_and_is_no_page(client, server, run, tmp_path, name, kind):
    (tmp_path / name).write_bytes(b"x")
    client.log_artifact(run, str(tmp_path / name))
    answer = requests.get(f"{server.url}/get-artifact", params={"run_id": run, "path": name}, headers={"Accept": "text/html"})
    assert answer.headers["Content-Type"] == kind and answer.headers["X-Content-Type-Options"] == "nosniff"
    shown = answer.headers["Content-Disposition"]
    expected = {"two words.txt": 'filename="two words.txt"', "käse.txt": "filename*=UTF-8''k%C3%A4se.txt"}
    assert shown.startswith("attachment; ") and expected.get(name, f"filename={name}") in shown


def test_a_page_token_belongs_to_its_query(client, server, post):
    experiment = client.create_experiment("paged")
    for _ in range(3):
        client.create_run(experiment)
    for i in range(3):
        client.create_registered_model(f"paged {i}")
    asked = {
        "experiments/search": {"view_type": "ALL"},
        "runs/search": {"experiment_ids": [experiment], "order_by": ["start_time"]},
        "registered-models/search": {"filter": "name LIKE 'paged%'"},
    }

    def ask(path, body):
        if path.startswith("registered"):
            return requests.get(f"{server.url}/api/2.0/mlflow/{path}", params=body)
        return post(path, body)

    for path, body in asked.items():
        first = ask(path, {**body, "max_results": 1}).json()
        token = {"page_token": first["next_page_token"]}
        assert ask(path, {**body, **token, "max_results": 2}).status_code == 200  # another size of page is no other query
        assert ask(path, {**body, **token, "max_results": 2, "filter": body.get("filter", "")}).status_code == 200
        other = {**body, "filter": "name = 'x'"} if "runs" not in path else {**body, "filter": "metrics.m > 1"}
        refused(ask(path, {**other, **token}), "page_token", "belongs to another query")
        for made_up in ("1", "1.", "x.y", "-1." + "0" * 16, first["next_page_token"] + "0", "9" * 30 + ".0"):
            refused(ask(path, {**body, "page_token": made_up}), "page_token")


def test_a_datasets_digest_has_mlflows_length(run, post):
    data = {"name": "d", "digest": "x" * 36, "source_type": "s", "source": "s"}
    assert post("runs/log-inputs", {"run_id": run, "datasets": [{"dataset": data}]}).status_code == 200
    refused(post("runs/log-inputs", {"run_id": run, "datasets": [{"dataset": {**data, "digest": "x" * 37}}]}), "digest", "maximum length of 36")

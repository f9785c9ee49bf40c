"""The registry through MLflow's client: what is searched how, what points where, who may be first."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:FutureWarning")


@pytest.fixture
def client(server):
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)
    return MlflowClient()


@pytest.fixture(scope="module")
def many(server):
    """29 models and 39 versions in a server of their own names; newest first."""
    client = MlflowClient(server.url, server.url)
    names = [f"CreateRMsearch{i:03}" for i in range(29)]
    run = client.create_run("0").info.run_id
    for name in names:
        client.create_registered_model(name, tags={"parity": "even" if int(name[-3:]) % 2 == 0 else "odd"})
    versions = []
    for name in names + names[:10]:
        time.sleep(0.002)
        versions.append(client.create_model_version(name, f"runs:/{run}/model", run, tags={"n": name[-1]}))
    return names, versions[::-1], run


def all_pages(ask, max_results):
    found, token = [], None
    while True:
        page = ask(max_results=max_results, page_token=token)
        assert len(page) <= max_results
        found, token = found + list(page), page.token
        if not token:
            return found


@pytest.mark.parametrize("size", [1, 8, 100])
@pytest.mark.parametrize(
    "text, wanted",
    [("", lambda n: True), ("name LIKE '%7'", lambda n: n.endswith("7")), ("name ILIKE '%rm%00%'", lambda n: "00" in n),
     ("name LIKE '%rm%00%'", lambda n: False), ("name = 'badname'", lambda n: False), ("name != 'CreateRMsearch023'", lambda n: n[-3:] != "023"),
     ("name IN ('CreateRMsearch001', 'CreateRMsearch002')", lambda n: n[-3:] in ("001", "002")),
     ("tags.parity = 'even' AND name LIKE '%1%'", lambda n: int(n[-3:]) % 2 == 0 and "1" in n[-3:]),
     ("tag.`parity` != 'even'", lambda n: int(n[-3:]) % 2 == 1)])
def test_models_are_found_and_paged(client, many, text, wanted, size):
    names, _, _ = many
    text = f"{text} AND name LIKE 'CreateRM%'" if text else "name LIKE 'CreateRM%'"
    found = all_pages(lambda **page: client.search_registered_models(text, **page), size)
    assert [m.name for m in found] == [n for n in names if wanted(n)]


@pytest.mark.parametrize("size", [1, 8, 100])
@pytest.mark.parametrize(
    "text, wanted",
    [("name LIKE 'CreateRM%'", lambda v: True), ("name LIKE 'CreateRM%2'", lambda v: v.name.endswith("2")),
     ("name = 'CreateRMsearch003'", lambda v: v.name.endswith("003")), ("name LIKE 'CreateRM%' AND version_number > 1", lambda v: int(v.version) > 1),
     ("name LIKE 'CreateRM%' AND tags.n = '4'", lambda v: v.name[-1] == "4"), ("run_id IN ('nobody')", lambda v: False)])
def test_versions_are_found_newest_first(client, many, text, wanted, size):
    _, versions, _ = many
    expected = sorted(filter(wanted, versions), key=lambda v: (-v.last_updated_timestamp, v.name, -int(v.version)))
    found = all_pages(lambda **page: client.search_model_versions(text, **page), size)
    assert [(v.name, v.version) for v in found] == [(v.name, v.version) for v in expected]


def test_orders_have_tie_breakers(client, many):
    _, versions, run = many
    mine = f"run_id = '{run}'"
    by_name = client.search_model_versions(mine, order_by=["name DESC"])
    assert [(v.name, v.version) for v in by_name] == [(v.name, v.version) for v in sorted(versions, key=lambda v: (v.name, v.version), reverse=True)]
    by_number = client.search_model_versions(mine, order_by=["version_number DESC"])
    assert [(v.name, v.version) for v in by_number] == [(v.name, v.version) for v in sorted(versions, key=lambda v: (-int(v.version), v.name))]
    newest = client.search_registered_models("name LIKE 'CreateRM%'", order_by=["last_updated_timestamp DESC"], max_results=3)
    assert [m.name[-3:] for m in newest] == ["009", "008", "007"]  # a new version touches its model


@pytest.mark.parametrize(
    "kind, text, order",
    [("registered-models", "creation_timestamp > 1", None), ("registered-models", "bogus = 'x'", None), ("registered-models", "name > 'x'", None),
     ("registered-models", "params.a = 'x'", None), ("registered-models", "tags.a > 'x'", None), ("registered-models", "name = 3", None),
     ("registered-models", None, "bogus ASC"), ("registered-models", None, "name ASC NULLS"), ("registered-models", "name LIKE", None),
     ("model-versions", "version_number = 'a'", None), ("model-versions", "version_number LIKE '1'", None), ("model-versions", "source_path IN ('a')", None),
     ("model-versions", "metrics.a > 1", None), ("model-versions", None, "run_id ASC"), ("model-versions", "version_number = 1.5", None)])
def test_searches_outside_the_grammar_are_refused(server, kind, text, order):
    answer = requests.get(f"{server.url}/api/2.0/mlflow/{kind}/search", params={"filter": text, "order_by": order})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), answer.text
    twice = requests.get(f"{server.url}/api/2.0/mlflow/{kind}/search", params={"order_by": ["name ASC", "name DESC"]})
    assert twice.status_code == 400 and "duplicate" in twice.json()["message"]


def test_what_touches_a_model(client):
    client.create_registered_model("touched")
    run = client.create_run("0").info.run_id

    def changed(work):
        before = client.get_registered_model("touched").last_updated_timestamp
        time.sleep(0.003)
        work()
        return client.get_registered_model("touched").last_updated_timestamp > before

    assert changed(lambda: client.create_model_version("touched", f"runs:/{run}/m", run))
    assert changed(lambda: client.create_model_version("touched", f"runs:/{run}/m", run, run_link="http://x"))
    assert changed(lambda: client.transition_model_version_stage("touched", 1, "Staging"))
    assert not changed(lambda: client.update_model_version("touched", 1, "text"))
    assert changed(lambda: client.delete_model_version("touched", "1"))
    assert client.get_model_version("touched", 2).run_link == "http://x"
    with pytest.raises(MlflowException, match=r"Model Version .+ not found"):
        client.delete_model_version("touched", "1")
    assert client.create_model_version("touched", f"runs:/{run}/m", run).version == "3"


def test_stages(client):
    client.create_registered_model("staged")
    run = client.create_run("0").info.run_id
    for version, stage in enumerate(["Archived", "Production", "Archived", "Production", "Staging", "Staging", "None"], 1):
        client.create_model_version("staged", f"runs:/{run}/m", run)
        client.transition_model_version_stage("staged", version, stage)

    def latest(stages):
        return {v.current_stage: v.version for v in client.get_latest_versions("staged", stages)}

    assert latest(["None"]) == {"None": "7"} and latest(["none", "Staging"]) == {"None": "7", "Staging": "6"}
    assert latest(None) == latest([]) == {"Production": "4", "Staging": "6", "Archived": "3", "None": "7"}
    client.transition_model_version_stage("staged", 7, "Production", archive_existing_versions=True)
    assert latest(None) == {"Production": "7", "Staging": "6", "Archived": "4"}
    with pytest.raises(MlflowException, match="cannot archive existing model versions because 'Archived'"):
        client.transition_model_version_stage("staged", 7, "Archived", archive_existing_versions=True)
    for work in (lambda: latest(["Bogus"]), lambda: client.transition_model_version_stage("staged", 7, "Bogus")):
        with pytest.raises(MlflowException, match="Invalid Model Version stage: Bogus"):
            work()


def test_aliases(client):
    client.create_registered_model("aliased")
    run = client.create_run("0").info.run_id
    for _ in range(2):
        client.create_model_version("aliased", f"runs:/{run}/m", run)
    client.set_registered_model_alias("aliased", "Champion-1_x", "1")
    client.set_registered_model_alias("aliased", "other", "1")
    assert client.get_model_version("aliased", 1).aliases == ["Champion-1_x", "other"]
    client.set_registered_model_alias("aliased", "other", "2")
    assert client.get_registered_model("aliased").aliases == {"Champion-1_x": "1", "other": "2"}
    assert client.get_model_version_by_alias("aliased", "latest").version == "2"
    for alias, message in {"latest": "is reserved", "LaTest": "is reserved", "v1": "Version alias name 'v1' is reserved", "V22": "is reserved",
                           "a b": "Invalid alias name", "": "alias", "x" * 256: "maximum length of 255"}.items():
        with pytest.raises(MlflowException, match=message):
            client.set_registered_model_alias("aliased", alias, "1")
    client.set_registered_model_alias("aliased", "v1beta", "1")
    for work in (lambda: client.set_registered_model_alias("aliased", "a", "9"), lambda: client.set_registered_model_alias("nobody", "a", "1")):
        with pytest.raises(MlflowException, match="not found"):
            work()
    client.delete_registered_model_alias("aliased", "nobody")  # is no error
    client.delete_model_version("aliased", "2")
    assert client.get_registered_model("aliased").aliases == {"Champion-1_x": "1", "v1beta": "1"}
    with pytest.raises(MlflowException, match="Registered model alias other not found") as refused:
        client.get_model_version_by_alias("aliased", "other")
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


def test_names_and_renames(client):
    for name, message in {"": "Missing value for required parameter 'name'", " ": "Missing value", "a/b": "Names cannot contain '/' or ':'",
                          "a:b": "Names cannot contain", "..": "must not resolve to"}.items():
        with pytest.raises(MlflowException, match=message):
            client.create_registered_model(name)
    client.create_registered_model("first name ✓", description="d", tags={"numeric value": 12345})
    client.create_registered_model("taken")
    run = client.create_run("0").info.run_id
    before = client.create_model_version("first name ✓", f"runs:/{run}/m", run, tags={"k": "v"})
    client.set_registered_model_alias("first name ✓", "a", "1")
    with pytest.raises(MlflowException, match=r"Registered Model \(name=taken\) already exists"):
        client.rename_registered_model("first name ✓", "taken")
    time.sleep(0.003)
    client.rename_registered_model("first name ✓", "second")
    after = client.get_model_version_by_alias("second", "a")
    assert after.tags == {"k": "v"} and after.last_updated_timestamp > before.last_updated_timestamp
    assert client.get_registered_model("second").tags == {"numeric value": "12345"}
    with pytest.raises(MlflowException, match="Registered Model with name=first name ✓ not found"):
        client.get_registered_model("first name ✓")
    with pytest.raises(MlflowException, match="not found"):
        client.rename_registered_model("first name ✓", "third")
    client.delete_registered_model("second")
    client.create_registered_model("second")
    assert client.get_registered_model("second").latest_versions == []


def test_a_copy_keeps_what_it_was_copied_from(client, server):
    client.create_registered_model("origin")
    run = client.create_run("0").info
    source = client.create_model_version("origin", f"{run.artifact_uri}/model", run.run_id, description="dummy", tags={"hello": "world"})
    client.set_registered_model_alias("origin", "test_alias", "1")
    copy = client.copy_model_version("models:/origin@test_alias", "copies")
    assert (copy.name, copy.version, copy.source, copy.run_id) == ("copies", "1", "models:/origin/1", run.run_id)
    assert copy.description == "dummy" and copy.tags == {"hello": "world"}
    assert client.get_model_version_download_uri("copies", "1") == source.source
    client.delete_model_version("origin", "1")
    again = client.copy_model_version("models:/copies/1", "copies")
    assert again.source == "models:/copies/1" and client.get_model_version_download_uri("copies", "2") == source.source
    with pytest.raises(MlflowException):
        client.copy_model_version("models:/copies@nobody", "copies")
    create = f"{server.url}/api/2.0/mlflow/model-versions/create"
    for other in ({"run_id": client.create_run("0").info.run_id}, {"model_id": "m-" + "0" * 32}):
        answer = requests.post(create, json={"name": "copies", "source": "models:/copies/1", **other})
        assert answer.status_code == 400 and "must match the referenced model version" in answer.json()["message"], answer.text


def test_a_logged_model_as_source_keeps_its_own_run(client, server):
    run, other = (client.create_run("0").info.run_id for _ in range(2))
    api = f"{server.url}/api/2.0/mlflow/"
    logged = requests.post(api + "logged-models", json={"experiment_id": "0", "name": "m", "source_run_id": run}).json()["model"]["info"]["model_id"]
    client.create_registered_model("from logged")
    wanted = {"name": "from logged", "source": f"models:/{logged}"}
    version = requests.post(api + "model-versions/create", json={**wanted, "model_id": logged}).json()["model_version"]
    assert (version["run_id"], version["source"]) == (run, wanted["source"])
    refused = requests.post(api + "model-versions/create", json={**wanted, "run_id": other})
    assert refused.status_code == 400 and "run_id" in refused.json()["message"]


@pytest.mark.parametrize(
    "source, message",
    [("/tmp", "To use a local path as a model version"), ("file:///tmp", "To use a local path as a model version"), ("some/path", "To use a local path"),
     ("mlflow-artifacts://host:9000/models/../../../", "If supplying a source as an http, https,"),
     ("http://host:9000/models/../../../", "If supplying a source as an http, https,"),
     ("s3a://my_bucket/api/2.0/mlflow-artifacts/artifacts/../../../", "If supplying a source as an http, https,"),
     ("mlflow-artifacts://host:9000/models/..%2f..%2fartifacts", "If supplying a source as an http, https,"),
     ("mlflow-artifacts://host:9000/models/artifact%00", "If supplying a source as an http, https,"),
     ("mlflow-artifacts:/0/other/artifacts/model", "The run_id request parameter must identify"),
     ("http://host/api/2.0/mlflow-artifacts/artifacts/0/x", "The run_id request parameter must identify"),
     ("runs:/another/model", "The run_id request parameter must identify"), ("models:/m-" + "0" * 32, "not found")])
def test_a_source_must_lie_in_the_run_it_names(client, server, source, message):
    if not any(m.name == "sourced" for m in client.search_registered_models()):
        client.create_registered_model("sourced")
    run = client.create_run("0").info
    answer = requests.post(f"{server.url}/api/2.0/mlflow/model-versions/create", json={"name": "sourced", "source": source, "run_id": run.run_id})
    assert answer.status_code in (400, 404) and message in answer.json()["message"], answer.text
    for good in ("s3://bucket/model", f"{run.artifact_uri}", f"{run.artifact_uri}///a//b/", f"{run.artifact_uri}/..../x", f"runs:/{run.run_id}/m"):
        made = requests.post(f"{server.url}/api/2.0/mlflow/model-versions/create", json={"name": "sourced", "source": good, "run_id": run.run_id})
        assert made.status_code == 200, (good, made.text)


def test_a_local_source_lies_in_the_runs_own_local_artifacts(client, server, tmp_path):
    client.create_registered_model("local source")
    run = client.create_run(client.create_experiment("local", artifact_location=(tmp_path / "kept here").as_uri())).info
    folder = str(tmp_path / "kept here" / run.run_id / "artifacts")
    create = f"{server.url}/api/2.0/mlflow/model-versions/create"
    for good in (run.artifact_uri, f"{run.artifact_uri}/model", f"{run.artifact_uri}/.", f"{run.artifact_uri}/model/..", folder, f"{folder}/model"):
        made = requests.post(create, json={"name": "local source", "source": good, "run_id": run.run_id})
        assert made.status_code == 200 and made.json()["model_version"]["source"] == good, (good, made.text)
    for bad in (f"{run.artifact_uri}/..", f"{run.artifact_uri}x", f"{run.artifact_uri}/../../../secret", f"{run.artifact_uri}/%2e%2e/x", "/", "file:/", "relative"):
        made = requests.post(create, json={"name": "local source", "source": bad, "run_id": run.run_id})
        assert made.status_code == 400 and "To use a local path as a model version" in made.json()["message"], (bad, made.text)
    without = requests.post(create, json={"name": "local source", "source": run.artifact_uri})
    assert without.status_code == 400 and "To use a local path as a model version" in without.json()["message"]
    far = requests.post(create, json={"name": "local source", "source": "file://123.456.789.123/path", "run_id": run.run_id})
    assert far.status_code == 500 and "is not a valid remote uri" in far.json()["message"]
    # A name for clients of that machine: the server itself reads none of it.
    read = requests.get(f"{server.url}/model-versions/get-artifact", params={"name": "local source", "version": "1", "path": "x"})
    assert read.status_code == 400, read.text


def test_a_logged_model_tells_which_versions_it_became(client):
    client.create_registered_model('na"med ü')
    model = client.create_logged_model("0")
    for count in (1, 2):
        client.create_model_version('na"med ü', model.artifact_location, model_id=model.model_id)
        told = client.get_logged_model(model.model_id).tags["mlflow.modelVersions"]
        assert told == json.dumps([{"name": 'na"med ü', "version": n + 1} for n in range(count)])  # the very text


def test_of_many_who_register_at_once_one_is_first_and_numbers_are_unique(client, server):
    run = client.create_run("0").info.run_id
    others = [MlflowClient(server.url, server.url) for _ in range(16)]

    def create(one):
        try:
            return one.create_registered_model("raced").name
        except MlflowException as refused:
            return refused.error_code

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(create, others)) == ["RESOURCE_ALREADY_EXISTS"] * 15 + ["raced"]
        versions = pool.map(lambda i: others[i % 16].create_model_version("raced", f"runs:/{run}/m", run).version, range(64))
        assert sorted(map(int, versions)) == list(range(1, 65))
        renamed = pool.map(lambda i: create_or_code(others[i], f"raced-{i}"), range(16))
        assert list(renamed).count("ok") == 1


def create_or_code(client, name):
    try:
        client.rename_registered_model("raced", name)
        return "ok"
    except MlflowException as refused:
        return refused.error_code


def test_prompts_are_kept_apart_from_models(client, server):
    client.create_registered_model("a-model")
    first = mlflow.genai.register_prompt("greeting", "Hello {{name}}", commit_message="first", tags={"team": "a"})
    second = mlflow.genai.register_prompt("greeting", "Hi {{name}}!", commit_message="second")
    assert (first.version, second.version) == (1, 2)
    assert mlflow.genai.load_prompt("prompts:/greeting/1").format(name="Ada") == "Hello Ada"
    mlflow.genai.set_prompt_alias("greeting", "live", 1)
    assert mlflow.genai.load_prompt("prompts:/greeting@live").template == "Hello {{name}}"
    mlflow.genai.set_prompt_alias("greeting", "live", 2)
    assert mlflow.genai.load_prompt("prompts:/greeting@live").version == 2
    assert mlflow.genai.load_prompt("prompts:/greeting@latest").version == 2
    chat = [{"role": "system", "content": "You are {{who}}."}, {"role": "user", "content": "{{question}}"}]
    mlflow.genai.register_prompt("chat", chat)
    assert mlflow.genai.load_prompt("prompts:/chat/1").format(who="kind", question="why?")[0]["content"] == "You are kind."
    assert {p.name for p in mlflow.genai.search_prompts()} == {"greeting", "chat"}
    assert [p.name for p in mlflow.genai.search_prompts("name = 'chat'")] == ["chat"]
    assert "greeting" not in {m.name for m in client.search_registered_models()}
    assert {v.name for v in client.search_model_versions("name = 'greeting'")} == set()
    mlflow.genai.delete_prompt_alias("greeting", "live")
    with pytest.raises(MlflowException):
        client.create_model_version("a-model", "models:/greeting/1")
    prompt = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
    answer = requests.post(f"{server.url}/api/2.0/mlflow/model-versions/create", json={"name": "greeting", "source": "s3://x", "tags": prompt})
    assert answer.status_code == 400 and "Prompt sources must use an MLflow placeholder" in answer.json()["message"]

"""Bodies, queries and filters that no client would send: never a 5xx, never a hang, and afterwards the server is alive and
what it kept is unchanged. Seeded; FUZZ_SEED and FUZZ_SECONDS choose another run."""

import json
import os
import random
import time

import pytest
import requests
from mlflow import MlflowClient

SEED = int(os.environ.get("FUZZ_SEED", "20261123"))
SECONDS = float(os.environ.get("FUZZ_SECONDS", "12"))
TIMEOUT = 10  # of one request

WORDS = ["metrics", "params", "tags", "attributes", "datasets", "tag", "name", "status", "run_id", "start_time", "version_number", "creation_timestamp",
         ".", "..", "`", '"', "'", "''", "=", "!=", "<>", "<", "<=", ">", ">=", "LIKE", "ILIKE", "IN", "NOT", "NOT IN", "IS", "NULL", "IS NULL", "AND",
         "and", "OR", "(", ")", ",", ";", "--", "/*", "*/", "%", "_", "\\", "1", "-1", "1e309", "nan", "inf", "0x1", "'a'", "'%'", "\"b\"", "`c d`", "ü", "😀",
         "\u202e", "\t", "\n", "a" * 300, "mlflow.runName", "DESC", "ASC", "$1", "?", ":x", "{}", "'; DROP TABLE runs; --", "1=1", "\x7f", "\ufffd"]


def values(random, depth=0):
    """Any JSON."""
    kinds = ["null", "bool", "int", "big", "float", "text", "long", "word", "list", "object"]
    kind = random.choice(kinds if depth < 4 else kinds[:-2])
    if kind == "null":
        return None
    if kind == "bool":
        return random.random() < 0.5
    if kind == "int":
        return random.choice([0, 1, -1, 7, 1000, 2**31, -(2**31) - 1])
    if kind == "big":
        return random.choice([2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**400])
    if kind == "float":
        return random.choice([0.5, -0.0, 1e308, -1e308, 1e-320, 9.3e18])
    if kind == "text":
        return "".join(chr(random.choice([random.randrange(32, 127), random.randrange(0x20, 0xD7FF), random.randrange(1, 32)])) for _ in range(random.randrange(12)))
    if kind == "long":
        return random.choice("aä/.'\"%") * random.choice([249, 251, 501, 8001, 20001])
    if kind == "word":
        return random.choice(WORDS + ["0", "1", "ACTIVE_ONLY", "READY", "true", "NaN", "models:/x/1", "runs:/x", "../x", "file:///etc/passwd"])
    if kind == "list":
        return [values(random, depth + 1) for _ in range(random.randrange(4))]
    return {random.choice(["key", "value", "timestamp", "step", "name", "digest", "dataset", "model_id", "field_name", "x"]): values(random, depth + 1) for _ in range(random.randrange(5))}


def grammar(random):
    """A filter that is nearly right, or words in any order."""
    if random.random() < 0.5:
        return " ".join(random.choice(WORDS) for _ in range(random.randrange(1, 9)))
    entity = random.choice(["metrics.", "params.", "tags.", "attributes.", "datasets.", "", "tag.`", 'params."'])
    key = random.choice(["m", "name", "status", "a b", "mlflow.runName", "run_id", "context", "bogus", ""]) + {"`": "`", '"': '"'}.get(entity[-1:], "")
    value = random.choice(["1", "'x'", "'%x_[*?\\'", "('a', 'b')", "()", "'it''s'", "-1.5e3", "NULL", "\"y\"", "'"])
    one = f"{entity}{key} {random.choice(WORDS[18:34])} {value}"
    return " AND ".join([one] * random.choice([1, 1, 2, 120]))


def order(random):
    return random.choice(["metrics.", "params.", "attributes.", "tags.", ""]) + random.choice(WORDS) + random.choice(["", " ASC", " DESC", " DESC DESC", " NULLS"])


class World:
    """A server with something in it, and what that something looks like."""

    def __init__(self, server):
        self.server, self.client = server, MlflowClient(server.url, server.url)
        self.experiment = self.client.create_experiment("kept")
        run = self.client.create_run(self.experiment, run_name="kept")
        self.run = run.info.run_id
        self.client.log_batch(self.run, params=[], metrics=[], tags=[])
        self.client.log_metric(self.run, "m", 1.5, step=2, timestamp=3)
        self.client.log_param(self.run, "p", "v")
        self.client.create_registered_model("kept", tags={"a": "b"})
        self.client.create_model_version("kept", f"runs:/{self.run}/m", self.run)
        self.model = self.client.create_logged_model(self.experiment, name="kept").model_id

    def read(self):
        api = f"{self.server.url}/api/2.0/mlflow"
        asked = [("experiments/get", {"experiment_id": self.experiment}), ("runs/get", {"run_id": self.run}), ("metrics/get-history", {"run_id": self.run, "metric_key": "m"}),
                 ("registered-models/get", {"name": "kept"}), ("model-versions/get", {"name": "kept", "version": "1"}), (f"logged-models/{self.model}", None)]
        answers = [requests.get(f"{api}/{path}", params=query, timeout=TIMEOUT) for path, query in asked]
        assert all(answer.status_code == 200 for answer in answers), [answer.text for answer in answers]
        return [answer.json() for answer in answers]


@pytest.fixture
def world(new_server):
    return World(new_server())


def send(server, session, method, path, seen, **options):
    started = time.monotonic()
    answer = session.request(method, server.url + path, timeout=TIMEOUT, allow_redirects=False, **options)
    shown = f"{method} {path} {str(options)[:600]} -> {answer.status_code} {answer.text[:300]} after {time.monotonic() - started:.1f} s (FUZZ_SEED={SEED})"
    assert answer.status_code < 500, shown
    seen[answer.status_code // 100] = seen.get(answer.status_code // 100, 0) + 1
    if answer.status_code >= 400 and "/mlflow" in path:
        assert answer.json().get("error_code"), shown


READING = ["experiments/search", "runs/search", "experiments/search-datasets", "logged-models/search"]
FIELDS = ["name", "experiment_id", "run_id", "run_uuid", "key", "value", "timestamp", "step", "metrics", "params", "tags", "filter", "order_by", "max_results",
          "page_token", "experiment_ids", "view_type", "run_view_type", "version", "alias", "stage", "source", "description", "datasets", "models", "status",
          "artifact_location", "new_name", "model_json", "model_id", "path", "num_parts", "upload_id", "parts", "expiration", "start_time", "end_time", "archive_existing_versions"]
WRITING = ["experiments/create", "experiments/update", "experiments/delete", "experiments/restore", "experiments/set-experiment-tag", "experiments/delete-experiment-tag",
           "runs/create", "runs/update", "runs/delete", "runs/restore", "runs/log-metric", "runs/log-parameter", "runs/set-tag", "runs/delete-tag", "runs/log-batch", "runs/log-inputs",
           "runs/outputs", "runs/log-model", "logged-models", "logged-models/m-x/params", "registered-models/create", "registered-models/rename", "registered-models/set-tag",
           "registered-models/alias", "model-versions/create", "model-versions/transition-stage", "model-versions/set-tag", "artifacts/presigned-upload-url", "artifacts/presigned-download-url"]
ASKING = ["experiments/search", "experiments/get", "experiments/get-by-name", "runs/get", "artifacts/list", "metrics/get-history", "metrics/get-history-bulk",
          "metrics/get-history-bulk-interval", "registered-models/search", "registered-models/get", "registered-models/get-latest-versions", "registered-models/alias",
          "model-versions/search", "model-versions/get", "model-versions/get-download-uri", "logged-models/m-x", "logged-models/m-x/artifacts/directories"]


def test_the_search_grammar(world):
    """Only reads, so nothing may change at all."""
    before, chance, seen, session = world.read(), random.Random(SEED), {}, requests.Session()
    end = time.monotonic() + SECONDS / 2
    while time.monotonic() < end:
        body = {"filter": grammar(chance), "order_by": [order(chance) for _ in range(chance.randrange(3))]}
        if chance.random() < 0.3:
            body["max_results"] = chance.choice([1, 0, -1, 1000, 2**63, "5", "x"])
        if chance.random() < 0.2:
            body["page_token"] = chance.choice(["0", "1", "-1", "99999999999", "9" * 30, "x", "MQ=="])
        if chance.random() < 0.5:
            path = chance.choice(READING)
            body["experiment_ids"] = chance.choice([[world.experiment], ["0", world.experiment], [], ["x"], ["9" * 30]])
            if path == "logged-models/search":
                body["order_by"] = [{"field_name": text, "ascending": chance.random() < 0.5} for text in body["order_by"]]
            send(world.server, session, "POST", f"/api/2.0/mlflow/{path}", seen, json=body)
        else:
            send(world.server, session, "GET", f"/api/2.0/mlflow/{chance.choice(['registered-models', 'model-versions', 'experiments'])}/search", seen, params=body)
    assert seen.get(2, 0) > 20 and seen.get(4, 0) > 20, seen  # both what fits and what does not was asked
    assert world.read() == before


def test_every_body_and_query(world):
    """Writes may come through where they happen to be right, so what is kept is named by none of them."""
    before, chance, seen, session = world.read(), random.Random(SEED + 1), {}, requests.Session()
    end = time.monotonic() + SECONDS / 2
    while time.monotonic() < end:
        names = chance.sample(FIELDS, chance.randrange(1, 8))
        body = {name: values(chance) for name in names}
        api = chance.choice(["/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/"])
        how = chance.random()
        if how < 0.5:
            method = chance.choice(["POST", "POST", "POST", "PATCH", "DELETE", "PUT"])
            send(world.server, session, method, api + chance.choice(WRITING + READING), seen, data=json.dumps(body))
        elif how < 0.7:
            query = {name: str(value)[:500] for name, value in body.items()}
            send(world.server, session, "GET", api + chance.choice(ASKING), seen, params=query)
        elif how < 0.8:
            text = json.dumps(body)
            at = chance.randrange(len(text))
            broken = (text[:at] + chance.choice(["", "\\", '"', "\x00", "}", "[[" * 200, "\ud800", "1e999"]) + text[at + 1:]).encode("utf-8", "surrogatepass")
            send(world.server, session, "POST", api + chance.choice(WRITING), seen, data=broken)
        elif how < 0.9:
            send(world.server, session, "POST", "/api/2.0/mlflow-artifacts/mpu/" + chance.choice(["create", "complete", "abort"]) + "/fuzz", seen, data=json.dumps(body))
        else:
            query = chance.choice(["{", "}", "query", "mlflowGetRun", "(input:", ")", '"x"', "runId:", "...", "fragment f on X", "@skip(if: true)", "$v", "[", "]", "run", "info"])
            text = " ".join([query] + [chance.choice(["{", "}", "mlflowGetRun", "(input: {runId: \"x\"})", "{run {info {runId}}}", "...f", "test", "$v", "@include(if: $v)"]) for _ in range(9)])
            send(world.server, session, "POST", "/graphql", seen, data=json.dumps({"query": chance.choice([text, values(chance)]), "variables": values(chance)}))
    assert seen.get(4, 0) > 50, seen
    assert world.read() == before
    assert world.server.is_ready() and world.client.create_run(world.experiment).info.status == "RUNNING"

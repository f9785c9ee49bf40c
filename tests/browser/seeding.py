"""Data for the pages, logged through the API as a client would: experiments with any number of runs."""
import concurrent.futures
import math
import random
import threading

import requests

MODELS = ("xgboost", "lightgbm", "linear", "mlp")
WRITERS = 8  # the server gathers their writes into common commits


class Client:
    """A small client of MLflow's protocol; each thread keeps its own connection."""

    def __init__(self, url):
        self.url = url
        self._local = threading.local()

    def _session(self):
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        return self._local.session

    def call(self, method, path, **body):
        prefix = "/api/2.0/mlflow/" if not path.startswith("/") else ""
        kind = "params" if method == "GET" else "json"
        answer = self._session().request(method, self.url + prefix + path, timeout=60, **{kind: body})
        answer.raise_for_status()
        return answer.json()

    def post(self, path, **body):
        return self.call("POST", path, **body)

    def put_artifact(self, run, path, content):
        answer = self._session().put(f"{self.url}/api/v1/runs/{run}/artifacts/{path}", data=content, timeout=60)
        answer.raise_for_status()

    def put_file(self, artifact_uri, path, content):
        """Below an address such as mlflow-artifacts:/1/models/m-…/artifacts, as MLflow's client stores files."""
        place = artifact_uri.removeprefix("mlflow-artifacts:/")
        answer = self._session().put(f"{self.url}/api/2.0/mlflow-artifacts/artifacts/{place}/{path}", data=content, timeout=60)
        answer.raise_for_status()

    def experiment(self, name):
        return self.post("experiments/create", name=name)["experiment_id"]

    def run(self, experiment, name, params=(), metrics=(), tags=(), start_ms=1_700_000_000_000, status="FINISHED"):
        """metrics: {key: value} or {key: [value at step 0, …]}."""
        run = self.post("runs/create", experiment_id=experiment, run_name=name, start_time=start_ms, user_id="ada",
                        tags=[{"key": key, "value": str(value)} for key, value in dict(tags).items()])["run"]["info"]["run_id"]
        points = [{"key": key, "value": value, "timestamp": start_ms + 1000 * step, "step": step}
                  for key, course in dict(metrics).items() for step, value in enumerate(course if isinstance(course, list) else [course])]
        pairs = [{"key": key, "value": str(value)} for key, value in dict(params).items()]
        for first in range(0, max(1, len(points)), 900):
            self.post("runs/log-batch", run_id=run, metrics=points[first:first + 900], params=[] if first else pairs)
        if status != "RUNNING":
            self.post("runs/update", run_id=run, status=status, end_time=start_ms + 60_000)
        return run

    def many_runs(self, experiment, count):
        """Runs named run-00000 …, whose rmse falls as the number rises; every seventh failed."""
        def one(number):
            chance = random.Random(number)
            return self.run(
                experiment, f"run-{number:05}",
                params={"lr": f"{10 ** -chance.randint(1, 4):g}", "model": MODELS[number % 4], "depth": chance.randint(2, 9)},
                metrics={"rmse": 1 + 100 / (number + 1), "mae": chance.random()},
                tags={"team": ("north", "south")[number % 2]},
                start_ms=1_700_000_000_000 + 1000 * number, status="FAILED" if number % 7 == 3 else "FINISHED")

        with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
            return list(pool.map(one, range(count)))


def course(steps, seed, floor=0.1):
    """A loss that falls, with noise."""
    chance = random.Random(seed)
    return [floor + math.exp(-4 * step / steps) + 0.05 * chance.random() for step in range(steps)]

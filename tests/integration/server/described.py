"""The native API by its description: what a test asks and what the server answers must be what docs/openapi.yaml says.

  api = Api(server.url)
  run = api("POST", "/api/v1/runs", json={"name": "r"})      # the answer, checked
  api("GET", "/api/v1/runs/{id}", id="nobody", status=404)   # and so are errors
"""
import re
from urllib.parse import quote

import requests
import yaml
from jsonschema import Draft202012Validator
from treadle_server import ROOT

FILE = ROOT / "docs/openapi.yaml"


def description():
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def operations(text):
    """{(method, path): operation}"""
    return {(method.upper(), path): operation for path, item in text["paths"].items()
            for method, operation in item.items() if method != "parameters"}


class Api:
    def __init__(self, url, auth=None):
        self.url, self.auth = url, auth
        self.text = description()
        self.operations = operations(self.text)
        self.answered = set()  # operations that did what they are for

    def resolved(self, part):
        while "$ref" in part:
            name = part["$ref"].removeprefix("#/")
            part = self.text
            for step in name.split("/"):
                part = part[step]
        return part

    def faults(self, schema, value):
        """What of `value` the schema does not allow. References are looked up in the whole description."""
        whole = {**schema, "components": self.text["components"]}
        return [f"{error.json_path}: {error.message[:300]}" for error in Draft202012Validator(whole).iter_errors(value)]

    def schema_of(self, operation, answer):
        responses = operation["responses"]
        response = self.resolved(responses.get(str(answer.status_code)) or responses["default"])
        if str(answer.status_code) not in responses:
            told = re.findall(r"\b[45]\d\d\b", response["description"])
            assert str(answer.status_code) in told, f"{answer.status_code} is not described: {answer.text[:300]}"
        kinds = response["content"]
        kind = answer.headers.get("content-type", "").split(";")[0]
        assert kind in kinds or "*/*" in kinds, f"{kind} is not described, only {list(kinds)}"
        return kind, kinds.get(kind, kinds.get("*/*"))["schema"]

    def check_request(self, operation, query, body):
        named = {p["name"]: p["schema"] for p in map(self.resolved, operation.get("parameters", []))}
        for name, value in query.items():
            assert name in named, f"the parameter {name} is not described"
            assert not (found := self.faults(named[name], value)), found
        if body is not None:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert not (found := self.faults(schema, body)), f"the description refuses what the server takes: {found}"

    def __call__(self, method, path, /, status=200, json=None, params=None, data=None, headers=None, auth=None, **values):
        operation = self.operations[method, path]
        target = re.sub(r"\{(\w+)\}", lambda match: quote(str(values[match[1]]), safe="/" if match[1] in ("key", "path") else ""), path)
        sent = {name: str(value).lower() if isinstance(value, bool) else value for name, value in (params or {}).items()}
        answer = requests.request(method, self.url + target, params=sent, json=json, data=data, headers=headers,
                                  auth=auth or self.auth, timeout=30)
        assert answer.status_code == status, f"{method} {target}: {answer.status_code} {answer.text[:500]}"
        kind, schema = self.schema_of(operation, answer)
        if kind == "application/json" and "*/*" not in str(schema):
            found = self.faults(schema, answer.json())
            assert not found, f"{method} {target} answered otherwise than described: {found}"
        if status >= 300:
            return answer.json()["error"]
        self.check_request(operation, params or {}, json)
        self.answered.add((method, path))
        return answer.json() if kind == "application/json" else answer

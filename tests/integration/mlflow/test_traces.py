"""Traces: the real client's decorator, search, tags and deletion; a plain OpenTelemetry body; what is refused."""

import gzip
import uuid

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@pytest.fixture
def client(experiment):
    return MlflowClient()


@mlflow.trace(name="answer", span_type="CHAIN")
def answer(question, fail=False):
    with mlflow.start_span("look up") as span:
        span.set_inputs({"question": question})
        span.set_outputs(["a", 1, 2.5, None, {"ü": True}])
    if fail:
        raise ValueError("no answer")
    return f"re: {question}"


def made(question, fail=False):
    if fail:
        with pytest.raises(ValueError, match="no answer"):
            answer(question, fail=True)
    else:
        answer(question)
    return mlflow.get_last_active_trace_id()


def otlp(trace_id=b"\1" * 16, span_id=b"\2" * 8, name="plain"):
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name = trace_id, span_id, name
    span.start_time_unix_nano, span.end_time_unix_nano = 1_700_000_000_000_000_000, 1_700_000_000_250_000_000
    attribute = span.attributes.add()
    attribute.key, attribute.value.int_value = "tokens", 2**53 + 1
    return request.SerializeToString()


def send(server, experiment, body, **headers):
    return requests.post(f"{server.url}/v1/traces", data=body, timeout=10, headers={
        "Content-Type": "application/x-protobuf", "x-mlflow-experiment-id": experiment, **headers})


def count(server, experiment):
    body = {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}]}
    return len(requests.post(f"{server.url}/api/3.0/mlflow/traces/search", json=body, timeout=10).json()["traces"])


def test_a_decorated_call_is_read_back_whole(experiment):
    trace = mlflow.get_trace(made("why?"))
    assert trace.info.experiment_id == experiment
    assert trace.info.state == "OK"
    assert trace.info.tags["mlflow.traceName"] == "answer"
    assert trace.info.tags["mlflow.trace.spansLocation"] == "TRACKING_STORE"
    root, child = sorted(trace.data.spans, key=lambda span: span.parent_id is not None)
    assert (root.name, root.span_type, root.inputs) == ("answer", "CHAIN", {"question": "why?", "fail": False})
    assert root.outputs == "re: why?"
    assert child.parent_id == root.span_id
    assert child.outputs == ["a", 1, 2.5, None, {"ü": True}]
    assert root.start_time_ns <= child.start_time_ns <= child.end_time_ns <= root.end_time_ns
    assert abs(trace.info.execution_duration - (root.end_time_ns - root.start_time_ns) / 1e6) <= 1


def test_a_failed_call_is_an_error_with_its_exception(experiment):
    trace = mlflow.get_trace(made("what?", fail=True))
    assert trace.info.state == "ERROR"
    root = next(span for span in trace.data.spans if span.parent_id is None)
    assert root.status.status_code == "ERROR"
    assert any(event.name == "exception" and event.attributes["exception.message"] == "no answer"
               for event in root.events)


def test_search_by_grammar_order_and_pages(experiment, client):
    ids = [made(f"q{i}", fail=i == 1) for i in range(4)]
    for i, trace_id in enumerate(ids):
        client.set_trace_tag(trace_id, "rank", str(i))

    def found(filter_string=None, order_by=None):
        return [trace.info.trace_id for trace in mlflow.search_traces(
            locations=[experiment], filter_string=filter_string, order_by=order_by, return_type="list")]

    assert found(order_by=["timestamp_ms ASC", "tags.rank ASC"]) == ids
    assert found("attributes.status = 'ERROR'") == [ids[1]]
    assert found("trace.status = 'OK'", ["tags.rank DESC"]) == [ids[3], ids[2], ids[0]]
    assert found("tags.rank = '2' AND name = 'answer'") == [ids[2]]
    assert found("metadata.`mlflow.traceInputs` LIKE '%q3%'") == [ids[3]]
    assert found("timestamp_ms < 5") == []
    assert found("execution_time_ms >= 0 AND trace_id IN ('" + ids[0] + "')") == [ids[0]]
    first = client.search_traces(locations=[experiment], max_results=3, order_by=["tags.rank ASC"])
    rest = client.search_traces(locations=[experiment], max_results=3, order_by=["tags.rank ASC"],
                                page_token=first.token)
    assert [trace.info.trace_id for trace in [*first, *rest]] == ids
    assert not rest.token
    with pytest.raises(MlflowException, match="not an attribute of traces"):
        found("colour = 'red'")


def test_tags_and_deletion(experiment, client, server):
    ids = [made(f"q{i}") for i in range(3)]
    client.set_trace_tag(ids[0], "team", "grid")
    assert mlflow.get_trace(ids[0]).info.tags["team"] == "grid"
    client.delete_trace_tag(ids[0], "team")
    assert "team" not in mlflow.get_trace(ids[0]).info.tags
    with pytest.raises(MlflowException, match="No trace tag with key 'team'"):
        client.delete_trace_tag(ids[0], "team")
    assert client.delete_traces(experiment, trace_ids=[ids[0], "tr-unknown"]) == 1
    assert client.delete_traces(experiment, max_timestamp_millis=2**53, max_traces=1) == 1
    assert count(server, experiment) == 1
    assert client.delete_traces(experiment, max_timestamp_millis=2**53) == 1
    assert count(server, experiment) == 0


def test_tags_that_the_server_keeps_are_not_for_others(experiment, client, server):
    trace = made("q")
    place = mlflow.get_trace(trace).info.tags["mlflow.artifactLocation"]
    for method in ("PATCH", "DELETE"):  # the client would not send it
        answer = requests.request(method, f"{server.url}/api/3.0/mlflow/traces/{trace}/tags", json={"key": "mlflow.artifactLocation", "value": "elsewhere"}, timeout=10)
        assert answer.status_code == 400 and "immutable" in answer.json()["message"]
    assert mlflow.get_trace(trace).info.tags["mlflow.artifactLocation"] == place


def test_the_root_of_a_trace_comes_first(experiment, server):
    request = ExportTraceServiceRequest.FromString(otlp(uuid.uuid4().bytes))
    root = request.resource_spans[0].scope_spans[0].spans[0]
    child = request.resource_spans[0].scope_spans[0].spans.add()
    child.CopyFrom(root)
    child.span_id, child.parent_span_id, child.name = b"child---", root.span_id, "begun earlier"
    child.start_time_unix_nano -= 1000
    assert send(server, experiment, request.SerializeToString()).status_code == 200
    assert [span.name for span in mlflow.get_trace("tr-" + root.trace_id.hex()).data.spans] == [root.name, "begun earlier"]


def test_plain_opentelemetry_makes_a_trace(experiment, server):
    trace_id = uuid.uuid4().bytes
    assert send(server, experiment, gzip.compress(otlp(trace_id)), **{"Content-Encoding": "gzip"}).status_code == 200
    trace = mlflow.get_trace("tr-" + trace_id.hex())
    assert (trace.info.state, trace.info.execution_duration) == ("OK", 250)
    assert trace.info.request_time == 1_700_000_000_000
    assert trace.data.spans[0].get_attribute("tokens") == 2**53 + 1
    # The same span again is the same span.
    assert send(server, experiment, otlp(trace_id, name="renamed")).status_code == 200
    assert [span.name for span in mlflow.get_trace("tr-" + trace_id.hex()).data.spans] == ["renamed"]


def test_what_is_no_otlp_is_refused_and_changes_nothing(experiment, server):
    good = otlp()
    assert send(server, experiment, good[:-3]).status_code == 400
    assert send(server, experiment, b"\xff" * 100).status_code == 400
    for wrong, field in ((otlp(trace_id=b"short"), "trace_id"), (otlp(span_id=b""), "span_id")):
        answer = send(server, experiment, wrong)
        assert answer.status_code == 422 and field in answer.json()["detail"]
    assert send(server, "987654321", good).status_code == 404
    answer = send(server, "", good)
    assert answer.status_code == 422 and answer.json()["detail"][0]["loc"] == ["header", "x-mlflow-experiment-id"]
    assert "Content-Type" in send(server, experiment, good, **{"Content-Type": "text/plain"}).json()["detail"]
    assert "no spans found" in send(server, experiment, b"").json()["detail"]
    assert send(server, experiment, b"\0" * (33 << 20)).status_code == 413
    assert count(server, experiment) == 0


@pytest.mark.parametrize(("field", "value"), [
    ("trace_id", 5), ("trace_id", "x" * 51), ("request_time", "yesterday"), ("execution_duration", "1h"),
    ("state", "FINE"), ("tags", {"a": 1}), ("trace_metadata", ["a"]), ("tags", {"k": "v" * 8001})])
def test_a_wrong_field_is_named_and_changes_nothing(experiment, server, field, value):
    info = {"trace_id": "tr-1", "request_time": "2026-01-01T00:00:00Z", "state": "OK", "trace_location": {
        "type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}, field: value}
    answer = requests.post(f"{server.url}/api/3.0/mlflow/traces", json={"trace": {"trace_info": info}}, timeout=10)
    assert answer.status_code == 400
    assert field in answer.json()["message"]
    assert count(server, experiment) == 0


def test_a_trace_of_another_experiment_is_not_taken_over(experiment, server):
    trace_id = uuid.uuid4().bytes
    assert send(server, experiment, otlp(trace_id)).status_code == 200
    other = mlflow.set_experiment(f"traces-{uuid.uuid4()}").experiment_id
    assert send(server, other, otlp(trace_id, name="stolen")).status_code == 400
    assert mlflow.get_trace("tr-" + trace_id.hex()).data.spans[0].name == "plain"


def test_an_acknowledged_trace_survives_a_kill(experiment, server):
    ids = [made(f"q{i}") for i in range(3)]
    server.kill9()
    server.restart()
    mlflow.set_tracking_uri(server.url)
    for trace_id in ids:
        assert len(mlflow.get_trace(trace_id).data.spans) == 2
    assert count(server, experiment) == 3


def test_children_before_the_root_make_a_trace_under_way(experiment, server):
    request = ExportTraceServiceRequest.FromString(otlp(uuid.uuid4().bytes))
    span = request.resource_spans[0].scope_spans[0].spans[0]
    trace_id = "tr-" + span.trace_id.hex()
    child = ExportTraceServiceRequest.FromString(request.SerializeToString())
    child.resource_spans[0].scope_spans[0].spans[0].MergeFrom(type(span)(span_id=b"child---", parent_span_id=b"\2" * 8))
    assert send(server, experiment, child.SerializeToString()).status_code == 200
    before = requests.get(f"{server.url}/api/3.0/mlflow/traces/{trace_id}", timeout=10).json()["trace"]["trace_info"]
    assert before["state"] == "IN_PROGRESS"
    assert "execution_duration" not in before
    assert send(server, experiment, request.SerializeToString()).status_code == 200
    after = mlflow.get_trace(trace_id)
    assert (after.info.state, after.info.execution_duration, len(after.data.spans)) == ("OK", 250, 2)


def json_span(**changes):
    span = {"traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": "a1a2a3a4a5a6a7a8", "name": "from a browser", "kind": 2,
            "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": 1700000000250000000, "status": {"code": 2, "message": "lost"},
            "attributes": [{"key": "tokens", "value": {"intValue": "9007199254740993"}}, {"key": "ok", "value": {"boolValue": True}},
                           {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "ü"}, {"doubleValue": 0.5}]}}}],
            "events": [{"timeUnixNano": "1700000000100000000", "name": "exception", "attributes": [{"key": "exception.type", "value": {"stringValue": "Lost"}}]}],
            "unknown": {"ignored": 1}}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [{**span, **changes}]}]}]}


def test_json_names_kinds_and_outcomes_and_has_links(server, client, experiment):
    trace, other = uuid.uuid4().hex, uuid.uuid4().hex
    body = json_span(traceId=trace, kind="SPAN_KIND_SERVER", status={"code": "STATUS_CODE_ERROR"}, links=[{"traceId": other, "spanId": "b1" * 8}])
    requests.post(f"{server.url}/v1/traces", json=body, timeout=10, headers={"x-mlflow-experiment-id": experiment}).raise_for_status()
    read = client.get_trace(f"tr-{trace}")
    assert read.info.state == "ERROR" and [link.trace_id for link in read.data.spans[0].links] == [f"tr-{other}"]


def test_spans_come_as_json_too(server, client, experiment):
    trace = uuid.uuid4().hex
    answer = requests.post(f"{server.url}/v1/traces", json=json_span(traceId=trace), timeout=10, headers={"x-mlflow-experiment-id": experiment})
    assert (answer.status_code, answer.json()) == (200, {}), answer.text
    read = client.get_trace(f"tr-{trace}")
    [span] = read.data.spans
    assert (read.info.state, span.name, span.attributes["tokens"], span.attributes["list"]) == ("ERROR", "from a browser", 9007199254740993, ["ü", 0.5])
    assert read.info.execution_duration == 250 and span.events[0].attributes["exception.type"] == "Lost" and span.status.description == "lost"


@pytest.mark.parametrize("change", [{"traceId": "xyz"}, {"traceId": "01"}, {"spanId": None}, {"startTimeUnixNano": "soon"}, {"endTimeUnixNano": -1},
                                    {"attributes": 1}, {"attributes": [1]}, {"attributes": [{"key": "k", "value": 1}]}, {"status": {"code": 7}},
                                    {"name": 5}, {"events": [{"timeUnixNano": 1.5}]}])
def test_bad_spans_in_json_are_refused_by_name(server, experiment, change):
    body = json_span(traceId=uuid.uuid4().hex) if "traceId" not in change else json_span()
    span = body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span.update(change)
    answer = requests.post(f"{server.url}/v1/traces", json=body, timeout=10, headers={"x-mlflow-experiment-id": experiment})
    assert answer.status_code == 422 and "Cannot convert OpenTelemetry span" in answer.json()["detail"], answer.text

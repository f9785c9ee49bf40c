"""The 2.22 client's tracing: decorator, spans by hand, exceptions, generators, threads, search, tags, deletion; its
traces as the calls of the new client see them."""

import asyncio
import concurrent.futures
import uuid

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.entities import SpanType
from mlflow.exceptions import MlflowException


@pytest.fixture
def experiment(server, monkeypatch):
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    mlflow.set_tracking_uri(server.url)
    mlflow.tracing.reset()
    return mlflow.set_experiment(f"old-{uuid.uuid4()}").experiment_id


@mlflow.trace(name="answer", span_type=SpanType.CHAIN, attributes={"version": 7})
def answer(question, fail=False):
    with mlflow.start_span("look up", span_type=SpanType.RETRIEVER) as span:
        span.set_inputs({"question": question})
        span.set_outputs(["a", 1, 2.5, None, {"ü": True}])
    if fail:
        raise ValueError("no answer")
    return f"re: {question}"


def made(question, **rest):
    answer(question, **rest)
    return mlflow.get_last_active_trace_id()


def test_a_decorated_call_is_read_back_whole(experiment):
    trace = mlflow.get_trace(made("why?"))
    root, inner = trace.data.spans
    assert (trace.info.experiment_id, trace.info.status, trace.info.tags["mlflow.traceName"]) == (experiment, "OK", "answer")
    assert (root.name, root.span_type, root.inputs, root.outputs) == ("answer", "CHAIN", {"question": "why?", "fail": False}, "re: why?")
    assert (inner.parent_id, inner.span_type, inner.outputs, root.get_attribute("version")) == (root.span_id, "RETRIEVER", ["a", 1, 2.5, None, {"ü": True}], 7)
    assert trace.info.execution_time_ms >= 0 and trace.data.request == '{"question": "why?", "fail": false}'


def test_a_failing_call_says_why(experiment):
    with pytest.raises(ValueError, match="no answer"):
        answer("why?", fail=True)
    trace = mlflow.get_trace(mlflow.get_last_active_trace_id())
    root = trace.data.spans[0]
    assert trace.info.status == "ERROR" and root.status.status_code == "ERROR"
    assert root.events[0].attributes["exception.message"] == "no answer"


def test_async_calls_generators_and_threads(experiment):
    @mlflow.trace(name="all")
    async def everything():
        return await asyncio.gather(*(asyncio.to_thread(answer, str(number)) for number in range(5)))

    @mlflow.trace(name="words", output_reducer=list)
    def words():
        yield from ("a", "b")

    assert len(asyncio.run(everything())) == 5
    assert len(mlflow.get_trace(mlflow.get_last_active_trace_id()).data.spans) == 11
    assert list(words()) == ["a", "b"]
    assert mlflow.get_trace(mlflow.get_last_active_trace_id()).data.spans[0].outputs == ["a", "b"]
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        list(threads.map(answer, map(str, range(10))))
    assert len(MlflowClient().search_traces([experiment])) == 12


def test_spans_are_made_by_hand(experiment):
    client = MlflowClient()
    root = client.start_trace("by hand", inputs={"x": 1}, tags={"team": "a"})
    child = client.start_span("step", root.request_id, parent_id=root.span_id)
    client.end_span(root.request_id, child.span_id, outputs=2)
    client.end_trace(root.request_id, outputs=3)
    trace = client.get_trace(root.request_id)
    assert [span.name for span in trace.data.spans] == ["by hand", "step"] and trace.info.tags["team"] == "a"
    assert trace.data.response == "3"


def test_traces_are_searched_as_a_table_tagged_and_deleted(experiment):
    first, second = made("a"), made("b")
    client = MlflowClient()
    client.set_trace_tag(first, "kept", "yes")
    table = mlflow.search_traces(experiment_ids=[experiment], order_by=["timestamp_ms ASC"])
    assert list(table["request_id"]) == [first, second] and list(table["response"]) == ["re: a", "re: b"]
    assert list(mlflow.search_traces(experiment_ids=[experiment], filter_string="tags.kept = 'yes'")["request_id"]) == [first]
    with mlflow.start_run() as run:
        own = made("in a run")
    assert list(mlflow.search_traces(experiment_ids=[experiment], run_id=run.info.run_id)["request_id"]) == [own]
    client.delete_trace_tag(first, "kept")
    assert "kept" not in client.get_trace(first).info.tags
    assert client.delete_traces(experiment, request_ids=[first]) == 1
    with pytest.raises(MlflowException, match="not found"):
        client.get_trace(first)
    assert client.delete_traces(experiment, max_timestamp_millis=2**53) == 2


def test_its_traces_are_seen_by_the_calls_of_the_new_client(experiment, server):
    trace = made("why?")
    body = {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}]}
    [found] = requests.post(f"{server.url}/api/3.0/mlflow/traces/search", json=body, timeout=10).json()["traces"]
    assert (found["trace_id"], found["state"], found["tags"]["mlflow.traceName"]) == (trace, "OK", "answer")
    count = {"experiment_ids": [experiment], "view_type": "TRACES", "metric_name": "trace_count", "aggregations": [{"aggregation_type": "COUNT"}],
             "dimensions": ["trace_name", "trace_status"]}
    [point] = requests.post(f"{server.url}/api/3.0/mlflow/traces/metrics", json=count, timeout=10).json()["data_points"]
    assert (point["dimensions"], point["values"]) == ({"trace_name": "answer", "trace_status": "OK"}, {"COUNT": 1})

"""Tracing as programs use it: async functions, generators, threads, exceptions, large traces; read back as a table, deleted by age."""

import asyncio
import concurrent.futures
import contextvars
import time

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.entities import Span
from mlflow.exceptions import MlflowException


def last():
    return mlflow.get_trace(mlflow.get_last_active_trace_id())


@mlflow.trace(name="leaf")
def leaf(value):
    return value * 2


def test_async_functions_keep_their_spans_apart(experiment):
    @mlflow.trace(name="fetch")
    async def fetch(number):
        await asyncio.sleep(0.01)
        return leaf(number)

    @mlflow.trace(name="all")
    async def everything():
        return await asyncio.gather(*(fetch(number) for number in range(20)))

    assert asyncio.run(everything()) == [number * 2 for number in range(20)]
    spans = last().data.spans
    [root] = [span for span in spans if span.parent_id is None]
    fetches = {span.span_id: span for span in spans if span.name == "fetch"}
    assert len(spans) == 41 and all(span.parent_id == root.span_id for span in fetches.values())
    for span in spans:
        if span.name == "leaf":
            assert fetches[span.parent_id].inputs == {"number": span.inputs["value"]} and span.outputs == 2 * span.inputs["value"]


def test_generators_end_when_they_are_read_to_the_end(experiment):
    @mlflow.trace(name="words", output_reducer="".join)
    def words():
        for word in ("a", "b", "ü"):
            yield word

    @mlflow.trace(name="later")
    async def later():
        for number in range(3):
            yield number

    assert list(words()) == ["a", "b", "ü"]
    [span] = last().data.spans
    assert (span.outputs, span.status.status_code) == ("abü", "OK") and len(span.events) == 3

    async def read():
        return [number async for number in later()]

    assert asyncio.run(read()) == [0, 1, 2]
    [span] = last().data.spans
    assert span.name == "later" and span.outputs == [0, 1, 2]


def test_a_generator_that_fails_says_where(experiment):
    @mlflow.trace(name="broken")
    def broken():
        yield 1
        raise OSError("cut")

    with pytest.raises(OSError, match="cut"):
        list(broken())
    trace = last()
    [span] = trace.data.spans
    assert trace.info.state == "ERROR" and span.events[-1].attributes["exception.message"] == "cut"


def test_threads_make_traces_of_their_own_or_share_one(experiment):
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        list(threads.map(leaf, range(40)))
    assert len(mlflow.search_traces(locations=[experiment], max_results=100, return_type="list")) == 40
    with mlflow.start_span("shared"), concurrent.futures.ThreadPoolExecutor(8) as threads:
        for future in [threads.submit(contextvars.copy_context().run, leaf, number) for number in range(16)]:
            future.result()
    spans = last().data.spans
    [root] = [span for span in spans if span.name == "shared"]
    assert sorted(span.outputs for span in spans if span.parent_id == root.span_id) == [2 * number for number in range(16)]


def test_exceptions_through_many_spans_are_kept(experiment):
    @mlflow.trace
    def fall(depth):
        if depth == 0:
            raise KeyError("bottom ü")
        fall(depth - 1)

    with pytest.raises(KeyError):
        fall(30)
    trace = last()
    assert trace.info.state == "ERROR" and len(trace.data.spans) == 31
    for span in trace.data.spans:
        assert span.status.status_code == "ERROR" and span.events[0].attributes["exception.type"] == "KeyError"
        assert "bottom ü" in span.events[0].attributes["exception.stacktrace"]


def test_ten_megabytes_go_in_and_come_back(experiment):
    text = "näive ☃ \"quotes\"\n" * 550_000  # more than 10 MB in UTF-8
    assert len(text.encode()) > 10 << 20

    @mlflow.trace(name="large")
    def size(text):
        return len(text)

    assert size(text) == len(text)
    trace = last()
    [span] = trace.data.spans
    assert span.inputs == {"text": text} and span.outputs == len(text)
    [found] = mlflow.search_traces(locations=[experiment], filter_string="span.attributes.mlflow.spanOutputs = '9350000'", return_type="list")
    assert found.info.trace_id == trace.info.trace_id


def test_five_thousand_spans_are_one_trace(experiment, monkeypatch):
    # As clients do when nobody says otherwise: spans go out in batches by a thread of their own.
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "true")
    mlflow.tracing.reset()
    with mlflow.start_span("root"):
        for number in range(4_999):
            with mlflow.start_span(f"part {number % 10}") as span:
                span.set_inputs({"number": number})
    mlflow.flush_trace_async_logging(terminate=True)
    trace = last()
    spans = trace.data.spans
    assert len(spans) == 5_000 and sum(span.inputs["number"] for span in spans if span.inputs) == sum(range(4_999))
    begun = time.monotonic()
    assert len(mlflow.search_traces(locations=[experiment], filter_string="span.name = 'part 7'", return_type="list")) == 1
    assert time.monotonic() - begun < 5


def test_traces_are_a_table(experiment):
    for number in range(5):
        leaf(number)
        mlflow.log_feedback(trace_id=mlflow.get_last_active_trace_id(), name="score", value=number / 4)
    MlflowClient().set_trace_tag(mlflow.get_last_active_trace_id(), "last", "yes")
    table = mlflow.search_traces(locations=[experiment], order_by=["timestamp_ms ASC"])
    assert list(table["response"]) == [0, 2, 4, 6, 8] and [one["value"] for one in table["request"]] == list(range(5))
    assert list(table["state"]) == ["OK"] * 5 and table["tags"].iloc[-1]["last"] == "yes"
    assert [row[0]["feedback"]["value"] for row in table["assessments"]] == [0, 0.25, 0.5, 0.75, 1]
    assert [span["name"] for span in table["spans"].iloc[0]] == ["leaf"]
    few = mlflow.search_traces(locations=[experiment], filter_string="feedback.score > 0.4", max_results=2)
    assert len(few) == 2 and set(few["response"]) == {8, 6}
    assert mlflow.search_traces(locations=[experiment], filter_string="tag.last = 'no'").empty


def test_the_old_are_deleted_first(experiment):
    def at(ms):
        root = mlflow.start_span_no_context("r", start_time_ns=ms * 1_000_000)
        root.end(end_time_ns=(ms + 5) * 1_000_000)
        return root.trace_id

    client, begin = MlflowClient(), 1_700_000_000_000
    made = [at(begin + 1_000 * number) for number in range(6)]

    def there():
        return [one.info.trace_id for one in mlflow.search_traces(locations=[experiment], order_by=["timestamp_ms ASC"], return_type="list")]

    assert client.delete_traces(experiment, max_timestamp_millis=begin + 3_000, max_traces=2) == 2 and there() == made[2:]
    assert client.delete_traces(experiment, max_timestamp_millis=begin + 3_000) == 2 and there() == made[4:]
    assert client.delete_traces(experiment, max_timestamp_millis=begin) == 0
    assert client.delete_traces(experiment, trace_ids=[made[4], "tr-none"]) == 1 and there() == made[5:]
    assert mlflow.get_trace(made[0], silent=True) is None
    with pytest.raises(MlflowException):
        client.delete_traces(experiment)


def test_a_page_downloads_a_trace_and_its_attachments(server, experiment):
    with mlflow.start_span("outer", span_type="CHAIN") as outer:
        outer.set_inputs({"question": "why? ü"})
        outer.set_attributes({"count": 3, "share": 0.5, "list": [1, "a", {"b": None}], "yes": True})
        with pytest.raises(ValueError), mlflow.start_span("inner"):
            raise ValueError("lost")
    trace = mlflow.get_trace(outer.trace_id)
    for version in ("2.0", "3.0"):
        url = f"{server.url}/ajax-api/{version}/mlflow/get-trace-artifact"
        answer = requests.get(url, params={"request_id": outer.trace_id}, timeout=5)
        assert answer.status_code == 200 and answer.headers["Content-Disposition"] == "attachment; filename=traces.json"
        spans = [Span.from_dict(span) for span in answer.json()["spans"]]
        for read, known in zip(spans, trace.data.spans, strict=True):
            assert read.attributes == known.attributes
            assert {**read.to_dict(), "attributes": 0} == {**known.to_dict(), "attributes": 0}
    kept = f"{server.url}/api/2.0/mlflow-artifacts/artifacts/{experiment}/traces/{outer.trace_id}/artifacts/attachments/a.png"
    assert requests.put(kept, data=b"picture", timeout=5).status_code == 200
    picture = requests.get(url, params={"request_id": outer.trace_id, "path": "a.png"}, timeout=5)
    assert picture.content == b"picture" and picture.headers["Content-Type"] == "image/png"
    for asked, status in (({}, 400), ({"request_id": "tr-none"}, 404), ({"request_id": outer.trace_id, "path": "none"}, 404),
                          ({"request_id": outer.trace_id, "path": "../traces.json"}, 400)):
        assert requests.get(url, params=asked, timeout=5).status_code == status, asked

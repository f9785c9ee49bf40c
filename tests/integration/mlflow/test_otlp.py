"""OpenTelemetry's own SDK and exporter against /v1/traces: plain and compressed, many threads; what is refused in part."""

import concurrent.futures
import gzip
import json
import os
import uuid
import zlib

import mlflow
import pytest
import requests
from opentelemetry import trace as otel
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

PROTOBUF = "application/x-protobuf"


@pytest.fixture(params=list(Compression), ids=lambda one: one.name)
def provider(request, server, experiment):
    exporter = OTLPSpanExporter(endpoint=f"{server.url}/v1/traces", headers={"x-mlflow-experiment-id": experiment}, compression=request.param)
    made = TracerProvider(resource=Resource.create({"service.name": "shop"}))
    made.add_span_processor(SimpleSpanProcessor(exporter))
    yield made
    made.shutdown()


def test_spans_of_the_sdk_become_a_trace(provider, experiment):
    tracer = provider.get_tracer("shop")
    with tracer.start_as_current_span("order", attributes={"customer": "ü", "lines": 3, "total": 9.5, "paid": True, "skus": ["a", "b"]}) as root:
        with pytest.raises(ValueError), tracer.start_as_current_span("ship", kind=otel.SpanKind.CLIENT) as child:
            child.add_event("packed", {"boxes": 2})
            raise ValueError("no stock")
        name = f"tr-{root.get_span_context().trace_id:032x}"
    read = mlflow.get_trace(name)
    ordered, shipped = read.data.spans
    assert (read.info.state, read.info.experiment_id, ordered.name, shipped.name) == ("OK", experiment, "order", "ship")
    assert {key: ordered.attributes[key] for key in ("customer", "lines", "total", "paid", "skus")} == {
        "customer": "ü", "lines": 3, "total": 9.5, "paid": True, "skus": ["a", "b"]}
    assert shipped.parent_id == ordered.span_id and shipped.status.status_code == "ERROR"
    assert [event.name for event in shipped.events] == ["packed", "exception"] and shipped.events[1].attributes["exception.message"] == "no stock"
    [found] = mlflow.search_traces(locations=[experiment], filter_string="span.attributes.customer = 'ü' AND span.name = 'order'", return_type="list")
    assert found.info.trace_id == name


def test_what_spans_say_of_their_trace(provider, experiment):
    """Sessions, users, tokens, previews and tags, by the conventions of OpenTelemetry; each span comes in a call of its own, children first."""
    tracer = provider.get_tracer("assistant")
    long = "why " * 500
    with tracer.start_as_current_span("ask", attributes={"session.id": "s-1", "user.id": "ann", "input.value": long, "output.value": "because",
                                                         "mlflow.traceTag.team": "grid"}) as root:
        for model in ("large", "small"):
            with tracer.start_as_current_span("chat", attributes={"gen_ai.request.model": model, "gen_ai.provider.name": "here",
                                                                  "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5}):
                # What is below a span that tells its tokens is counted there.
                with tracer.start_as_current_span("call", attributes={"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5}):
                    pass
        name = f"tr-{root.get_span_context().trace_id:032x}"
    info = mlflow.get_trace(name).info
    assert (info.state, info.tags["mlflow.traceName"], info.tags["team"]) == ("OK", "ask", "grid")
    assert (info.trace_metadata["mlflow.trace.session"], info.trace_metadata["mlflow.trace.user"]) == ("s-1", "ann")
    assert info.token_usage == {"input_tokens": 20, "output_tokens": 10, "total_tokens": 30}
    assert info.response_preview == '"because"' and info.request_preview == f'"{long[:996]}...'  # JSON, as MLflow 3.18 shows it
    found = mlflow.search_traces(locations=[experiment], filter_string="metadata.`mlflow.trace.session` = 's-1' AND tag.team = 'grid'", return_type="list")
    assert name in {one.info.trace_id for one in found}
    late = {"gen_ai.usage.input_tokens": 1, "gen_ai.usage.output_tokens": 1}
    with tracer.start_as_current_span("late", context=otel.set_span_in_context(root), attributes=late):
        pass
    assert mlflow.get_trace(name).info.token_usage["total_tokens"] == 32


# What a span says in the words of others, and what MLflow's client then finds: (type, inputs, outputs, model, provider, tokens).
CONVENTIONS = {
    "openinference": ({"openinference.span.kind": "LLM", "input.value": '{"q": "warm?"}', "output.value": "yes", "llm.model_name": "m-1", "llm.provider": "p",
                       "llm.token_count.prompt": 7, "llm.token_count.completion": 2, "llm.token_count.total": 10},
                      ("LLM", {"q": "warm?"}, "yes", "m-1", "p", {"input_tokens": 7, "output_tokens": 2, "total_tokens": 10})),
    "gen_ai": ({"gen_ai.operation.name": "chat", "gen_ai.input.messages": '[{"role": "user"}]', "gen_ai.output.messages": "[1]", "gen_ai.response.model": "m-2",
                "gen_ai.request.model": "alias", "gen_ai.provider.name": "p", "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 50},
               ("CHAT_MODEL", [{"role": "user"}], [1], "m-2", "p", {"input_tokens": 100, "output_tokens": 50, "total_tokens": 150})),
    "a tool": ({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.arguments": '{"x": 1}', "gen_ai.tool.call.result": "2"},
               ("TOOL", {"x": 1}, "2", None, None, None)),
    "traceloop": ({"traceloop.span.kind": "workflow", "traceloop.entity.input": "in", "traceloop.entity.output": "out", "gen_ai.system": "p",
                   "gen_ai.usage.prompt_tokens": 3, "gen_ai.usage.completion_tokens": 4, "llm.usage.total_tokens": 7},
                  ("WORKFLOW", "in", "out", None, "p", {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7})),
    "mlflow's own": ({"mlflow.spanType": "TASK", "openinference.span.kind": "LLM", "mlflow.spanInputs": '"mine"', "input.value": "theirs"},
                     ("TASK", "mine", None, None, None, None)),
    "an unknown type": ({"mlflow.spanType": "UNKNOWN", "openinference.span.kind": "TOOL"}, ("TOOL", None, None, None, None, None)),
    "nothing in it": ({"openinference.span.kind": "SINGER", "input.value": "{}", "output.value": ""}, ("UNKNOWN", None, None, None, None, None)),
}


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_spans_of_other_conventions_are_told_in_mlflows_words(provider, experiment, convention):
    given, expected = CONVENTIONS[convention]
    with provider.get_tracer("foreign").start_as_current_span("work", attributes=given) as span:
        name = f"tr-{span.get_span_context().trace_id:032x}"
    [read] = mlflow.get_trace(name).data.spans
    attributes = read.attributes
    told = tuple(attributes.get(key) for key in ("mlflow.llm.model", "mlflow.llm.provider", "mlflow.chat.tokenUsage"))
    assert (read.span_type or "UNKNOWN", read.inputs, read.outputs, *told) == expected
    assert set(given) <= set(attributes), "what was sent stays"
    if expected[0] != "UNKNOWN":
        found = mlflow.search_traces(locations=[experiment], filter_string=f"span.type = '{expected[0]}'", return_type="list")
        assert name in {one.info.trace_id for one in found}


def test_texts_of_json_keep_their_order(provider, experiment):
    said = '{"zeta": 1, "alpha": {"y": 2, "b": [{"x": 1, "a": 2}]}}'
    with provider.get_tracer("ordered").start_as_current_span("work", attributes={"mlflow.spanInputs": said}) as span:
        name = f"tr-{span.get_span_context().trace_id:032x}"
    trace = mlflow.get_trace(name)
    assert json.dumps(trace.data.spans[0].inputs) == said and trace.info.request_preview == said


@pytest.mark.parametrize("depth", [31, 32, 33, 60, 500, 100_000])
def test_texts_of_deep_json_are_readable_afterwards(server, experiment, depth):
    text, trace = "[" * depth + "]" * depth, uuid.uuid4().hex
    attributes = [{"key": "input.value", "value": {"stringValue": text}}]
    span = {"traceId": trace, "spanId": "2" * 16, "name": "deep", "startTimeUnixNano": "5", "endTimeUnixNano": "9", "attributes": attributes}
    requests.post(f"{server.url}/v1/traces", json={"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]},
                  headers={"x-mlflow-experiment-id": experiment}, timeout=10).raise_for_status()
    [read] = mlflow.get_trace(f"tr-{trace}").data.spans
    assert read.inputs == (text if depth > 32 else json.loads(text))
    [shown] = requests.get(f"{server.url}/api/v1/traces/tr-{trace}", timeout=10).json()["spans"]
    assert shown["name"] == "deep"


def test_a_run_is_named_for_the_traces_of_a_call(server, experiment):
    run = mlflow.MlflowClient().create_run(experiment).info.run_id

    def exported(run_id):
        headers = {"x-mlflow-experiment-id": experiment, "x-mlflow-run-id": run_id}
        made = TracerProvider()
        exporter = OTLPSpanExporter(endpoint=f"{server.url}/v1/traces", headers=headers)
        made.add_span_processor(SimpleSpanProcessor(exporter))
        with made.get_tracer("linked").start_as_current_span("linked") as span:
            name = f"tr-{span.get_span_context().trace_id:032x}"
        made.shutdown()
        return name

    linked, unlinked = exported(run), exported("0" * 32)
    found = mlflow.search_traces(locations=[experiment], filter_string=f"run_id = '{run}'", return_type="list")
    assert [one.info.trace_id for one in found] == [linked]
    assert mlflow.get_trace(unlinked).info.state == "OK"  # spans are not lost with the link


def test_batches_of_many_threads_lose_nothing(server, experiment):
    provider = TracerProvider()
    exporter = OTLPSpanExporter(endpoint=f"{server.url}/v1/traces", headers={"x-mlflow-experiment-id": experiment}, compression=Compression.Gzip)
    provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=100_000, max_export_batch_size=64))
    tracer = provider.get_tracer("many")

    def work(number):
        with tracer.start_as_current_span(f"root {number}"):
            for _ in range(9):
                with tracer.start_as_current_span("part"):
                    pass

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(60)))
    assert provider.force_flush()
    provider.shutdown()
    # Batches cut traces in pieces, and the pieces come together again.
    traces = mlflow.search_traces(locations=[experiment], max_results=100, return_type="list")
    assert len(traces) == 60 and all(len(one.data.spans) == 10 and one.info.state == "OK" for one in traces)


def request_of(*ids):
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    trace = uuid.uuid4().bytes
    for number, span_id in enumerate(ids):
        spans.add(trace_id=trace, span_id=span_id, name=f"span {number}", start_time_unix_nano=10**18, end_time_unix_nano=10**18 + 1)
    return request, "tr-" + trace.hex()


def post(server, experiment, body, kind=PROTOBUF, **headers):
    return requests.post(f"{server.url}/v1/traces", data=body, timeout=20, headers={"Content-Type": kind, "x-mlflow-experiment-id": experiment, **headers})


def test_some_spans_may_be_refused(server, experiment):
    request, name = request_of(b"12345678", b"short", b"87654321", b"")
    answer = post(server, experiment, request.SerializeToString())
    assert (answer.status_code, answer.headers["content-type"]) == (200, PROTOBUF)
    partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert partial.rejected_spans == 2 and "span_id" in partial.error_message
    assert {span.name for span in mlflow.get_trace(name).data.spans} == {"span 0", "span 2"}
    # All of them: an error. None: an answer without a word of it.
    request, _ = request_of(b"short", b"")
    answer = post(server, experiment, request.SerializeToString())
    assert answer.status_code == 422 and "Cannot convert OpenTelemetry span" in answer.json()["detail"]
    request, _ = request_of(b"12345678")
    assert ExportTraceServiceResponse.FromString(post(server, experiment, request.SerializeToString()).content) == ExportTraceServiceResponse()


def test_some_spans_in_json_may_be_refused(server, experiment):
    good = {"traceId": uuid.uuid4().hex, "spanId": "a1a2a3a4a5a6a7a8", "name": "good", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [good, {**good, "spanId": "zz"}, {**good, "startTimeUnixNano": "soon"}]}]}]}
    answer = post(server, experiment, json.dumps(body), kind="application/json; charset=utf-8")
    partial = answer.json()["partialSuccess"]
    assert answer.status_code == 200 and partial["rejectedSpans"] == "2" and "spanId" in partial["errorMessage"]
    assert [span.name for span in mlflow.get_trace("tr-" + good["traceId"]).data.spans] == ["good"]


def test_compressed_bodies_are_bounded_and_checked(server, experiment):
    body = request_of(b"12345678")[0].SerializeToString()
    for coding, packed in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body)), ("GZIP", gzip.compress(body)), ("identity", body)):
        assert post(server, experiment, packed, **{"Content-Encoding": coding}).status_code == 200, coding
    bomb = gzip.compress(b"\0" * (200 << 20), 9)
    assert post(server, experiment, bomb, **{"Content-Encoding": "gzip"}).status_code == 413
    for coding, packed in (("gzip", b"nonsense"), ("gzip", gzip.compress(body)[:-9]), ("deflate", b"\1\2"), ("br", body)):
        answer = post(server, experiment, packed, **{"Content-Encoding": coding})
        assert answer.status_code in (400, 415, 501) and answer.json(), (coding, answer.status_code)
    noise = os.urandom(2000)
    assert post(server, experiment, noise).status_code == 400

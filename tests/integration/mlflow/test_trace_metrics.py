"""Aggregates over traces, spans and assessments: the real client's answers against values computed here."""

import json
import statistics
from datetime import datetime, timezone

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.entities.trace_metrics import AggregationType, MetricAggregation, MetricViewType
from mlflow.exceptions import MlflowException
from mlflow.tracing.client import TracingClient

MS = 1_000_000
BEGIN = 1_767_225_600_000  # the first hour of 2026
# Name, start after BEGIN in ms, duration in ms, tokens, session; one fails.
MADE = [("chat", 0, 10, 5, "s1"), ("chat", 1_000, 20, 7, "s1"), ("chat", 61_000, 35, None, "s2"),
        ("search", 62_000, 100, 11, None), ("search", 3_600_000, 400, 13, "s3")]
COUNT = MetricAggregation(AggregationType.COUNT)
SUM, AVG, MIN, MAX = (MetricAggregation(getattr(AggregationType, name)) for name in ("SUM", "AVG", "MIN", "MAX"))


def percentile(value):
    return MetricAggregation(AggregationType.PERCENTILE, percentile_value=value)


def interpolated(values, percent):
    ordered, place = sorted(values), percent / 100 * (len(values) - 1)
    low, high = ordered[int(place)], ordered[min(int(place) + 1, len(values) - 1)]
    return low + (high - low) * (place - int(place))


@pytest.fixture
def made(experiment):
    client, ids = MlflowClient(), []
    for name, start, duration, tokens, session in MADE:
        root = mlflow.start_span_no_context(name, start_time_ns=(BEGIN + start) * MS, span_type="CHAIN", metadata={
            **({"mlflow.trace.session": session} if session else {}),
            **({"mlflow.trace.tokenUsage": json.dumps({"input_tokens": tokens, "output_tokens": 1, "total_tokens": tokens + 1})} if tokens else {})})
        model = mlflow.start_span_no_context("model", parent_span=root, span_type="LLM", start_time_ns=(BEGIN + start + 1) * MS)
        model.set_attributes({"mlflow.llm.model": "small" if name == "chat" else "large", "mlflow.llm.provider": "here",
                              "mlflow.llm.cost": {"input_cost": 0.5, "output_cost": duration / 100, "total_cost": 0.5 + duration / 100}})
        model.end(end_time_ns=(BEGIN + start + 3) * MS)
        root.set_status("ERROR" if start == 62_000 else "OK")
        root.end(end_time_ns=(BEGIN + start + duration) * MS)
        ids.append(root.trace_id)
    client.set_trace_tag(ids[0], "team", "a b")
    return ids


def ask(experiment, view, metric, aggregations, **rest):
    points = TracingClient().store.query_trace_metrics(
        experiment_ids=[experiment], view_type=getattr(MetricViewType, view), metric_name=metric, aggregations=aggregations, **rest)
    return [(point.dimensions, point.values) for point in points]


def bucket(ms):
    return datetime.fromtimestamp(ms / 1000, tz=timezone.utc).isoformat()


def test_traces_are_counted_by_name_and_outcome(experiment, made):
    assert ask(experiment, "TRACES", "trace_count", [COUNT]) == [({}, {"COUNT": 5})]
    assert ask(experiment, "TRACES", "trace_count", [COUNT], dimensions=["trace_name", "trace_status"]) == [
        ({"trace_name": "chat", "trace_status": "OK"}, {"COUNT": 3}),
        ({"trace_name": "search", "trace_status": "ERROR"}, {"COUNT": 1}),
        ({"trace_name": "search", "trace_status": "OK"}, {"COUNT": 1})]
    assert ask(experiment, "TRACES", "session_count", [COUNT]) == [({}, {"COUNT": 3})]


def test_latencies_have_averages_extremes_and_percentiles(experiment, made):
    asked = [AVG, MIN, MAX] + [percentile(p) for p in (0, 25, 50, 95, 99.9, 100)]
    by_name = {name: [one[2] for one in MADE if one[0] == name] for name in ("chat", "search")}
    got = ask(experiment, "TRACES", "latency", asked, dimensions=["trace_name"])
    assert [dimensions["trace_name"] for dimensions, _ in got] == ["chat", "search"]
    for dimensions, values in got:
        own = by_name[dimensions["trace_name"]]
        expected = {"AVG": statistics.mean(own), "MIN": min(own), "MAX": max(own)}
        expected.update({f"P{float(p)}": interpolated(own, p) for p in (0, 25, 50, 95, 99.9, 100)})
        assert values == pytest.approx(expected)


def test_time_buckets_begin_where_the_clock_does(experiment, made):
    got = ask(experiment, "TRACES", "trace_count", [COUNT], time_interval_seconds=60, start_time_ms=BEGIN, end_time_ms=BEGIN + 3_600_000)
    assert got == [({"time_bucket": bucket(BEGIN)}, {"COUNT": 2}), ({"time_bucket": bucket(BEGIN + 60_000)}, {"COUNT": 2}),
                   ({"time_bucket": bucket(BEGIN + 3_600_000)}, {"COUNT": 1})]
    # Both ends of the time asked for belong to it.
    for first, last, expected in ((BEGIN, BEGIN, 1), (BEGIN + 1, BEGIN + 61_000, 2), (BEGIN + 3_600_001, None, 0), (None, BEGIN - 1, 0)):
        assert ask(experiment, "TRACES", "trace_count", [COUNT], start_time_ms=first, end_time_ms=last) == [({}, {"COUNT": expected})]


def test_tokens_are_those_that_traces_report(experiment, made):
    own = [one[3] for one in MADE if one[3]]
    assert ask(experiment, "TRACES", "input_tokens", [SUM, AVG, percentile(50)]) == [
        ({}, pytest.approx({"SUM": sum(own), "AVG": statistics.mean(own), "P50.0": interpolated(own, 50)}))]
    assert ask(experiment, "TRACES", "output_tokens", [SUM], dimensions=["trace_name"]) == [
        ({"trace_name": "chat"}, {"SUM": 2}), ({"trace_name": "search"}, {"SUM": 2})]
    assert ask(experiment, "TRACES", "cache_read_input_tokens", [SUM]) == []


def test_spans_are_counted_timed_and_paid_for(experiment, made):
    assert ask(experiment, "SPANS", "span_count", [COUNT], dimensions=["span_type", "span_name"], filters=["trace.status = 'OK'"]) == [
        ({"span_type": "CHAIN", "span_name": "chat"}, {"COUNT": 3}), ({"span_type": "CHAIN", "span_name": "search"}, {"COUNT": 1}),
        ({"span_type": "LLM", "span_name": "model"}, {"COUNT": 4})]
    assert ask(experiment, "SPANS", "latency", [MIN, MAX], filters=["span.type = 'LLM'"]) == [({}, {"MIN": 2, "MAX": 2})]
    costs = {"small": [one[2] / 100 for one in MADE if one[0] == "chat"], "large": [one[2] / 100 for one in MADE if one[0] == "search"]}
    assert ask(experiment, "SPANS", "output_cost", [SUM, AVG], dimensions=["span_model_name"]) == [
        ({"span_model_name": name}, pytest.approx({"SUM": sum(costs[name]), "AVG": statistics.mean(costs[name])})) for name in ("large", "small")]
    assert ask(experiment, "SPANS", "total_cost", [SUM], time_interval_seconds=3600, start_time_ms=BEGIN, end_time_ms=BEGIN + 10**7) == [
        ({"time_bucket": bucket(BEGIN)}, pytest.approx({"SUM": 4 * 0.5 + 1.65})),
        ({"time_bucket": bucket(BEGIN + 3_600_000)}, pytest.approx({"SUM": 4.5}))]


def test_what_was_said_of_traces_is_counted_and_averaged(experiment, made):
    for trace, value in zip(made, (True, False, True, "yes", "no")):
        mlflow.log_feedback(trace_id=trace, name="correct", value=value)
    mlflow.log_feedback(trace_id=made[0], name="score", value=0.25)
    replaced = mlflow.log_feedback(trace_id=made[1], name="score", value=100)
    mlflow.override_feedback(trace_id=made[1], assessment_id=replaced.assessment_id, value=0.75)
    mlflow.log_feedback(trace_id=made[2], name="note", value="long text")
    mlflow.log_expectation(trace_id=made[2], name="truth", value="x")
    assert ask(experiment, "ASSESSMENTS", "assessment_value", [AVG, percentile(50)], dimensions=["assessment_name"]) == [
        ({"assessment_name": "correct"}, {"AVG": pytest.approx(0.6), "P50.0": 1}), ({"assessment_name": "score"}, {"AVG": 0.5, "P50.0": 0.5})]
    assert ask(experiment, "ASSESSMENTS", "assessment_count", [COUNT], dimensions=["assessment_value"], filters=["assessment.name = 'correct'"]) == [
        ({"assessment_value": '"no"'}, {"COUNT": 1}), ({"assessment_value": '"yes"'}, {"COUNT": 1}),
        ({"assessment_value": "false"}, {"COUNT": 1}), ({"assessment_value": "true"}, {"COUNT": 2})]
    assert ask(experiment, "ASSESSMENTS", "assessment_count", [COUNT], filters=["assessment.type = 'expectation'"]) == [({}, {"COUNT": 1})]
    assert ask(experiment, "ASSESSMENTS", "assessment_count", [COUNT], filters=["trace.metadata.mlflow.trace.session = 's1'"]) == [({}, {"COUNT": 4})]


def test_filters_choose_traces(experiment, made):
    for condition, expected in {"trace.tag.team = 'a b'": 1, "trace.tag.`team` = 'a b'": 1, "trace.metadata.mlflow.trace.session = 's1'": 2,
                                "trace.status = 'ERROR'": 1, "trace.tag.mlflow.traceName = 'chat'": 3, "trace.tag.none = ''": 0}.items():
        assert ask(experiment, "TRACES", "trace_count", [COUNT], filters=[condition]) == [({}, {"COUNT": expected})], condition
    assert ask(experiment, "TRACES", "trace_count", [COUNT], filters=["trace.tag.team = 'a b'", "trace.status = 'ERROR'"]) == [({}, {"COUNT": 0})]
    run = MlflowClient().create_run(experiment).info.run_id
    MlflowClient().link_traces_to_run(made[:2], run)
    assert ask(experiment, "TRACES", "trace_count", [COUNT], filters=[f"trace.metadata.mlflow.sourceRun = '{run}'"]) == [({}, {"COUNT": 2})]


def test_pages_join_to_the_whole(experiment, made, server):
    body = {"experiment_ids": [experiment], "view_type": "TRACES", "metric_name": "latency", "aggregations": [{"aggregation_type": "MAX"}],
            "time_interval_seconds": 1, "start_time_ms": str(BEGIN), "end_time_ms": str(BEGIN * 2), "max_results": 2}
    points, token = [], None
    for pages in range(1, 10):
        answer = requests.post(f"{server.url}/ajax-api/3.0/mlflow/traces/metrics", json={**body, **({"page_token": token} if token else {})}, timeout=10).json()
        points += answer["data_points"]
        token = answer.get("next_page_token")
        if not token:
            break
    assert pages == 3 and [point["values"]["MAX"] for point in points] == [one[2] for one in MADE]


def test_removed_traces_no_longer_count(experiment, made):
    MlflowClient().delete_traces(experiment, trace_ids=made[:2])
    assert ask(experiment, "TRACES", "trace_count", [COUNT]) == [({}, {"COUNT": 3})]
    assert ask(experiment, "TRACES", "input_tokens", [SUM]) == [({}, {"SUM": 24})]
    assert ask(experiment, "SPANS", "span_count", [COUNT]) == [({}, {"COUNT": 6})]


@pytest.mark.parametrize(("view", "metric", "aggregations", "rest", "words"), [
    ("TRACES", "span_count", [COUNT], {}, "metric_name must be one of"),
    ("TRACES", "latency", [SUM], {}, r"Found invalid aggregation_type\(s\): \['SUM'\]"),
    ("TRACES", "trace_count", [COUNT], {"dimensions": ["span_name"]}, r"Found invalid dimension\(s\): \['span_name'\]. Supported dimensions: \['trace_name', 'trace_status'\]"),
    ("TRACES", "trace_count", [COUNT], {"time_interval_seconds": 60}, "start_time_ms and end_time_ms are required if time_interval_seconds is set"),
    ("TRACES", "trace_count", [COUNT], {"filters": ["span.name = 'x'"]}, "only supported for SPANS"),
    ("SPANS", "span_count", [COUNT], {"filters": ["assessment.name = 'x'"]}, "only supported for ASSESSMENTS"),
    ("TRACES", "trace_count", [COUNT], {"filters": ["trace.status != 'x'"]}, "only '=' operator is supported"),
    ("TRACES", "trace_count", [COUNT], {"filters": ["trace.status = 'x' AND trace.status = 'y'"]}, "Expected one filter clause"),
    ("TRACES", "trace_count", [COUNT], {"filters": ["trace.tag = 'x'"]}, "requires a key"),
    ("TRACES", "trace_count", [COUNT], {"filters": ["trace.status = 5"]}, "quoted string"),
    ("TRACES", "trace_count", [COUNT], {"time_interval_seconds": -1, "start_time_ms": 0, "end_time_ms": 1}, "time_interval_seconds")])
def test_what_cannot_be_asked_is_refused_by_name(experiment, view, metric, aggregations, rest, words):
    with pytest.raises(MlflowException, match=words) as refused:
        ask(experiment, view, metric, aggregations, **rest)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("change", [
    {"view_type": "ALL"}, {"view_type": None}, {"view_type": 7}, {"aggregations": []}, {"aggregations": ["COUNT"]}, {"aggregations": [{}]},
    {"aggregations": [{"aggregation_type": "PERCENTILE"}]}, {"aggregations": [{"aggregation_type": "PERCENTILE", "percentile_value": 101}]},
    {"aggregations": [{"aggregation_type": "COUNT", "percentile_value": 5}]}, {"aggregations": [{"aggregation_type": "COUNT"}] * 21},
    {"experiment_ids": []}, {"experiment_ids": 5}, {"start_time_ms": "soon"}, {"max_results": 0}, {"max_results": 10**9}, {"page_token": "x"},
    {"filters": ["trace.status = 'x'"] * 51}, {"dimensions": ["trace_name", "trace_name"]}])
def test_bad_bodies_are_refused(experiment, server, change):
    body = {"experiment_ids": [experiment], "view_type": "TRACES", "metric_name": "trace_count", "aggregations": [{"aggregation_type": "COUNT"}]}
    answer = requests.post(f"{server.url}/api/3.0/mlflow/traces/metrics", json={**body, **change}, timeout=10)
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE", answer.text
    huge = {"start_time_ms": -(2**63), "end_time_ms": 2**63 - 1}
    for view, metric in (("TRACES", "trace_count"), ("SPANS", "total_cost")):
        asked = {**body, **huge, "view_type": view, "metric_name": metric, "aggregations": [{"aggregation_type": "COUNT" if view == "TRACES" else "SUM"}]}
        assert requests.post(f"{server.url}/api/3.0/mlflow/traces/metrics", json=asked, timeout=10).status_code == 200

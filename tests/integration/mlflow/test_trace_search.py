"""Traces found by their spans, by what was said of their session, by prompts and issues; how often two filters agree."""

import math
import uuid

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.entities.model_registry import PromptVersion
from mlflow.exceptions import MlflowException
from mlflow.tracing.client import TracingClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def made(name, fail=False, session=None, **attributes):
    """A trace of a root and of one span "step" that holds the attributes."""
    try:
        with mlflow.start_span(name, span_type="CHAIN"):
            if session:
                mlflow.update_current_trace(metadata={"mlflow.trace.session": session})
            with mlflow.start_span("step", span_type="LLM") as span:
                span.set_inputs({"question": f"about {name}"})
                span.set_attributes(attributes)
                if fail:
                    raise ValueError("lost")
    except ValueError:
        pass
    return mlflow.get_last_active_trace_id()


def found(experiment, condition):
    return {one.info.trace_id for one in mlflow.search_traces(locations=[experiment], filter_string=condition, return_type="list")}


def test_spans_are_searched_by_name_type_and_status(experiment):
    good, bad = made("good"), made("bad", fail=True)
    for condition, expected in {"span.name = 'good'": {good}, "span.name LIKE 'b%'": {bad}, "span.name ILIKE 'GOOD'": {good},
                                "span.name IN ('good', 'bad')": {good, bad}, "span.type = 'LLM'": {good, bad}, "span.type = 'TOOL'": set(),
                                "span.status = 'ERROR'": {bad}, "span.status != 'ERROR'": {good}, "span.name NOT IN ('good', 'step')": {bad},
                                "span.name = 'step' AND span.type = 'LLM'": {good, bad},
                                # One span must meet all conditions.
                                "span.name = 'good' AND span.type = 'LLM'": set(),
                                "span.name = 'step' AND span.status = 'ERROR' AND status = 'ERROR'": {bad}}.items():
        assert found(experiment, condition) == expected, condition


def test_spans_are_searched_by_their_attributes(experiment):
    a = made("a", model="gpt-4", tokens=17, share=0.5, final=True, parts=["x", {"y": 1}])
    b = made("b", **{"model": "claude's \"best\"", "a key": "ü 100%", "llm.provider": "here"})
    for condition, expected in {"span.attributes.model = 'gpt-4'": {a}, "span.attributes.model LIKE '%gpt%'": {a}, "span.attributes.model != 'gpt-4'": {b},
                                "span.attributes.model ILIKE 'GPT%'": {a}, "span.attributes.model LIKE '%\"best\"%'": {b},
                                "span.attributes.model IN ('gpt-4', 'other')": {a}, "span.attributes.`a key` = 'ü 100%'": {b},
                                "span.attributes.llm.provider = 'here'": {b}, "span.attributes.tokens = '17'": {a}, "span.attributes.final = 'true'": {a},
                                "span.attributes.share LIKE '0.5%'": {a}, "span.attributes.parts LIKE '%x%'": {a}, "span.attributes.none LIKE '%'": set(),
                                # What another attribute holds does not count.
                                "span.attributes.tokens LIKE '%gpt-4%'": set(),
                                "span.attributes.model = 'gpt-4' AND span.type = 'LLM'": {a}}.items():
        assert found(experiment, condition) == expected, condition


def test_spans_are_searched_by_all_they_hold(experiment):
    a, b = made("a", note="lost luggage"), made("b", note="weather")
    for condition, expected in {"span.content LIKE '%luggage%'": {a}, "trace.text LIKE '%about b%'": {b}, "span.content ILIKE '%WEATHER%'": {b},
                                "trace.text LIKE '%step%'": {a, b}, "text LIKE '%nowhere%'": set(),
                                # Words of the form that spans are kept in are not what they say.
                                "trace.text LIKE '%string_value%'": set(), "span.content LIKE '%int_value%'": set()}.items():
        assert found(experiment, condition) == expected, condition


def test_a_span_that_comes_later_is_found(experiment, server):
    trace, headers = uuid.uuid4().bytes, {"Content-Type": "application/x-protobuf", "x-mlflow-experiment-id": experiment}
    name = "tr-" + trace.hex()

    def send(number, **what):
        request = ExportTraceServiceRequest()
        span = request.resource_spans.add().scope_spans.add().spans.add(
            trace_id=trace, span_id=bytes([number]) * 8, parent_span_id=b"" if number == 1 else b"\1" * 8,
            start_time_unix_nano=1_700_000_000_000_000_000, end_time_unix_nano=1_700_000_000_000_000_500, **what)
        attribute = span.attributes.add(key="note")
        attribute.value.string_value = "first\0half"
        answer = requests.post(f"{server.url}/v1/traces", data=request.SerializeToString(), headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text

    send(1, name="root")
    assert found(experiment, "span.name = 'late'") == set()
    send(2, name="late")
    assert found(experiment, "span.name = 'late'") == {name}
    assert found(experiment, "span.attributes.note LIKE 'first%'") == {name}
    # A span that comes again replaces itself, also in searches.
    send(2, name="renamed")
    assert found(experiment, "span.name = 'late'") == set() and found(experiment, "span.name = 'renamed' AND span.status = 'UNSET'") == {name}


def test_the_end_of_a_trace_is_its_begin_and_its_duration(experiment):
    root = mlflow.start_span_no_context("r", start_time_ns=1_700_000_000_000_000_000)
    root.end(end_time_ns=1_700_000_001_500_000_000)
    assert found(experiment, "end_time_ms = 1700000001500") == {root.trace_id} == found(experiment, "trace.end_time > 1700000001499")
    assert found(experiment, "end_time_ms > 1700000001500") == set()


def test_regular_expressions(experiment):
    a, b = made("chat-1"), made("chatter")
    for trace, model in ((a, "gpt-4o"), (b, "claude-3")):
        mlflow.set_trace_tag(trace, "model", model)
    for condition, expected in {"name RLIKE '^chat-[0-9]+$'": {a}, "name RLIKE 'chat'": {a, b}, "name RLIKE 'CHAT'": set(), "name RLIKE '(?i)CHATT'": {b},
                                "tag.model RLIKE 'gpt|claude'": {a, b}, "tag.model RLIKE '^(gpt|llama)'": {a}, "span.name RLIKE 't+er$'": {b},
                                "tag.none RLIKE '.*'": set(), "span.content RLIKE '\"name\": ?\"chatter\"'": {b}}.items():
        assert found(experiment, condition) == expected, condition


def test_what_is_said_of_a_session_counts_for_all_its_traces(experiment):
    first, second, other = made("a", session="s1"), made("b", session="s1"), made("c", session="s2")
    mlflow.log_feedback(trace_id=first, name="polite", value=True, metadata={"mlflow.trace.session": "s1"})
    mlflow.log_feedback(trace_id=second, name="short", value=3)  # of this trace alone
    for condition, expected in {"feedback.polite = 'true'": {first, second}, "feedback.polite IS NOT NULL": {first, second}, "feedback.polite IS NULL": {other},
                                "feedback.short > 2": {second}, "feedback.short IS NULL": {first, other}, "feedback.polite = 'false'": set(),
                                "metadata.mlflow.trace.session = 's1'": {first, second}, "metadata.`mlflow.trace.session` IS NULL": set()}.items():
        assert found(experiment, condition) == expected, condition


def test_prompts_and_issues_find_their_traces(experiment, server):
    a, b = made("a"), made("b")
    store = TracingClient().store
    prompts = [PromptVersion(name="greeting", version=3, template=""), PromptVersion(name="bye", version=1, template="")]
    for _ in range(2):
        store.link_prompts_to_trace(a, prompts)
    assert found(experiment, "prompt = 'greeting/3'") == {a} == found(experiment, "trace.prompt = 'bye/1'")
    assert found(experiment, "prompt = 'greeting/1'") == set()
    with pytest.raises(MlflowException, match="not found"):
        store.link_prompts_to_trace("tr-none", prompts)
    issue = {"assessment_name": "iss-1", "issue": {"issue_name": "slow"}, "source": {"source_type": "HUMAN", "source_id": "ann"}}
    answer = requests.post(f"{server.url}/api/3.0/mlflow/traces/{b}/assessments", json={"assessment": issue}, timeout=10)
    assert answer.status_code == 200, answer.text
    assert found(experiment, "issue.id = 'iss-1'") == {b} and found(experiment, "issue.id = 'slow'") == set()
    MlflowClient().delete_traces(experiment, trace_ids=[a])
    assert found(experiment, "prompt = 'greeting/3'") == set()


@pytest.mark.parametrize(("condition", "words"), [
    ("span.colour = 'x'", "Invalid span attribute 'colour'"), ("span.name > 'a'", "span.name comparator '>' not one of"), ("span.name IS NULL", "comparator"),
    ("span.content = 'x'", "span.content comparator '=' not one of"), ("span.name = 5", "text in single quotes"), ("span. = 'x'", "expected a key"),
    ("assessment.name = 'x'", "assessment"), ("issue.name = 'x'", "issue"), ("prompt LIKE 'a%'", "by = with text"), ("issue.id != 'x'", "by = with text"),
    (" AND ".join(["span.attributes.x LIKE '%a'"] * 11), "more than 10 conditions on span.attributes"),
    ("span.name RLIKE 'a('", "not a regular expression: missing \\)"), ("timestamp_ms RLIKE '1'", "timestamp_ms"), ("span.attributes.`x = 'y'", "never closed")])
def test_what_cannot_be_searched_is_refused_by_name(experiment, condition, words):
    with pytest.raises(MlflowException, match=words) as refused:
        found(experiment, condition)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


def test_how_often_two_filters_agree(experiment):
    for number in range(10):
        trace = made("slow" if number < 4 else "fast", fail=number in (0, 1, 9))
        MlflowClient().set_trace_tag(trace, "half", "1" if number < 5 else "2")
    ask = TracingClient().calculate_trace_filter_correlation
    got = ask([experiment], "name = 'slow'", "status = 'ERROR'")
    assert (got.total_count, got.filter1_count, got.filter2_count, got.joint_count) == (10, 4, 3, 2)
    assert got.npmi == pytest.approx(math.log(2 * 10 / (4 * 3)) / -math.log(2 / 10))
    assert got.npmi_smoothed == pytest.approx(math.log(2.5 * 12 / (5 * 4)) / -math.log(2.5 / 12))
    got = ask([experiment], "name = 'slow'", "status = 'ERROR'", base_filter="tag.half = '1'")
    assert (got.total_count, got.filter1_count, got.filter2_count, got.joint_count) == (5, 4, 2, 2)
    assert ask([experiment], "name = 'slow'", "name = 'fast'").npmi == -1
    assert ask([experiment], "name LIKE '%'", "span.type = 'LLM'").npmi == 1
    assert math.isnan(ask([experiment], "name = 'none'", "name = 'fast'").npmi)
    with pytest.raises(MlflowException, match="comparator"):
        ask([experiment], "name = 'slow'", "status ~ 'x'")


@pytest.mark.parametrize(("method", "path"), [
    ("POST", "issues"), ("GET", "issues/iss-1"), ("POST", "issues/search"), ("GET", "label-schemas/list"), ("POST", "review-queues/items/add"),
    ("POST", "prompt-optimization/jobs"), ("DELETE", "prompt-optimization/jobs/1")])
def test_what_this_server_has_not_is_said_in_a_sentence(server, method, path):
    for api in ("api", "ajax-api"):
        answer = requests.request(method, f"{server.url}/{api}/3.0/mlflow/{path}", json={}, timeout=10)
        assert answer.status_code == 501 and answer.json()["error_code"] == "NOT_IMPLEMENTED" and " here" in answer.json()["message"]

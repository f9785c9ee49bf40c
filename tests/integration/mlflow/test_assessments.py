"""Assessments of traces: feedback and expectations through the real client, searched by, replaced, refused."""

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.entities import AssessmentError, AssessmentSource
from mlflow.exceptions import MlflowException

HUMAN = AssessmentSource(source_type="HUMAN", source_id="ann@example.com")
JUDGE = AssessmentSource(source_type="LLM_JUDGE", source_id="a judge")


@mlflow.trace(name="answer")
def answer(question):
    return f"re: {question}"


@pytest.fixture
def trace(experiment):
    return made("q")


def made(question):
    answer(question)
    return mlflow.get_last_active_trace_id()


def found(experiment, condition):
    return {one.info.trace_id for one in mlflow.search_traces(locations=[experiment], filter_string=condition, return_type="list")}


@pytest.mark.parametrize("value", [True, 0.75, 5, "good", ["a", 1], {"helpful": True}])
def test_feedback_comes_back_as_it_was_given(trace, value):
    given = mlflow.log_feedback(trace_id=trace, name="quality", value=value, source=HUMAN, rationale="because", metadata={"k": "v"})
    read = mlflow.get_assessment(trace, given.assessment_id)
    assert (read.name, read.value, read.rationale, read.metadata) == ("quality", value, "because", {"k": "v"})
    assert (read.source.source_type, read.source.source_id, read.valid) == ("HUMAN", "ann@example.com", True)
    assert read.create_time_ms == given.create_time_ms and read.trace_id == trace
    [listed] = mlflow.get_trace(trace).info.assessments
    assert listed.assessment_id == given.assessment_id and listed.value == value


@pytest.mark.parametrize("value", ["text", 3, {"facts": ["a", "b"]}, [1, 2]])
def test_expectations_come_back_as_they_were_given(trace, value):
    given = mlflow.log_expectation(trace_id=trace, name="truth", value=value, source=HUMAN)
    assert mlflow.get_assessment(trace, given.assessment_id).value == value
    assert mlflow.get_trace(trace).search_assessments(type="expectation")[0].value == value


def test_a_judge_that_failed_leaves_its_error(trace):
    error = AssessmentError(error_code="RATE_LIMITED", error_message="too many requests", stack_trace="at line 1")
    given = mlflow.log_feedback(trace_id=trace, name="relevance", error=error, source=JUDGE)
    read = mlflow.get_assessment(trace, given.assessment_id)
    assert read.value is None and read.error.error_code == "RATE_LIMITED" and read.error.stack_trace == "at line 1"


def test_changes_keep_what_they_do_not_name(trace):
    given = mlflow.log_feedback(trace_id=trace, name="quality", value=1, source=HUMAN, rationale="first", metadata={"a": "1", "b": "1"})
    changed = mlflow.update_assessment(trace, given.assessment_id, mlflow.entities.Feedback(name="renamed", value=2, metadata={"b": "2"}))
    assert (changed.name, changed.value, changed.rationale, changed.metadata) == ("renamed", 2, "first", {"a": "1", "b": "2"})
    assert changed.last_update_time_ms >= given.last_update_time_ms and changed.create_time_ms == given.create_time_ms
    with pytest.raises(MlflowException, match="Cannot update expectation") as error:
        mlflow.update_assessment(trace, given.assessment_id, mlflow.entities.Expectation(name="x", value=1))
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"
    assert mlflow.get_assessment(trace, given.assessment_id).value == 2


def test_what_is_overridden_does_not_count_until_its_successor_is_deleted(experiment, trace):
    first = mlflow.log_feedback(trace_id=trace, name="quality", value="bad", source=JUDGE)
    second = mlflow.override_feedback(trace_id=trace, assessment_id=first.assessment_id, value="good", source=HUMAN)
    assert mlflow.get_assessment(trace, first.assessment_id).valid is False
    assert mlflow.get_assessment(trace, second.assessment_id).overrides == first.assessment_id
    assert found(experiment, "feedback.quality = 'good'") == {trace} and not found(experiment, "feedback.quality = 'bad'")
    mlflow.delete_assessment(trace, second.assessment_id)
    mlflow.delete_assessment(trace, second.assessment_id)  # again is no error
    assert mlflow.get_assessment(trace, first.assessment_id).valid is True
    assert found(experiment, "feedback.quality = 'bad'") == {trace}


def test_traces_are_searched_by_what_was_said_of_them(experiment):
    low, high, none = made("a"), made("b"), made("c")
    mlflow.log_feedback(trace_id=low, name="score", value=0.2)
    mlflow.log_feedback(trace_id=high, name="score", value=9)
    mlflow.log_feedback(trace_id=high, name="correct", value=True)
    mlflow.log_expectation(trace_id=low, name="answer", value="re: a")
    for condition, expected in {"feedback.score > 0.5": {high}, "feedback.score <= 0.2": {low}, "feedback.correct = 'true'": {high},
                                "expectation.answer = 're: a'": {low}, "feedback.score IS NOT NULL": {low, high},
                                "feedback.score IS NULL": {none}, "feedback.answer IS NOT NULL": set(),
                                "feedback.score = '9' AND feedback.correct != 'false'": {high}}.items():
        assert found(experiment, condition) == expected, condition
    with pytest.raises(MlflowException, match="numeric"):
        found(experiment, "feedback.score > 'x'")


def test_assessments_made_while_a_trace_runs_are_kept(experiment):
    with mlflow.start_span("live") as span:
        mlflow.log_feedback(trace_id=span.trace_id, name="inline", value=True, source=HUMAN, span_id=span.span_id)
    [kept] = mlflow.get_trace(mlflow.get_last_active_trace_id()).info.assessments
    assert (kept.name, kept.value, kept.span_id) == ("inline", True, span.span_id)


def test_bad_ones_change_nothing(server, trace):
    url = f"{server.url}/api/3.0/mlflow/traces/{trace}/assessments"
    good = {"assessment_name": "n", "feedback": {"value": 1}, "source": {"source_type": "HUMAN", "source_id": "a"}}
    for change in ({"assessment_name": None}, {"assessment_name": ""}, {"assessment_name": "n" * 251}, {"feedback": None}, {"feedback": 1},
                   {"source": {"source_type": "GUESS"}}, {"source": "HUMAN"}, {"create_time": "yesterday"}, {"metadata": {"a": 1}},
                   {"feedback": None, "expectation": {"serialized_value": {"serialization_format": "YAML", "value": "1"}}},
                   {"feedback": None, "expectation": {"serialized_value": {"serialization_format": "JSON_FORMAT", "value": "{"}}},
                   {"span_id": "s" * 51}, {"rationale": "r" * 1_000_001}, {"rationale": "\0"}, {"feedback": {"value": "\0"}}):
        body = {key: value for key, value in {**good, **change}.items() if value is not None}
        answer = requests.post(url, json={"assessment": body}, timeout=10)
        assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE", (change, answer.text)
    for status, change in ((404, {"overrides": "a-none"}), (200, {"unknown": "ignored"})):
        assert requests.post(url, json={"assessment": {**good, **change}}, timeout=10).status_code == status
    assert len(mlflow.get_trace(trace).info.assessments) == 1
    nowhere = url.replace(trace, "tr-" + "0" * 32)
    assert requests.post(nowhere, json={"assessment": good}, timeout=10).json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert requests.get(url + "/a-none", timeout=10).status_code == 404
    assert requests.patch(url + "/a-none", json={"assessment": good, "update_mask": "feedback"}, timeout=10).status_code == 404


def test_traces_linked_to_a_run_are_found_by_it(experiment):
    linked, other = made("a"), made("b")
    with mlflow.start_run() as run:
        own = made("in the run")
    client = MlflowClient()
    client.link_traces_to_run([linked], run.info.run_id)
    client.link_traces_to_run([linked], run.info.run_id)
    assert found(experiment, f"run_id = '{run.info.run_id}'") == {linked, own}
    assert found(experiment, "run_id IS NULL") == {other}
    with pytest.raises(MlflowException, match="not found"):
        client.link_traces_to_run(["tr-none"], run.info.run_id)
    with pytest.raises(MlflowException, match="100"):
        client.link_traces_to_run([f"tr-{i}" for i in range(101)], run.info.run_id)

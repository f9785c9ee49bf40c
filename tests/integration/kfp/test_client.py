"""The real KFP client against a real server: compile, submit, wait, list, outputs, failure, caching, terminate."""

import time

import kfp
import pytest
from kfp import dsl


@dsl.component(base_image="python:3.11")
def make(n: int) -> int:
    if n < 0:
        raise ValueError("n must not be negative")
    return n * 2


@dsl.component(base_image="python:3.11")
def tell(k: int) -> str:
    return f"k is {k}"


@dsl.pipeline(name="kfp-probe")
def probe(n: int = 3):
    made = make(n=n)
    with dsl.If(made.output > 4):
        tell(k=made.output)


@pytest.fixture(scope="module")
def client(server):
    return kfp.Client(host=server.url)


def submit(client, n):
    return client.create_run_from_pipeline_func(probe, arguments={"n": n}, experiment_name="kfp", run_name=f"n={n}")


def states(run):
    return {task.display_name: task.state for task in run.run_details.task_details}


def test_a_run_succeeds_and_the_second_is_cached(client):
    first = client.wait_for_run_completion(submit(client, 3).run_id, timeout=120, sleep_duration=1)
    assert first.state == "SUCCEEDED"
    assert states(first)["tell"] == "SUCCEEDED"
    second = client.wait_for_run_completion(submit(client, 3).run_id, timeout=120, sleep_duration=1)
    assert states(second)["make"] in ("CACHED", "SKIPPED")
    experiment = client.get_experiment(experiment_name="kfp")
    listed = client.list_runs(experiment_id=experiment.experiment_id, page_size=1, sort_by="created_at desc")
    assert listed.total_size == 2 and listed.runs[0].run_id == second.run_id and listed.next_page_token


def test_a_false_condition_skips(client):
    run = client.wait_for_run_completion(submit(client, 1).run_id, timeout=120, sleep_duration=1)
    assert run.state == "SUCCEEDED"
    assert states(run)["tell"] == "SKIPPED"


def test_a_failing_step_says_why(client):
    run = client.wait_for_run_completion(submit(client, -1).run_id, timeout=120, sleep_duration=1)
    assert run.state == "FAILED"
    assert "must not be negative" in run.error.message


def test_a_wrong_parameter_is_refused(client):
    with pytest.raises(kfp_server_error()) as refused:
        client.create_run_from_pipeline_func(probe, arguments={"m": 1})
    assert "parameters.m" in str(refused.value)


def kfp_server_error():
    import kfp_server_api

    return kfp_server_api.ApiException


def test_terminate(client):
    run = submit(client, 5)
    try:
        client.terminate_run(run.run_id)
    except kfp_server_error() as finished_already:
        assert finished_already.status in (400, 409)
        return
    for _ in range(100):
        if client.get_run(run.run_id).state in ("CANCELED", "SUCCEEDED"):
            return
        time.sleep(0.1)
    pytest.fail("the run did not end")

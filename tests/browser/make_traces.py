"""Run by MLflow's own environment: logs traces with the real client and prints what they are as JSON. make_traces.py URL"""
import json
import os
import sys

os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"

import mlflow  # noqa: E402


@mlflow.trace(span_type="RETRIEVER")
def look_up(question):
    return [{"page": "tea.md", "text": f"of {question}"}]


@mlflow.trace(span_type="LLM", attributes={"model": "small"})
def ask(question, pages):
    if "storm" in question:
        raise ValueError("the kettle is cold")
    return f"<b>{question}</b>: {len(pages)} page"


@mlflow.trace(name="answer", span_type="CHAIN")
def answer(question):
    mlflow.update_current_trace(tags={"topic": question.split()[0]})
    return ask(question, look_up(question))


def main(url):
    mlflow.set_tracking_uri(url)
    experiment = mlflow.set_experiment("traced").experiment_id
    with mlflow.start_run(run_name="tea time") as run:
        answer("tea or coffee?")
        in_run = mlflow.get_last_active_trace_id()
    try:
        answer("storm in a teacup?")
    except ValueError:
        failed = mlflow.get_last_active_trace_id()
    print(json.dumps({"experiment": experiment, "run": run.info.run_id, "in_run": in_run, "failed": failed}))


if __name__ == "__main__":
    main(sys.argv[1])

"""The training pipeline: data -> features -> model -> gate -> (when approved) refit, register, deploy."""
from typing import NamedTuple

from kfp import dsl

import native
from settings import FEATURES, SCHEMA, TOLERANCE, XGBOOST


@dsl.component(base_image="python:3.11")
def business_check(scores: dict, gate_approved: bool, gate_reason: str,
                   max_mape: float) -> NamedTuple("Decision", [("accepted", bool), ("reason", str)]):
    """The business's last word: a model may be the better one and still not be good enough."""
    from typing import NamedTuple

    decision = NamedTuple("Decision", [("accepted", bool), ("reason", str)])
    if not gate_approved:
        return decision(False, gate_reason)
    mape = scores["test_mape"]
    if mape > max_mape:
        return decision(False, f"MAPE of {mape:.2f} % is above the {max_mape:.2f} % that planning can live with")
    return decision(True, f"{gate_reason}; MAPE {mape:.2f} %")


@dsl.pipeline(name="energy-training", description="Day-ahead electricity demand: train, judge, deploy")
def energy_training(data_path: str, until: str = "", deployment: str = "energy-demand",
                    model_name: str = "energy-demand", reason: str = "", test_days: int = 28, backtest_days: int = 7,
                    rounds: int = 300, max_mape: float = 8.0, tolerance: float = TOLERANCE, features: dict = FEATURES, schema: dict = SCHEMA,
                    params: dict = XGBOOST):
    data = native.import_data(path=data_path, end=until)
    valid = native.validate_data(dataset=data.outputs["dataset"], schema=schema)
    calendar = native.calendar_features(dataset=data.outputs["dataset"], config=features).after(valid)
    lags = native.add_lags(dataset=calendar.outputs["features"], config=features)
    parts = native.time_split(dataset=lags.outputs["features"], test_days=test_days)
    trained = native.train_xgboost(train=parts.outputs["train"], test=parts.outputs["test"], config=features,
                                   params=params, rounds=rounds)
    judged = native.evaluate(model=trained.outputs["model"], train=parts.outputs["train"], test=parts.outputs["test"])
    # Champion against challenger on the newest days, which neither has seen: each as well informed as it can be there.
    newest = native.time_split(dataset=lags.outputs["features"], test_days=backtest_days, name="backtest")
    challenger = native.refit_xgboost(train=newest.outputs["train"], config=features, params=params, rounds=rounds,
                                      artifact_path="challenger")
    gated = native.gate(model=challenger.outputs["model"], test=newest.outputs["test"], history=newest.outputs["train"],
                        scores=judged.outputs["scores"], deployment=deployment, tolerance=tolerance)
    decided = business_check(scores=judged.outputs["scores"], gate_approved=gated.outputs["approved"],
                             gate_reason=gated.outputs["reason"], max_mape=max_mape)
    # These talk to the world: the file may have changed, the run wants its metrics, the champion may be another one.
    for task in (data, valid, parts, trained, judged, gated):
        task.set_caching_options(False)
    with dsl.If(decided.outputs["accepted"] == True, name="accepted"):  # noqa: E712  the SDK needs the comparison
        final = native.refit_xgboost(train=lags.outputs["features"], config=features, params=params, rounds=rounds)
        version = native.register_model(model=final.outputs["model"], name=model_name, scores=judged.outputs["scores"],
                                        description=decided.outputs["reason"])
        deployed = native.deploy_model(deployment=deployment, model_name=model_name,
                                       version=version.outputs["version"], reason=reason)
        version.set_caching_options(False)
        deployed.set_caching_options(False)

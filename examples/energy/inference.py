"""The inference pipeline of one day: report first, then the forecast through the live endpoint."""
from kfp import dsl

import native
from settings import KNOWN_AHEAD


@dsl.pipeline(name="energy-inference", description="Day-ahead electricity demand: report on the data, forecast the day")
def energy_inference(data_path: str, origin: str, deployment: str = "energy-demand", known_ahead: list = KNOWN_AHEAD):
    data = native.import_data(path=data_path, origin=origin, known_ahead=known_ahead, context="inference")
    data.set_caching_options(False)  # the file may have grown
    model = native.resolve_model(deployment=deployment)
    # What is deployed now, not what was deployed when a step last ran.
    model.set_caching_options(False)
    report = native.drift_report(dataset=data.outputs["dataset"], reference=model.outputs["reference"],
                                 deployment=deployment, origin=origin, thresholds=model.outputs["drift_thresholds"])
    report.set_caching_options(False)
    features = native.make_features(dataset=data.outputs["dataset"], config=model.outputs["feature_config"])
    forecast = native.batch_predict(features=features.outputs["features"], config=model.outputs["feature_config"],
                                    deployment=deployment, origin=origin).after(report)
    forecast.set_caching_options(False)

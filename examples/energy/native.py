"""Treadle's built-in components as the KFP SDK sees them: container components that run `treadle component run NAME`."""
from kfp import dsl
from kfp.dsl import Artifact, Dataset, HTML, Input, Metrics, Model, Output

IMAGE = "treadle/components"


def step(name):
    return dsl.ContainerSpec(image=IMAGE, command=["treadle", "component", "run", name], args=["--executor-input", "{{$}}"])


@dsl.container_component
def import_data(path: str, dataset: Output[Dataset], start: str = "", end: str = "", origin: str = "",
                history_days: int = 16, horizon_days: int = 1, known_ahead: list = [], context: str = "training"):
    return step("import-data")


@dsl.container_component
def validate_data(dataset: Input[Dataset], schema: dict, report: Output[Artifact]):
    return step("validate-data")


@dsl.container_component
def calendar_features(dataset: Input[Dataset], config: dict, features: Output[Dataset]):
    return step("calendar-features")


@dsl.container_component
def add_lags(dataset: Input[Dataset], config: dict, features: Output[Dataset]):
    return step("add-lags")


@dsl.container_component
def make_features(dataset: Input[Dataset], config: dict, features: Output[Dataset]):
    return step("make-features")


@dsl.container_component
def time_split(dataset: Input[Dataset], train: Output[Dataset], test: Output[Dataset], test_days: int = 28,
               name: str = ""):
    return step("time-split")


@dsl.container_component
def train_xgboost(train: Input[Dataset], test: Input[Dataset], config: dict, params: dict, model: Output[Model],
                  rounds: int = 300, artifact_path: str = "candidate"):
    return step("train-xgboost")


@dsl.container_component
def refit_xgboost(train: Input[Dataset], config: dict, params: dict, model: Output[Model], rounds: int = 300,
                  artifact_path: str = "model"):
    return step("train-xgboost")


@dsl.container_component
def evaluate(model: Input[Model], train: Input[Dataset], test: Input[Dataset], metrics: Output[Metrics],
             scores: dsl.OutputPath(dict), plots: Output[HTML]):
    return step("evaluate")


@dsl.container_component
def gate(model: Input[Model], test: Input[Dataset], history: Input[Dataset], scores: dict, deployment: str,
         approved: dsl.OutputPath(bool), reason: dsl.OutputPath(str), report: Output[Artifact], tolerance: float = 1.0):
    return step("gate")


@dsl.container_component
def register_model(model: Input[Model], name: str, scores: dict, version: dsl.OutputPath(int), description: str = ""):
    return step("register-model")


@dsl.container_component
def deploy_model(deployment: str, model_name: str, version: int, endpoint: dsl.OutputPath(str), reason: str = ""):
    return step("deploy-model")


@dsl.container_component
def resolve_model(deployment: str, feature_config: dsl.OutputPath(dict), drift_thresholds: dsl.OutputPath(dict),
                  version: dsl.OutputPath(int), reference: Output[Dataset]):
    return step("resolve-model")


@dsl.container_component
def drift_report(dataset: Input[Dataset], reference: Input[Dataset], deployment: str, origin: str, thresholds: dict,
                 share: dsl.OutputPath(float), report: Output[Artifact]):
    return step("drift-report")


@dsl.container_component
def batch_predict(features: Input[Dataset], config: dict, deployment: str, origin: str, predictions: Output[Dataset]):
    return step("batch-predict")

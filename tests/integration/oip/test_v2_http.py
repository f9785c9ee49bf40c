"""Open Inference Protocol over HTTP with Triton's own client; Python's XGBoost says what is right."""
import models
import numpy as np
import pytest
import requests
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException


@pytest.fixture
def client(demand):
    with triton.InferenceServerClient(demand.url.removeprefix("http://")) as one:
        yield one


def whole(table, binary=True):
    tensor = triton.InferInput("x", list(table.shape), "FP32")
    tensor.set_data_from_numpy(table, binary_data=binary)
    return [tensor]


def columns(table):
    tensors = []
    for index, name in enumerate(models.FEATURES):
        values = table[:, index].astype(np.float64).reshape(-1, 1)
        tensors.append(triton.InferInput(name, list(values.shape), "FP64"))
        tensors[-1].set_data_from_numpy(values)
    return tensors


def test_describes_itself(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("demand") and client.is_model_ready("demand", "1")
    assert not client.is_model_ready("nothing")
    assert client.get_server_metadata()["name"] == "treadle"
    metadata = client.get_model_metadata("demand")
    assert [one["name"] for one in metadata["inputs"]] == models.FEATURES
    assert [one["datatype"] for one in metadata["inputs"]] == ["FP64", "INT64", "FP64", "FP32"]
    assert metadata["outputs"] == [{"name": "demand", "datatype": "FP32", "shape": [-1, 1]}]
    assert client.get_model_config("demand")["output"][0]["data_type"] == "TYPE_FP32"
    assert client.get_model_repository_index()[0]["state"] == "READY"


@pytest.mark.parametrize("count", [1, 7, 8, 1000])
@pytest.mark.parametrize("binary", [True, False])
def test_same_numbers_as_xgboost(client, booster, count, binary):
    table = models.rows(count, seed=count, missing=0.1 if binary else 0)
    outputs = [triton.InferRequestedOutput("demand", binary_data=binary)]
    answer = client.infer("demand", whole(table, binary), outputs=outputs, request_id="r")
    np.testing.assert_allclose(answer.as_numpy("demand").ravel(), models.predict(booster, table), rtol=1e-5)
    assert answer.get_response()["id"] == "r"


def test_one_input_per_column_in_any_order(client, booster):
    table = models.rows(50, seed=3)
    answer = client.infer("demand", list(reversed(columns(table))))
    np.testing.assert_allclose(answer.as_numpy("demand").ravel(), models.predict(booster, table), rtol=1e-5)


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_compressed(client, booster, algorithm):
    table = models.rows(200, seed=4)
    answer = client.infer("demand", whole(table), request_compression_algorithm=algorithm,
                          response_compression_algorithm=algorithm)
    np.testing.assert_allclose(answer.as_numpy("demand").ravel(), models.predict(booster, table), rtol=1e-5)


def test_statistics_count(client):
    before = client.get_inference_statistics("demand")["model_stats"][0]
    client.infer("demand", whole(models.rows(5)))
    after = client.get_inference_statistics("demand")["model_stats"][0]
    assert after["inference_count"] - before["inference_count"] == 5
    assert after["inference_stats"]["success"]["count"] - before["inference_stats"]["success"]["count"] == 1


def test_errors_name_what_is_wrong(client):
    with pytest.raises(InferenceServerException, match="missing feature lag_336"):
        client.infer("demand", columns(models.rows(2))[:3])
    with pytest.raises(InferenceServerException, match="does not exist"):
        client.infer("nothing", whole(models.rows(1)))
    with pytest.raises(InferenceServerException, match=r"the model takes \[rows,4\]"):
        client.infer("demand", whole(np.zeros((1, 5), np.float32)))


def test_unload_and_load(demand, booster):
    version = models.register(demand.url, "passing", booster)
    models.deploy(demand.url, "passing", version).raise_for_status()
    with triton.InferenceServerClient(demand.url.removeprefix("http://")) as client:
        client.unload_model("passing")
        assert not client.is_model_ready("passing")
        client.load_model("passing")
        assert client.is_model_ready("passing")
        client.unload_model("passing")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"inputs":1}', b"\xff\xfe", b'{"inputs":' + b"[" * 5000])
def test_malformed_bodies_are_400(demand, body):
    answer = requests.post(f"{demand.url}/v2/models/demand/infer", data=body, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_wrong_method_and_path(demand):
    assert requests.get(f"{demand.url}/v2/models/demand/infer", timeout=10).status_code == 405
    answer = requests.get(f"{demand.url}/v2/nowhere", timeout=10)
    assert answer.status_code == 404 and answer.json()["error"]


def test_too_large_is_413(demand):
    answer = requests.post(f"{demand.url}/v2/models/demand/infer", data=b"x", timeout=10,
                           headers={"Content-Type": "application/json", "Inference-Header-Content-Length": "9" * 18})
    assert answer.status_code == 400
    huge = {"inputs": [{"name": "x", "shape": [2**60, 4], "datatype": "FP32", "data": []}]}
    assert requests.post(f"{demand.url}/v2/models/demand/infer", json=huge, timeout=10).status_code == 413

"""Open Inference Protocol over gRPC with Triton's own client."""
import models
import numpy as np
import pytest
import tritonclient.grpc as triton
from tritonclient.grpc import service_pb2
from tritonclient.utils import InferenceServerException


@pytest.fixture
def client(demand):
    with triton.InferenceServerClient(demand.grpc) as one:
        yield one


def whole(table):
    tensor = triton.InferInput("x", list(table.shape), "FP32")
    tensor.set_data_from_numpy(table)
    return [tensor]


def test_describes_itself(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("demand") and not client.is_model_ready("nothing")
    assert client.get_server_metadata().name == "treadle"
    metadata = client.get_model_metadata("demand")
    assert [one.name for one in metadata.inputs] == models.FEATURES
    config = client.get_model_config("demand").config
    assert config.backend == "xgboost" and config.output[0].dims == [1]
    assert client.get_model_repository_index().models[0].state == "READY"


@pytest.mark.parametrize("count", [1, 9, 20_000])
def test_same_numbers_as_xgboost(client, booster, count):
    table = models.rows(count, seed=count)
    answer = client.infer("demand", whole(table), request_id="r")
    np.testing.assert_allclose(answer.as_numpy("demand").ravel(), models.predict(booster, table), rtol=1e-5)
    assert answer.get_response().id == "r"


def test_typed_contents(client, booster):
    table = models.rows(3, seed=5)
    request = service_pb2.ModelInferRequest(model_name="demand")
    for index, name in enumerate(models.FEATURES):
        tensor = request.inputs.add(name=name, datatype="FP64", shape=[3])
        tensor.contents.fp64_contents.extend(float(value) for value in table[:, index])
    answer = client._client_stub.ModelInfer(request)
    np.testing.assert_allclose(answer.outputs[0].contents.fp32_contents, models.predict(booster, table), rtol=1e-5)


def test_stream(demand, booster):
    table = models.rows(4, seed=6)
    answers = []
    with triton.InferenceServerClient(demand.grpc) as client:
        client.start_stream(lambda result, error: answers.append((result, error)))
        client.async_stream_infer("demand", whole(table))
        client.async_stream_infer("nothing", whole(table))
        client.stop_stream()
    (first, none), (_, error) = answers
    assert none is None and "nothing" in str(error)
    np.testing.assert_allclose(first.as_numpy("demand").ravel(), models.predict(booster, table), rtol=1e-5)


def test_statistics_count(client):
    before = client.get_inference_statistics("demand").model_stats[0].inference_count
    client.infer("demand", whole(models.rows(5)))
    assert client.get_inference_statistics("demand").model_stats[0].inference_count - before == 5


def test_errors(client):
    with pytest.raises(InferenceServerException, match="did you mean 'demand'") as error:
        client.infer("demnad", whole(models.rows(1)))
    assert "NOT_FOUND" in error.value.status()
    with pytest.raises(InferenceServerException, match=r"the model takes \[rows,4\]"):
        client.infer("demand", whole(np.zeros((2, 3), np.float32)))


def test_health_service(demand):
    """grpc.health.v1 without its generated code: an empty request, and SERVING is field 1 = 1."""
    import grpc

    with grpc.insecure_channel(demand.grpc) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        assert check(b"", timeout=5) == b"\x08\x01"


def test_field_numbers_are_the_protocols(demand):
    """Our own .proto against the descriptors that tritonclient was generated with."""
    import pathlib
    import re

    text = pathlib.Path(__file__).parents[3].joinpath("src/adapters/oip/grpc/inference.proto").read_text()
    from tritonclient.grpc import model_config_pb2

    known = {}
    for module in (service_pb2, model_config_pb2):
        todo = list(module.DESCRIPTOR.message_types_by_name.values())
        while todo:
            message = todo.pop()
            todo += message.nested_types
            known.setdefault(message.name, {}).update({field.name: field.number for field in message.fields})
    checked, stack = 0, []
    for line in text.splitlines():
        line = line.split("//")[0].strip()
        if match := re.match(r"(message|enum|oneof|service) (\w+) \{", line):
            if not line.endswith("}"):
                stack.append(match.groups())
        elif line == "}":
            stack.pop()
        elif match := re.match(r"(?:repeated |)[\w<>, .]+ (\w+) = (\d+);", line):
            kind, name = next(one for one in reversed(stack) if one[0] != "oneof")
            if kind == "message":
                assert known[name][match[1]] == int(match[2]), (name, match[1])
                checked += 1
    assert checked > 80

"""Access control in front of deployments: every call of gRPC, and prediction over HTTP."""
import base64

import grpc
import models
import numpy as np
import pytest
import requests
import tritonclient.grpc as triton
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

ROOT = ("admin", "the first administrator")
READER = ("reader", "may look but not ask")
CALLER = ("caller", "may ask for predictions")
STRANGER = ("stranger", "may see no model at all")


def basic(who):
    return "Basic " + base64.b64encode(":".join(who).encode()).decode()


@pytest.fixture
def guarded(new_server, booster):
    """A server that got its deployment while it was open to all."""
    server = new_server(env={"TREADLE_ADMIN_PASSWORD": ROOT[1]})
    assert models.deploy(server.url, "demand", models.register(server.url, "demand", booster)).status_code == 200
    server.stop()
    server._arguments = (*server._arguments, "--auth", "basic")
    server.start()
    for who, level in ((READER, None), (CALLER, "USE"), (STRANGER, "NO_PERMISSIONS")):
        requests.post(server.url + "/api/v1/users", json={"name": who[0], "password": who[1]}, auth=ROOT).raise_for_status()
        if level:
            body = {"resource_type": "registered_model", "resource_id": "demand", "permission": level}
            requests.put(f"{server.url}/api/v1/users/{who[0]}/permissions", json=body, auth=ROOT).raise_for_status()
    return server


def whole(table):
    tensor = triton.InferInput("x", list(table.shape), "FP32")
    tensor.set_data_from_numpy(table)
    return [tensor]


def test_grpc(guarded, booster):
    table = models.rows(3, seed=1)
    # Every call there is, without credentials and with wrong ones.
    service = service_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"]
    with grpc.insecure_channel(guarded.grpc) as channel:
        stub, refused = service_pb2_grpc.GRPCInferenceServiceStub(channel), 0
        for method in service.methods:
            request = getattr(service_pb2, method.input_type.name)()
            call = getattr(stub, method.name)
            for metadata in ((), (("authorization", basic(("admin", "not the password"))),)):
                with pytest.raises(grpc.RpcError) as error:
                    if method.name == "ModelStreamInfer":
                        list(call(iter([request]), metadata=metadata))
                    else:
                        call(request, metadata=metadata)
                    assert method.name in ("ServerLive", "ServerReady"), method.name
                    raise grpc.RpcError()
                if method.name in ("ServerLive", "ServerReady"):
                    continue
                if error.value.code() == grpc.StatusCode.UNIMPLEMENTED:
                    continue  # Triton's own additions, which nobody answers
                assert error.value.code() == grpc.StatusCode.UNAUTHENTICATED, method.name
                refused += 1
    assert refused == 20  # ten calls of the protocol, twice
    with triton.InferenceServerClient(guarded.grpc) as client:
        as_user = lambda who: {"authorization": basic(who)}  # noqa: E731
        assert client.is_server_live()
        answer = client.infer("demand", whole(table), headers=as_user(CALLER))
        np.testing.assert_allclose(answer.as_numpy("demand").ravel(), models.predict(booster, table), rtol=1e-5)
        assert client.get_model_metadata("demand", headers=as_user(READER)).name == "demand"
        assert len(client.get_model_repository_index(headers=as_user(READER)).models) == 1
        assert len(client.get_model_repository_index(headers=as_user(STRANGER)).models) == 0
        assert len(client.get_inference_statistics(headers=as_user(STRANGER)).model_stats) == 0
        for who, call in ((READER, lambda: client.infer("demand", whole(table), headers=as_user(READER))),
                          (STRANGER, lambda: client.get_model_metadata("demand", headers=as_user(STRANGER))),
                          (STRANGER, lambda: client.get_model_config("demand", headers=as_user(STRANGER))),
                          (CALLER, lambda: client.unload_model("demand", headers=as_user(CALLER)))):
            with pytest.raises(InferenceServerException) as error:
                call()
            assert "PERMISSION_DENIED" in error.value.status(), who
        answers = []
        client.start_stream(lambda result, error: answers.append((result, error)), headers=as_user(READER))
        client.async_stream_infer("demand", whole(table))
        client.stop_stream()
        assert "Permission denied" in str(answers[0][1])


def test_http(guarded, booster):
    table = models.rows(2, seed=2)
    body = {"inputs": [{"name": "x", "shape": list(table.shape), "datatype": "FP32", "data": table.ravel().tolist()}]}
    paths = ("/v2/models/demand/infer", "/v2/models/demand/versions/1/infer")
    for path in paths:
        for who, status in ((None, 401), (READER, 403), (STRANGER, 403), (CALLER, 200), (ROOT, 200)):
            answer = requests.post(guarded.url + path, json=body, auth=who)
            assert answer.status_code == status, (path, who, answer.text)
            assert status == 200 or "error" in answer.json()
    assert requests.get(guarded.url + "/v2/models", auth=READER).json() == {"models": ["demand"]}
    assert requests.get(guarded.url + "/v2/models", auth=STRANGER).json() == {"models": []}
    assert requests.get(guarded.url + "/api/v1/deployments", auth=STRANGER).json() == {"deployments": []}
    assert requests.post(guarded.url + "/v2/repository/index", json={}, auth=STRANGER).json() == []
    for path in ("/v2/models/demand", "/v1/models/demand", "/api/v1/deployments/demand", "/api/v1/deployments/demand/forecast"):
        assert requests.get(guarded.url + path, auth=STRANGER).status_code == 403, path
        assert requests.get(guarded.url + path, auth=READER).status_code == 200, path

"""See bench/serving/run."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import models
import numpy as np
import treadle_server
import xgboost

FEATURES = 50


def train():
    random = np.random.default_rng(0)
    table = random.normal(size=(2000, FEATURES)).astype(np.float32)
    target = table @ random.normal(size=FEATURES)
    names = [f"f{index}" for index in range(FEATURES)]
    booster = xgboost.train({"max_depth": 6, "nthread": 1}, xgboost.DMatrix(table, target, feature_names=names), 100)
    return booster, [round(float(value), 6) for value in table[0]]


def wrk(folder, seconds, url, body=None, headers=()):
    script = folder / "request.lua"
    lines = [f'wrk.headers["{name}"] = "{value}"' for name, value in headers]
    if body is not None:
        escaped = "".join(f"\\{byte:03d}" for byte in body)
        lines += ['wrk.method = "POST"', f'wrk.body = "{escaped}"']
    script.write_text("\n".join(lines), encoding="ascii")
    command = ["wrk", "-t2", "-c16", f"-d{seconds}s", "--latency", "-s", str(script), url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text:
        raise RuntimeError(text)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    quantile = {name: re.search(rf"{name}%\s+(\S+)", text)[1] for name in ("50", "99")}
    return rate, quantile["50"], quantile["99"]


def main():
    seconds = int(sys.argv[1])
    booster, row = train()
    tensor = {"name": "x", "shape": [1, FEATURES], "datatype": "FP32"}
    as_json = json.dumps({"inputs": [{**tensor, "data": row}]}, separators=(",", ":")).encode()
    head = json.dumps({"inputs": [{**tensor, "parameters": {"binary_data_size": 4 * FEATURES}}],
                       "parameters": {"binary_data_output": True}}, separators=(",", ":")).encode()
    binary = head + np.asarray(row, np.float32).tobytes()
    scoring = json.dumps({"dataframe_split": {"columns": booster.feature_names, "data": [row]}}).encode()
    kind = ("Content-Type", "application/json")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        server = treadle_server.Server(folder / "data").start()
        try:
            description = "flavors:\n  xgboost:\n    data: model.ubj\n    model_class: xgboost.core.Booster\n"
            models.deploy(server.url, "bench", models.register(server.url, "bench", booster, description)).raise_for_status()
            infer = server.url + "/v2/models/bench/infer"
            for name, url, body, headers in [
                ("static reply (the limit)", server.url + "/v2/health/live", None, []),
                ("V2 infer, JSON", infer, as_json, [kind]),
                ("V2 infer, binary", infer, binary, [("Inference-Header-Content-Length", len(head))]),
                ("MLflow dataframe_split", server.url + "/invocations", scoring, [kind]),
            ]:
                rate, middle, tail = wrk(folder, seconds, url, body, headers)
                print(f"{name:28} {rate:10,.0f} requests/s   p50 {middle:>8}   p99 {tail:>8}", flush=True)
            memory = pathlib.Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
            print("server's resident memory", re.search(r"VmRSS:\s+(.*)", memory)[1])
        finally:
            server.stop()


main()

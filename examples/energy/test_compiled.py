"""The committed intermediate representation of examples/energy is what its sources compile to."""
import json
import pathlib
import subprocess
import sys

import pytest

kfp = pytest.importorskip("kfp")

ENERGY = pathlib.Path(__file__).resolve().parent
NAMES = ["energy-training", "energy-inference"]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compiled")
    subprocess.run([sys.executable, str(ENERGY / "compile.py"), str(folder)], check=True, timeout=120)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_recompiling_gives_the_committed_pipeline(compiled, name):
    for ending in (".yaml", ".json"):
        fresh = (compiled / f"{name}{ending}").read_text(encoding="utf-8")
        committed = (ENERGY / "compiled" / f"{name}{ending}").read_text(encoding="utf-8")
        assert fresh == committed, "run examples/energy/compile.py and commit what it writes"


def test_every_lag_is_at_least_the_horizon():
    sys.path.insert(0, str(ENERGY))
    from settings import FEATURES

    assert min(FEATURES["lags"]) >= FEATURES["horizon"]
    assert all(mean["lag"] >= FEATURES["horizon"] for mean in FEATURES.get("target_means", []))


def test_the_inference_pipeline_uses_the_recorded_configuration():
    spec = json.loads((ENERGY / "compiled" / "energy-inference.json").read_text(encoding="utf-8"))
    tasks = spec["root"]["dag"]["tasks"]
    for task in ("make-features", "batch-predict"):
        source = tasks[task]["inputs"]["parameters"]["config"]["taskOutputParameter"]
        assert source == {"producerTask": "resolve-model", "outputParameterKey": "feature_config"}

"""Compile the two pipelines to compiled/*.yaml and *.json (the intermediate representation that Treadle runs).

  .deps/env/kfp/bin/python examples/energy/compile.py [FOLDER]
"""
import json
import pathlib
import sys
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import yaml  # noqa: E402
from kfp import compiler  # noqa: E402

from inference import energy_inference  # noqa: E402
from training import energy_training  # noqa: E402


def main(folder=HERE / "compiled"):
    warnings.simplefilter("ignore", FutureWarning)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, pipeline in (("energy-training", energy_training), ("energy-inference", energy_inference)):
        path = folder / f"{name}.yaml"
        compiler.Compiler().compile(pipeline, str(path))
        # The SDK's header comment prints dictionaries in an order that changes from run to run.
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith("#")), encoding="utf-8")
        spec = next(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        path.with_suffix(".json").write_text(json.dumps(spec, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

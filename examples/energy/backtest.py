"""Choose the features by backtest, on days before the demonstration's first day only.

  build/release/treadle must be built.   python3 examples/energy/backtest.py [--binary build/release/treadle] [--seeds 1]

For each candidate and each month from June to October 2014: train on all days before the month, forecast the month a day
ahead, take the mean absolute error. Every number comes from the same native steps that the pipeline runs, called here one
by one without a server (`treadle component run`). Prints the candidates from the best to the worst, and how much the error
of one week moves by the seed alone, which is where TOLERANCE of settings.py comes from.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

from settings import FEATURES, XGBOOST

ROOT = pathlib.Path(__file__).resolve().parents[2]
DAYS = {"2014-07-01": 30, "2014-08-01": 31, "2014-09-01": 31, "2014-10-01": 30, "2014-11-01": 31}

DAY_LAGS = [48, 96, 144, 192, 240, 288, 336]
CANDIDATES = {
    "chosen": FEATURES,
    "week's lags only": {**FEATURES, "input_lags": {}},
    "two lags": {**FEATURES, "lags": [48, 336], "input_lags": {}},
    "three lags": {**FEATURES, "lags": [48, 96, 336]},
    "temperature mean": {**FEATURES, "input_means": {"temperature": [48]}},
    "workday a week ago": {**FEATURES, "input_lags": {"temperature": [2, 6, 12, 48], "workday": [48, 336]}},
    "mean of yesterday": {**FEATURES, "target_means": [{"lag": 48, "window": 48}]},
    "mean of the slot": {**FEATURES, "same_slot_days": [7]},
    "two weeks back": {**FEATURES, "lags": [*DAY_LAGS, 672]},
    "day of year": {**FEATURES, "calendar": ["half_hour", "weekday", "day_of_year"]},
    "everything": {**FEATURES, "input_means": {"temperature": [48]}, "same_slot_days": [7],
                   "input_lags": {"temperature": [2, 6, 12, 48], "workday": [48, 336]},
                   "target_means": [{"lag": 48, "window": 48}]},
}


class Steps:
    """Native steps in a folder of their own; outputs lie at folder/name."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, pathlib.Path(folder)
        self.env = {key: value for key, value in os.environ.items() if not key.startswith("TREADLE_")}

    def run(self, component, parameters, inputs=(), outputs=(), values=()):
        artifact = lambda name: {"artifacts": [{"name": name, "uri": str(self.folder / name), "metadata": {}}]}  # noqa: E731
        request = {"inputs": {"parameterValues": parameters,
                              "artifacts": {port: artifact(name) for port, name in dict(inputs).items()}},
                   "outputs": {"artifacts": {port: artifact(name) for port, name in dict(outputs).items()},
                               "parameters": {name: {"outputFile": str(self.folder / f"{name}.json")} for name in values},
                               "outputFile": str(self.folder / "executor_output.json")}}
        subprocess.run([self.binary, "component", "run", component, "--executor-input", json.dumps(request)],
                       check=True, env=self.env, stdout=subprocess.DEVNULL)

    def mae(self, data, until, days, config, seed):
        """Trained on what lies more than `days` before `until`, tested on the days since."""
        self.run("import-data", {"path": str(data), "end": until}, outputs={"dataset": "rows"})
        self.run("make-features", {"config": config}, {"dataset": "rows"}, {"features": "features"})
        self.run("time-split", {"test_days": days}, {"dataset": "features"}, {"train": "train", "test": "test"})
        self.run("train-xgboost", {"config": config, "params": {**XGBOOST, "seed": seed}}, {"train": "train"},
                 {"model": "model"})
        self.run("evaluate", {}, {"model": "model", "train": "train", "test": "test"}, {"metrics": "metrics"}, ["scores"])
        return json.loads((self.folder / "scores.json").read_text())["test_mae"]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--binary", default=ROOT / "build/release/treadle")
    options.add_argument("--data", default=ROOT / ".deps/data/elecdemand.csv")
    options.add_argument("--seeds", type=int, default=1)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        steps = Steps(asked.binary, folder)
        results = []
        for name, config in CANDIDATES.items():
            months = [statistics.mean(steps.mae(asked.data, until, days, config, seed) for seed in range(asked.seeds))
                      for until, days in DAYS.items()]
            results.append((statistics.mean(months), name, months))
        for mean, name, months in sorted(results):
            print(f"{mean:.4f} GW  {name:20s} {' '.join(f'{month:.3f}' for month in months)}", flush=True)
        weeks = [[steps.mae(asked.data, f"2014-{month}-15", 7, FEATURES, seed) for seed in range(5)] for month in ("08", "10")]
        noise = statistics.mean(statistics.stdev(week) / statistics.mean(week) for week in weeks)
        print(f"one week's error moves by {100 * noise:.1f} % with the seed, so the difference of two models by "
              f"{100 * noise * 2 ** 0.5:.1f} %")


if __name__ == "__main__":
    main()

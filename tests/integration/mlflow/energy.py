"""The demonstration's features, forecasts and figures, computed again in pandas from the CSV alone: nothing of Treadle."""
import numpy
import pandas
import xgboost

STEPS_PER_DAY = 48


def read_csv(path):
    return pandas.read_csv(path, parse_dates=["timestamp"]).set_index("timestamp")


def features(data, config):
    """What the recorded configuration says, by pandas' own shift and rolling."""
    out = pandas.DataFrame(index=data.index)
    calendar = {"half_hour": data.index.hour * 2 + data.index.minute // 30, "hour": data.index.hour,
                "weekday": data.index.day_of_week, "month": data.index.month, "day_of_year": data.index.day_of_year}
    for name in config["calendar"]:
        out[name] = calendar[name]
    for name in config["inputs"]:
        out[name] = data[name]
    for name, lags in config.get("input_lags", {}).items():
        for lag in map(int, lags):
            out[f"{name}_lag_{lag}"] = data[name].shift(lag)
    for name, windows in config.get("input_means", {}).items():
        for window in map(int, windows):
            out[f"{name}_mean_{window}"] = data[name].rolling(window).mean()
    target = config["target"]
    for lag in map(int, config["lags"]):
        out[f"{target}_lag_{lag}"] = data[target].shift(lag)
    for mean in config.get("target_means", []):
        lag, window = int(mean["lag"]), int(mean["window"])
        out[f"{target}_lag_{lag}_mean_{window}"] = data[target].shift(lag).rolling(window).mean()
    for days in map(int, config.get("same_slot_days", [])):
        shifts = [data[target].shift(day * STEPS_PER_DAY) for day in range(1, days + 1)]
        out[f"{target}_same_slot_{days}d"] = sum(shifts) / days
    return out


def look_back(config):
    """Rows that a row's features look back."""
    steps = [int(lag) for lag in config["lags"]]
    steps += [int(mean["lag"]) + int(mean["window"]) - 1 for mean in config.get("target_means", [])]
    steps += [int(days) * STEPS_PER_DAY for days in config.get("same_slot_days", [])]
    for field in ("input_lags", "input_means"):
        steps += [int(step) for some in config.get(field, {}).values() for step in some]
    return max(steps)


def booster(path):
    model = xgboost.Booster()
    model.load_model(path)
    return model


def predict(model, rows):
    matrix = xgboost.DMatrix(rows[model.feature_names].to_numpy(numpy.float32), feature_names=model.feature_names)
    return model.predict(matrix)


def scores(truth, forecast):
    error = numpy.asarray(forecast, float) - numpy.asarray(truth, float)
    return {"mae": numpy.abs(error).mean(), "mse": (error**2).mean(), "rmse": numpy.sqrt((error**2).mean()),
            "mape": 100 * numpy.abs(error / numpy.asarray(truth, float)).mean()}


def mase(mae, training):
    training = numpy.asarray(training, float)
    return mae / numpy.abs(training[STEPS_PER_DAY:] - training[:-STEPS_PER_DAY]).mean()

#include "app/demo/forecast.h"

#include "app/commands/format.h"
#include "app/demo/steps.h"
#include "base/clock.h"
#include "base/time.h"

namespace treadle::app::demo {
namespace {

class Stopwatch {
 public:
  double lap() {
    const std::int64_t now = monotonic_ns();
    const double seconds = static_cast<double>(now - last_) / 1e9;
    last_ = now;
    return seconds;
  }

 private:
  std::int64_t last_ = monotonic_ns();
};

Status measure(net::Client& client, const Series& series, int days, Result& result) {
  const std::string target = str_cat("/api/v1/deployments/", kDeployment, "/forecast?from_ms=", kFirstDayMs,
                                     "&to_ms=", kFirstDayMs + days * kDayMs, "&limit=", days * kSlotsPerDay);
  ASSIGN_OR_RETURN(const Json answer, client.get_json(target));
  AccuracySum model, naive_day, naive_week;
  const std::int64_t sample_ms = kFirstDayMs + (days - 1) * kDayMs + kDayMs / 2;
  for (const Json& point : list_of(answer, "points")) {
    ASSIGN_OR_RETURN(const std::int64_t time, required_int(point, "event_ms"));
    ASSIGN_OR_RETURN(const double forecast, required_double(point, "prediction"));
    const double truth = series.at(time);
    model.add(forecast, truth);
    naive_day.add(series.at(time - kDayMs), truth);
    naive_week.add(series.at(time - 7 * kDayMs), truth);
    if (time == sample_ms) result.prediction_id = text_of(point, "prediction_id");
  }
  result.model = model.result();
  result.naive_day = naive_day.result();
  result.naive_week = naive_week.result();
  if (result.model.count != days * kSlotsPerDay) {
    return internal_error("expected ", days * kSlotsPerDay, " forecasts with truths, found ", result.model.count);
  }
  return ok_status();
}

Status count_events(net::Client& client, Result& result) {
  ASSIGN_OR_RETURN(const Json alerts, client.get_json(str_cat("/api/v1/alerts?deployment=", kDeployment)));
  result.alerts = static_cast<int>(list_of(alerts, "alerts").size());
  ASSIGN_OR_RETURN(const Json firings, client.get_json(str_cat("/api/v1/triggers/retrain-", kDeployment, "/firings")));
  for (const Json& firing : list_of(firings, "firings")) {
    if (text_of(firing, "state") == "SKIPPED") continue;
    ++result.retrains;
    result.promoted += text_of(firing, "outcome") == "promoted";
  }
  return ok_status();
}

StatusOr<Memory> read_memory(net::Client& client) {
  ASSIGN_OR_RETURN(const Json status, client.get_json("/api/v1/status"));
  Memory memory;
  ASSIGN_OR_RETURN(memory.server_bytes, optional_int(status, "memory_peak_bytes", 0));
  ASSIGN_OR_RETURN(memory.step_bytes, optional_int(status, "step_memory_peak_bytes", 0));
  ASSIGN_OR_RETURN(memory.steps_at_once, optional_int(status, "steps_at_once", 1));
  return memory;
}

Status live_through(net::Client& client, const Files& files, const Series& series, int days, Io& io, Result& result) {
  ASSIGN_OR_RETURN(const int done, finished_days(client, days));
  if (done > 0) {
    io.say(str_cat("  ", done, " of ", days, " days are already there; going on after them"));
    // Its answer may never have come: given again, it changes nothing, but a day that was not judged is judged.
    RETURN_IF_ERROR(deliver_truths(client, series, kFirstDayMs + (done - 1) * kDayMs));
    RETURN_IF_ERROR(wait_for_retrain(client, io));
  }
  Stopwatch watch;
  double forecasting = 0, retraining = 0;
  for (int day = done; day < days; ++day) {
    const std::int64_t day_ms = kFirstDayMs + day * kDayMs;
    io.progress(str_cat("day ", day + 1, "/", days, "  ", format_rfc3339(day_ms).substr(0, 10)));
    RETURN_IF_ERROR(forecast_day(client, files, day_ms, io));
    ASSIGN_OR_RETURN(const std::vector<std::string> alerts, deliver_truths(client, series, day_ms));
    forecasting += watch.lap();
    if (alerts.empty()) continue;
    for (const std::string& alert : alerts) io.say(str_cat("  alert: ", alert));
    RETURN_IF_ERROR(wait_for_retrain(client, io));
    retraining += watch.lap();
  }
  if (done < days) {
    result.stages.push_back({str_cat(days - done, " days of reports, forecasts and truths"), forecasting});
    result.stages.push_back({"retrains that the alerts started", retraining});
  }
  return ok_status();
}

}  // namespace

StatusOr<Result> run_forecast(net::Client& client, const Files& files, const Series& series, int days, Io& io) {
  Result result;
  Stopwatch watch;
  RETURN_IF_ERROR(store_pipelines(client, files));
  RETURN_IF_ERROR(finish_left_runs(client, io));
  ASSIGN_OR_RETURN(const bool deployed, is_deployed(client));
  if (!deployed) {
    io.say("Training on the data before 2014-11-01 …");
    RETURN_IF_ERROR(train(client, files, io));
    result.stages.push_back({"first training, gate, registration, deployment", watch.lap()});
  }
  RETURN_IF_ERROR(set_rules(client, files));
  io.say(str_cat("Living through ", days, " days …"));
  RETURN_IF_ERROR(live_through(client, files, series, days, io, result));
  RETURN_IF_ERROR(measure(client, series, days, result));
  RETURN_IF_ERROR(count_events(client, result));
  ASSIGN_OR_RETURN(result.memory, read_memory(client));
  return result;
}

}  // namespace treadle::app::demo

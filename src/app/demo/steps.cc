#include "app/demo/steps.h"

#include <chrono>
#include <cmath>

#include "app/commands/format.h"
#include "app/commands/run_watch.h"
#include "app/git.h"
#include "base/files.h"
#include "base/time.h"

namespace treadle::app::demo {
namespace {

const std::string kDeploymentPath = str_cat("/api/v1/deployments/", kDeployment);
const std::string kTrigger = str_cat("retrain-", kDeployment);

std::string day_text(std::int64_t day_ms) { return format_rfc3339(day_ms).substr(0, 10); }

Status store_pipeline(net::Client& client, const std::filesystem::path& file, std::string_view name) {
  ASSIGN_OR_RETURN(const std::string spec, read_file(file));
  const Json body = {{"name", name}, {"pipeline_spec_text", spec}, {"code", code_of(file)}};
  return client.send_json(net::Method::kPost, "/api/v1/pipelines", body).status();
}

StatusOr<Json> run_pipeline(net::Client& client, std::string_view pipeline, const std::string& name, Json parameters,
                            Io& io) {
  const Json body = {
      {"pipeline", pipeline}, {"name", name}, {"experiment", kDeployment}, {"parameters", std::move(parameters)}};
  ASSIGN_OR_RETURN(const Json submitted, client.send_json(net::Method::kPost, "/api/v1/pipeline-runs", body));
  ASSIGN_OR_RETURN(Json run, watch_run(client, text_of(submitted, "id"), io));
  RETURN_IF_ERROR(run_outcome(run));
  return run;
}

}  // namespace

Status store_pipelines(net::Client& client, const Files& files) {
  RETURN_IF_ERROR(store_pipeline(client, files.training, "energy-training"));
  return store_pipeline(client, files.inference, "energy-inference");
}

StatusOr<bool> is_deployed(net::Client& client) {
  ASSIGN_OR_RETURN(const Json answer, client.get_json("/api/v1/deployments"));
  for (const Json& deployment : list_of(answer, "deployments")) {
    if (text_of(deployment, "name") == kDeployment && text_of(deployment, "state") == "READY") return true;
  }
  return false;
}

Status train(net::Client& client, const Files& files, Io& io) {
  const std::string until = day_text(kFirstDayMs);
  return run_pipeline(client, "energy-training", "first training",
                      {{"data_path", files.data.string()},
                       {"until", until},
                       {"deployment", kDeployment},
                       {"reason", "first training"}},
                      io)
      .status();
}

Status set_rules(net::Client& client, const Files& files) {
  const Json rules = {
      {"rules",
       {{{"id", "rolling-mae"},
         {"metric", "rolling_mae_ratio"},
         {"threshold", 1.25},
         {"window_days", 14},
         {"cooldown_days", 14}},
        {{"id", "drift-share"}, {"metric", "drift_share"}, {"threshold", 0.5}, {"cooldown_days", 14}}}}};
  RETURN_IF_ERROR(client.send_json(net::Method::kPut, kDeploymentPath + "/rules", rules));
  const Json trigger = {{"name", kTrigger},
                        {"on", {{"event", "alert.raised"}, {"deployment", kDeployment}}},
                        {"action",
                         {{"run_pipeline", "energy-training"},
                          {"experiment", kDeployment},
                          {"parameters",
                           {{"data_path", files.data.string()},
                            {"until", "{{event.until}}"},
                            {"deployment", kDeployment},
                            {"reason", "{{event.message}}"}}}}},
                        {"max_concurrent", 1}};
  return client.send_json(net::Method::kPost, "/api/v1/triggers", trigger).status();
}

StatusOr<int> finished_days(net::Client& client, int days) {
  const std::string target = str_cat(kDeploymentPath, "/forecast?from_ms=", kFirstDayMs,
                                     "&to_ms=", kFirstDayMs + days * kDayMs, "&limit=", days * kSlotsPerDay);
  ASSIGN_OR_RETURN(const Json answer, client.get_json(target));
  std::vector<int> known(static_cast<std::size_t>(days), 0);
  for (const Json& point : list_of(answer, "points")) {
    const std::int64_t day = (point.value("event_ms", std::int64_t{0}) - kFirstDayMs) / kDayMs;
    if (point.contains("truth") && !point["truth"].is_null()) ++known[static_cast<std::size_t>(day)];
  }
  int done = 0;
  while (done < days && known[static_cast<std::size_t>(done)] == kSlotsPerDay) ++done;
  return done;
}

Status forecast_day(net::Client& client, const Files& files, std::int64_t day_ms, Io& io) {
  const std::string day = day_text(day_ms);
  return run_pipeline(client, "energy-inference", "forecast " + day,
                      {{"data_path", files.data.string()}, {"origin", day}, {"deployment", kDeployment}}, io)
      .status();
}

StatusOr<std::vector<std::string>> deliver_truths(net::Client& client, const Series& series, std::int64_t day_ms) {
  Json truths = Json::array();
  for (int slot = 0; slot < kSlotsPerDay; ++slot) {
    const std::int64_t time = day_ms + slot * (kDayMs / kSlotsPerDay);
    const double value = series.at(time);
    if (std::isnan(value)) continue;
    std::string key = format_rfc3339(time);
    key.pop_back();  // the data has no zone, and neither have its keys
    truths.push_back({{"key", key}, {"value", value}, {"observed_ms", day_ms + kDayMs}});
  }
  ASSIGN_OR_RETURN(const Json answer,
                   client.send_json(net::Method::kPost, kDeploymentPath + "/truths", {{"truths", truths}}));
  std::vector<std::string> messages;
  const Json& raised = list_of(answer, "alerts");
  if (raised.empty()) return messages;
  ASSIGN_OR_RETURN(const Json all, client.get_json(str_cat("/api/v1/alerts?deployment=", kDeployment)));
  for (const Json& id : raised) {
    for (const Json& alert : list_of(all, "alerts")) {
      if (alert.value("id", Json()) == id) messages.push_back(text_of(alert, "message"));
    }
  }
  return messages;
}

StatusOr<bool> retrain_pending(net::Client& client) {
  ASSIGN_OR_RETURN(const Json alerts, client.get_json(str_cat("/api/v1/alerts?deployment=", kDeployment)));
  ASSIGN_OR_RETURN(const Json answer, client.get_json(str_cat("/api/v1/triggers/", kTrigger, "/firings")));
  const Json& firings = list_of(answer, "firings");
  // Automation follows the event log; each alert becomes a firing.
  bool pending = firings.size() < list_of(alerts, "alerts").size();
  for (const Json& firing : firings) {
    const std::string state = text_of(firing, "state");
    pending = pending || state == "PENDING" || state == "RUNNING";
  }
  return pending;
}

Status wait_for_retrain(net::Client& client, Io& io) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  while (std::chrono::steady_clock::now() < deadline) {
    ASSIGN_OR_RETURN(const std::int64_t after, newest_event(client));
    ASSIGN_OR_RETURN(const bool pending, retrain_pending(client));
    if (!pending) return ok_status();
    io.progress("retraining…");
    RETURN_IF_ERROR(next_event(client, after, kTrigger));  // trigger.fired, trigger.finished
  }
  return {StatusCode::kDeadlineExceeded, "the retrain did not finish within five minutes; see `treadle pipeline runs`"};
}

Status finish_left_runs(net::Client& client, Io& io) {
  for (const char* pipeline : {"energy-training", "energy-inference"}) {
    for (const char* state : {"RUNNING", "PENDING"}) {
      ASSIGN_OR_RETURN(const Json answer, client.get_json(str_cat("/api/v1/pipeline-runs?pipeline=", pipeline,
                                                                  "&state=", state, "&limit=1000")));
      for (const Json& run : list_of(answer, "runs")) {
        io.say(str_cat("  going on with ", text_of(run, "name"), ", which was interrupted"));
        RETURN_IF_ERROR(watch_run(client, text_of(run, "id"), io));
      }
    }
  }
  return ok_status();
}

}  // namespace treadle::app::demo

#include "app/commands/run_watch.h"

#include "app/commands/format.h"

namespace treadle::app {
namespace {

bool is_finished(const Json& run) {
  const std::string state = text_of(run, "state");
  return state == "SUCCEEDED" || state == "FAILED" || state == "CANCELED";
}

std::string progress_line(const Json& run) {
  std::vector<std::string> running;
  std::size_t done = 0;
  const Json& tasks = list_of(run, "tasks");
  for (const Json& task : tasks) {
    const std::string state = text_of(task, "state");
    if (state == "RUNNING") running.push_back(text_of(task, "name"));
    done += state != "PENDING" && state != "RUNNING";
  }
  return str_cat("[", done, "/", tasks.size(), "] ", running.empty() ? text_of(run, "state") : join(running, ", "));
}

double seconds_between(const Json& task) {
  const auto start = optional_int(task, "started_ms", 0).value_or(0);
  const auto end = optional_int(task, "finished_ms", 0).value_or(0);
  return start > 0 && end >= start ? static_cast<double>(end - start) / 1000 : 0;
}

}  // namespace

StatusOr<std::int64_t> newest_event(net::Client& client) {
  ASSIGN_OR_RETURN(const Json status, client.get_json("/api/v1/status"));
  return optional_int(status, "last_event", 0).value_or(0);
}

Status next_event(net::Client& client, std::int64_t after, std::string_view about) {
  const auto on_event = [&](const net::SseEvent& event) {
    return event.data.find(about) == std::string::npos;  // the first about it ends the wait
  };
  const Status waited =
      client.events(str_cat("/api/v1/events/stream?after=", after), on_event, std::chrono::seconds(60));
  return waited.code() == StatusCode::kDeadlineExceeded ? ok_status() : waited;
}

StatusOr<Json> watch_run(net::Client& client, const std::string& run_id, Io& io) {
  const std::string target = str_cat("/api/v1/pipeline-runs/", net::percent_encode(run_id));
  while (true) {
    ASSIGN_OR_RETURN(const std::int64_t after, newest_event(client));
    ASSIGN_OR_RETURN(Json run, client.get_json(target));
    if (is_finished(run)) return run;
    io.progress(progress_line(run));
    RETURN_IF_ERROR(next_event(client, after, run_id));
  }
}

Status run_outcome(const Json& run) {
  const std::string state = text_of(run, "state");
  if (state == "SUCCEEDED") return ok_status();
  if (state == "CANCELED") return {StatusCode::kCancelled, str_cat("run ", text_of(run, "id"), " was cancelled")};
  std::string message = str_cat("run ", text_of(run, "id"), " failed: ", text_of(run, "error"));
  for (const Json& task : list_of(run, "tasks")) {
    if (text_of(task, "state") == "FAILED") {
      str_append(&message, "\n  see `treadle run logs ", text_of(run, "id"), " ", text_of(task, "name"), "`");
      break;
    }
  }
  return internal_error(message);
}

void print_tasks(const Json& run, Io& io) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& task : list_of(run, "tasks")) {
    rows.push_back(
        {text_of(task, "name"), text_of(task, "state"), duration_text(seconds_between(task)), text_of(task, "error")});
  }
  io.table({"step", "state", "time", "error"}, rows, "no steps yet");
}

}  // namespace treadle::app

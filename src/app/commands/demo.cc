#include <cstdlib>

#include "app/background.h"
#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/commands/why.h"
#include "app/connection.h"
#include "app/demo/forecast.h"
#include "base/clock.h"

namespace treadle::app {
namespace {

// The server already running on the data directory, or a new one in the background.
StatusOr<ServerNote> ensure_server(const Config& config, const DataDir& data, Io& io) {
  if (const auto note = data.running()) return *note;
  io.say("Starting the server …");
  return start_in_background(config, data);
}

// One row that the endpoint answers, taken from a prediction it really made.
std::string sample_curl(const Json& why, const std::string& url) {
  const Json& features = object_of(why, "features");
  Json columns = Json::array(), values = Json::array();
  for (const auto& [name, value] : features.items()) {
    columns.push_back(name);
    values.push_back(value);
  }
  const Json body = {{"dataframe_split", {{"columns", columns}, {"data", Json::array({values})}}}};
  return str_cat("curl -s ", url, "/deployments/", demo::kDeployment,
                 "/invocations -H 'Content-Type: application/json' -d '", to_text(body), "'");
}

Status forecast(const Args& args, Io& io) {
  const std::int64_t start = monotonic_ns();
  ASSIGN_OR_RETURN(const std::int64_t days, args.integer("days", demo::kDays, 1, demo::kDays));
  ASSIGN_OR_RETURN(const demo::Files files, demo::find_files(args));
  ASSIGN_OR_RETURN(const demo::Series series, demo::read_series(files.data));
  RETURN_IF_ERROR(demo::check_series(series, files.data, static_cast<int>(days)));
  ASSIGN_OR_RETURN(const Config config, Config::load(args));
  ASSIGN_OR_RETURN(const DataDir data, DataDir::open(config.get("data")));
  // The server that is started here inherits it.
  if (!files.wheels.empty()) setenv("TREADLE_WHEELS", files.wheels.c_str(), 0);
  ASSIGN_OR_RETURN(const ServerNote note, ensure_server(config, data, io));
  ASSIGN_OR_RETURN(net::Client client, net::Client::create(note.url));
  if (!note.token.empty()) client.set_authorization(str_cat("Bearer ", note.token));
  io.say(str_cat("Watch it at ", note.url, "/forecast/", demo::kDeployment));
  ASSIGN_OR_RETURN(demo::Result result, demo::run_forecast(client, files, series, static_cast<int>(days), io));
  result.stages.push_back({"in all", static_cast<double>(monotonic_ns() - start) / 1e9});
  ASSIGN_OR_RETURN(const Json why, client.get_json("/api/v1/why?prediction_id=" + result.prediction_id));
  Json report = demo::to_json(result, note.url);
  report["curl"] = sample_curl(why, note.url);
  report["why"] = why;
  io.emit(report);
  demo::print_result(result, io);
  io.say(str_cat("\n$ treadle why ", result.prediction_id));
  print_why(why, io);
  io.say(str_cat("\nAsk the endpoint yourself:\n", text_of(report, "curl"), "\n\nThe page: ", note.url));
  if (args.has("stop")) return stop_in_background(note, data);
  io.say(
      str_cat("The server goes on in the background; stop it with `treadle down --data ", data.path().string(), "`."));
  return ok_status();
}

}  // namespace

void add_demo_commands(std::vector<Command>& commands) {
  commands.push_back(
      {.path = "demo forecast",
       .summary = "Watch the whole loop on a year of real electricity demand",
       .examples = {"treadle demo forecast", "treadle demo forecast --data /tmp/demo --port 8080 --json"},
       .positionals = {},
       .options = {{"port", "N", "HTTP port of the server it starts (default 7070)"},
                   {"grpc-port", "N", "gRPC port of the server it starts (default 7071)"},
                   {"database", "URL", "PostgreSQL for the server it starts (default: SQLite in the data directory)"},
                   {"days", "N", "so many simulated days (default 61)"},
                   {"csv", "FILE", "the demand data"},
                   {"pipelines", "DIR", "the compiled pipelines"},
                   {"stop", "", "stop the server at the end"}},
       .run = forecast});
}

}  // namespace treadle::app

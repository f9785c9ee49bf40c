#include <map>

#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/commands/lookup.h"
#include "app/connection.h"

namespace treadle::app {
namespace {

std::string path_of(const Args& args) { return str_cat("/api/v1/traces/", net::percent_encode(args.get("trace"))); }

std::string duration_of(const Json& trace) {
  const Json duration = trace.value("duration_ms", Json());
  return duration.is_number() ? duration_text(duration.get<double>() / 1000) : "-";
}

Status list_traces(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t limit, args.integer("limit", 20, 1, 1'000'000));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const std::string experiment, experiment_id(client, args.get("experiment")));
  std::string target =
      str_cat("/api/v1/traces?experiment_id=", experiment, "&filter=", net::percent_encode(args.get("filter")));
  for (const std::string& order : args.all("order-by")) str_append(&target, "&order_by=", net::percent_encode(order));
  ASSIGN_OR_RETURN(const Json list, all_pages(client, target, "traces", limit));
  io.emit({{"traces", list}});
  std::vector<std::vector<std::string>> rows;
  for (const Json& trace : list) {
    rows.push_back({text_of(trace, "id"), text_of(trace, "state"), duration_of(trace), ago_of(trace, "request_ms"),
                    one_line(text_of(trace, "request_preview"), 40), one_line(text_of(trace, "response_preview"), 40)});
  }
  io.table({"trace", "state", "took", "started", "request", "response"}, rows, "no trace matches");
  return ok_status();
}

// Times come as numbers or, being nanoseconds, as texts.
double nanoseconds(const Json& span, std::string_view field) {
  const Json value = span.value(std::string(field), Json());
  if (value.is_number()) return value.get<double>();
  return value.is_string() ? parse_double(value.get<std::string>()).value_or(0) : 0;
}

// OK, ERROR or UNSET.
std::string status_of(const Json& span) {
  constexpr std::string_view kPrefix = "STATUS_CODE_";
  const std::string code = text_of(object_of(span, "status"), "code");
  return code.starts_with(kPrefix) ? code.substr(kPrefix.size()) : code;
}

// Each span under its parent, in the order they began. One whose parent is not there stands at the top.
void add_spans(const std::multimap<std::string, const Json*>& children, const std::string& parent, std::size_t depth,
               std::vector<std::vector<std::string>>& rows) {
  constexpr std::size_t kDeepest = 200;  // of a loop, or of a tree that nobody can read
  if (depth > kDeepest) return;
  const auto [first, last] = children.equal_range(parent);
  for (auto it = first; it != last; ++it) {
    const Json& span = *it->second;
    const double took = nanoseconds(span, "end_time_unix_nano") - nanoseconds(span, "start_time_unix_nano");
    rows.push_back({str_cat(std::string(2 * depth, ' '), one_line(text_of(span, "name"), 60)), status_of(span),
                    took > 0 ? duration_text(took / 1e9) : "-"});
    add_spans(children, text_of(span, "span_id"), depth + 1, rows);
  }
}

std::vector<std::vector<std::string>> span_rows(const Json& spans) {
  std::multimap<std::string, const Json*> children;
  std::map<std::string, bool> known;
  for (const Json& span : spans) known[text_of(span, "span_id")] = true;
  for (const Json& span : spans) {
    const std::string parent = text_of(span, "parent_span_id");
    children.emplace(known.contains(parent) ? parent : "", &span);
  }
  std::vector<std::vector<std::string>> rows;
  add_spans(children, "", 0, rows);
  return rows;
}

Status show_trace(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json trace, client.get_json(path_of(args)));
  io.emit(trace);
  if (io.json()) return ok_status();
  io.say(str_cat(text_of(trace, "id"), "  ", text_of(trace, "state"), "  ", duration_of(trace), "  ",
                 ago_of(trace, "request_ms"), "  experiment ", text_of(trace, "experiment_id")));
  const Json said = {{"request", text_of(trace, "request_preview")}, {"response", text_of(trace, "response_preview")}};
  print_pairs("preview", said, io);
  print_pairs("tags", object_of(trace, "tags"), io);
  print_pairs("metadata", object_of(trace, "metadata"), io);
  Json assessments = Json::object();
  for (const Json& one : list_of(trace, "assessments")) {
    if (!one.value("valid", true)) continue;
    assessments[text_of(one, "name")] = str_cat(to_text(one["value"]), " by ", text_of(one, "source_id"));
  }
  print_pairs("assessments", assessments, io);
  io.table({"span", "status", "took"}, span_rows(list_of(trace, "spans")), "no spans");
  return ok_status();
}

Status delete_trace(const Args& args, Io& io) {
  if (!args.has("yes")) return invalid_field("--yes", "is required: the trace would be gone for good");
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json gone, client.send_json(net::Method::kDelete, path_of(args), Json::object()));
  io.emit(gone);
  io.say(str_cat("deleted trace ", text_of(gone, "id")));
  return ok_status();
}

}  // namespace

void add_trace_commands(std::vector<Command>& commands) {
  const Positional which{"trace", "the trace's id"};
  commands.push_back(
      {.path = "trace list",
       .summary = "List an experiment's traces, newest first",
       .examples = {"treadle trace list assistant",
                    "treadle trace list assistant --filter \"status = 'ERROR'\" --order-by 'execution_time DESC'"},
       .positionals = {{"experiment", "its name or id"}},
       .options = {{"filter", "TEXT", "condition in the search grammar of MLflow's traces"},
                   {"order-by", "TEXT", "such as 'execution_time DESC'", true},
                   {"limit", "N", "at most so many (default 20)"}},
       .run = list_traces});
  commands.push_back({.path = "trace show",
                      .summary = "Show a trace with its tree of spans",
                      .examples = {"treadle trace show tr-4f1c", "treadle trace show tr-4f1c --json"},
                      .positionals = {which},
                      .options = {},
                      .run = show_trace});
  commands.push_back({.path = "trace delete",
                      .summary = "Delete a trace for good",
                      .examples = {"treadle trace delete tr-4f1c --yes"},
                      .positionals = {which},
                      .options = {{"yes", "", "it is meant"}},
                      .run = delete_trace});
}

}  // namespace treadle::app

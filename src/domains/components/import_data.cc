// import-data: rows of a CSV or Parquet file, cut by time. With an `origin` it makes what a forecaster knows at that
// moment: history before it, and after it only the columns that are known ahead.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/files.h"
#include "base/hash.h"
#include "base/time.h"
#include "domains/components/catalogue.h"
#include "domains/components/profile.h"

namespace treadle::components {
namespace {

struct Window {
  std::int64_t start = INT64_MIN + 1;
  std::int64_t end = INT64_MAX;  // exclusive
  std::int64_t origin = INT64_MAX;
};

StatusOr<Window> read_window(const Step& step) {
  Window window;
  const auto time_of = [&](std::string_view name, std::int64_t* out) -> Status {
    ASSIGN_OR_RETURN(const std::string text, step.text(name, ""));
    if (text.empty()) return {};
    const StatusOr<std::int64_t> time = parse_time(text);
    if (!time.ok()) return invalid_field(name, time.status().message());
    *out = *time;
    return {};
  };
  RETURN_IF_ERROR(time_of("origin", &window.origin));
  if (window.origin != INT64_MAX) {
    ASSIGN_OR_RETURN(const std::int64_t history, step.integer("history_days", 16));
    ASSIGN_OR_RETURN(const std::int64_t horizon, step.integer("horizon_days", 1));
    if (history < 1 || history > 36'500) return invalid_field("history_days", "must be between 1 and 36500");
    if (horizon < 0 || horizon > 3'650) return invalid_field("horizon_days", "must be between 0 and 3650");
    window.start = window.origin - history * kDayMs;
    window.end = window.origin + horizon * kDayMs;
  }
  RETURN_IF_ERROR(time_of("start", &window.start));
  RETURN_IF_ERROR(time_of("end", &window.end));
  if (window.start >= window.end) return invalid_field("end", "must be after start");
  return window;
}

// The step's names of columns that are known ahead; a name that the file lacks is a slip of the pen.
StatusOr<Json> read_known_ahead(const Step& step, const table::Table& rows) {
  ASSIGN_OR_RETURN(Json names, step.list("known_ahead"));
  for (const Json& name : names) {
    if (!name.is_string()) return invalid_field("known_ahead", "must hold names of columns, got ", to_text(name));
    const auto found = rows.column(name.get<std::string>());
    if (!found.ok()) return invalid_field("known_ahead", found.status().message());
  }
  return names;
}

// One row per moment, in order.
Status check_times(const std::vector<std::int64_t>& times, const std::string& path, const std::string& column) {
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (times[i] == table::kMissing) return invalid(path, ": row ", i, ": '", column, "' is missing");
    if (i == 0 || times[i] > times[i - 1]) continue;
    if (times[i] == times[i - 1]) return invalid(path, ": row ", i, ": ", format_rfc3339(times[i]), " is there twice");
    return invalid(path, ": row ", i, ": ", format_rfc3339(times[i]), " comes after ", format_rfc3339(times[i - 1]),
                   "; rows must be ascending in time");
  }
  return {};
}

// What the origin does not allow to know becomes missing.
Status hide_future(table::Table& rows, const std::vector<std::int64_t>& times, std::int64_t origin,
                   const Json& known_ahead, const std::string& time_name) {
  for (table::Column& column : rows.columns()) {
    const bool known = column.name == time_name ||
                       std::find(known_ahead.begin(), known_ahead.end(), Json(column.name)) != known_ahead.end();
    if (known) continue;
    for (std::size_t i = 0; i < times.size(); ++i) {
      if (times[i] < origin) continue;
      if (!column.doubles.empty()) column.doubles[i] = std::numeric_limits<double>::quiet_NaN();
      if (!column.integers.empty()) column.integers[i] = table::kMissing;
      if (!column.texts.empty()) column.texts[i].clear();
    }
  }
  return {};
}

// The line of the file that holds row `row` of a CSV in which every line after the header is a row; else null.
StatusOr<Json> line_of(const std::string& path, std::size_t row, std::size_t rows) {
  if (to_lower(std::filesystem::path(path).extension().string()) != ".csv") return Json();
  ASSIGN_OR_RETURN(const std::string text, read_file(path, 4ULL << 30));
  auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  if (!text.ends_with('\n')) ++lines;
  return lines == rows + 1 ? Json(row + 2) : Json();
}

Status run(Step& step, Server& server) {
  ASSIGN_OR_RETURN(const std::string path, step.text("path"));
  ASSIGN_OR_RETURN(const std::string time_name, step.text("time", "timestamp"));
  ASSIGN_OR_RETURN(const Window window, read_window(step));
  ASSIGN_OR_RETURN(const table::Table all, table::read_table(path));
  const auto named = all.column(time_name);
  if (!named.ok()) return invalid_field("time", path, ": ", named.status().message());
  const table::Column* const time = *named;
  if (all.rows() == 0) return invalid(path, " has no rows");
  ASSIGN_OR_RETURN(const Json known_ahead, read_known_ahead(step, all));
  if (time->type != table::ColumnType::kTime) return invalid_field("time", "column '", time_name, "' holds no times");
  const auto& times = time->integers;
  RETURN_IF_ERROR(check_times(times, path, time_name));
  const auto first = std::lower_bound(times.begin(), times.end(), window.start);
  const auto last = std::lower_bound(first, times.end(), window.end);
  if (first == last) return invalid("no row of ", path, " lies in the wanted time");
  table::Table rows =
      all.slice(static_cast<std::size_t>(first - times.begin()), static_cast<std::size_t>(last - first));
  RETURN_IF_ERROR(hide_future(rows, std::vector<std::int64_t>(first, last), window.origin, known_ahead, time_name));
  RETURN_IF_ERROR(step.write_table("dataset", rows));
  ASSIGN_OR_RETURN(const std::string digest, sha256_file(path));
  step.set_metadata("dataset", "source", path);
  step.set_metadata("dataset", "source_sha256", digest);
  ASSIGN_OR_RETURN(const Json line, line_of(path, static_cast<std::size_t>(first - times.begin()), times.size()));
  if (!line.is_null()) step.set_metadata("dataset", "source_line", line);
  step.set_metadata("dataset", "first", format_rfc3339(*first));
  step.set_metadata("dataset", "last", format_rfc3339(*(last - 1)));
  ASSIGN_OR_RETURN(const std::string context, step.text("context", "training"));
  ASSIGN_OR_RETURN(const std::filesystem::path written, step.output("dataset"));
  ASSIGN_OR_RETURN(const std::string content, sha256_file(written));
  return server.log({{"datasets",
                      {{{"name", std::filesystem::path(path).stem().string()},
                        {"digest", content.substr(0, 16)},
                        {"source", to_text(Json{{"uri", path}, {"sha256", digest}})},
                        {"schema", to_text(schema(rows))},
                        {"profile", to_text(Json{{"num_rows", rows.rows()}})},
                        {"context", context}}}}});
}

}  // namespace

Component import_data() {
  return {.name = "import-data",
          .description = "Read rows of a CSV or Parquet file, cut by time; with an origin, hide what is not known then",
          .inputs = {{"path", "STRING", "a .csv or .parquet file on the machine of the step"},
                     {"time", "STRING", "the time column (timestamp)", false},
                     {"start", "STRING", "first time, inclusive", false},
                     {"end", "STRING", "last time, exclusive", false},
                     {"origin", "STRING", "the moment of the forecast", false},
                     {"history_days", "INTEGER", "days before the origin (16)", false},
                     {"horizon_days", "INTEGER", "days from the origin on (1)", false},
                     {"known_ahead", "LIST", "columns whose values after the origin may be used", false},
                     {"context", "STRING", "what the data is for (training)", false}},
          .outputs = {{"dataset", "system.Dataset", "the rows, as Parquet"}},
          .run = run};
}

}  // namespace treadle::components

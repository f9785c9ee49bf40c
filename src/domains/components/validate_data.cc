// validate-data: schema, ranges, missing values and gaps; every violation is reported before the step fails.
#include <cmath>

#include "base/time.h"
#include "domains/components/catalogue.h"
#include "domains/components/profile.h"

namespace treadle::components {
namespace {

void check_gaps(const table::Column& time, std::int64_t step_ms, Json& violations) {
  std::size_t found = 0;
  for (std::size_t i = 1; i < time.integers.size(); ++i) {
    if (time.integers[i] - time.integers[i - 1] == step_ms) continue;
    if (++found > 10) continue;
    violations.push_back(str_cat("row ", i, ": ", format_rfc3339(time.integers[i]), " does not follow ",
                                 format_rfc3339(time.integers[i - 1]), " by one step"));
  }
  if (found > 10) violations.push_back(str_cat("and ", found - 10, " more gaps"));
}

Status check_column(const table::Table& rows, const std::string& name, const Json& rule, Json& violations) {
  if (!rule.is_object()) return invalid_field("schema", "columns.", name, " must be an object {min, max, missing}");
  ASSIGN_OR_RETURN(const double low, optional_double(rule, "min", -INFINITY));
  ASSIGN_OR_RETURN(const double high, optional_double(rule, "max", INFINITY));
  ASSIGN_OR_RETURN(const double allowed_missing, optional_double(rule, "missing", 0));
  if (rows.find(name) == nullptr) {
    violations.push_back(str_cat("column '", name, "' is not there"));
    return {};
  }
  const StatusOr<std::vector<double>> values = rows.as_doubles(name);
  if (!values.ok()) {
    violations.push_back(values.status().message());
    return {};
  }
  std::size_t missing = 0, outside = 0, first_outside = 0;
  for (std::size_t i = 0; i < values->size(); ++i) {
    const double value = (*values)[i];
    if (std::isnan(value)) {
      ++missing;
    } else if (value < low || value > high) {
      if (outside++ == 0) first_outside = i;
    }
  }
  if (static_cast<double>(missing) > allowed_missing * static_cast<double>(values->size())) {
    violations.push_back(str_cat("column '", name, "': ", missing, " of ", values->size(), " values are missing"));
  }
  if (outside > 0) {
    violations.push_back(str_cat("column '", name, "': ", outside, " values are outside ", low, " … ", high,
                                 ", first in row ", first_outside, ": ", (*values)[first_outside]));
  }
  return {};
}

Status run(Step& step, Server& server) {
  ASSIGN_OR_RETURN(const Json wanted, step.object("schema"));
  ASSIGN_OR_RETURN(const table::Table rows, step.read_table("dataset"));
  Json violations = Json::array();
  ASSIGN_OR_RETURN(const std::string time_name, optional_string(wanted, "time", "timestamp"));
  ASSIGN_OR_RETURN(const std::int64_t minutes, optional_int(wanted, "step_minutes", 30));
  ASSIGN_OR_RETURN(const table::Column* const time, rows.column(time_name));
  if (time->type == table::ColumnType::kTime) {
    check_gaps(*time, minutes * kMinuteMs, violations);
  } else {
    violations.push_back(str_cat("column '", time_name, "' holds no times"));
  }
  ASSIGN_OR_RETURN(const Json* const columns, optional_object(wanted, "columns"));
  if (columns != nullptr) {
    for (const auto& [name, rule] : columns->items()) RETURN_IF_ERROR(check_column(rows, name, rule, violations));
  }
  const Json described = profile(rows);
  const Json report = {{"valid", violations.empty()}, {"violations", violations}, {"profile", described}};
  RETURN_IF_ERROR(step.write_text("report", report.dump(2)));
  RETURN_IF_ERROR(server.upload("data_profile.json", report.dump(2)));
  RETURN_IF_ERROR(server.log({{"metrics", {{{"key", "data_rows"}, {"value", rows.rows()}}}}}));
  if (violations.empty()) return {};
  std::vector<std::string> lines;
  for (const Json& violation : violations) lines.push_back(violation.get<std::string>());
  return invalid("the data breaks its schema: ", join(lines, "; "));
}

}  // namespace

Component validate_data() {
  return {.name = "validate-data",
          .description = "Check schema, ranges, missing values and gaps; fail with all violations",
          .inputs = {{"dataset", "system.Dataset", "the rows"},
                     {"schema", "STRUCT", "{time, step_minutes, columns: {name: {min, max, missing}}}"}},
          .outputs = {{"report", "system.Artifact", "violations and profile, as JSON"}},
          .run = run};
}

}  // namespace treadle::components

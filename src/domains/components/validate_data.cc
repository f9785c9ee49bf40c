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

// What the schema says of one column.
struct Rule {
  double low = -INFINITY, high = INFINITY;
  double missing = 0;  // the share that may be missing
};

StatusOr<Rule> read_rule(const std::string& name, const Json& json) {
  if (!json.is_object()) return invalid_field("schema", "columns.", name, " must be an object {min, max, missing}");
  Rule rule;
  const auto read = [&](const char* field, double fallback, double* out) -> Status {
    const auto value = optional_double(json, field, fallback);
    if (!value.ok()) return invalid_field("schema", "columns.", name, ".", value.status().to_string());
    *out = *value;
    return {};
  };
  RETURN_IF_ERROR(read("min", -INFINITY, &rule.low));
  RETURN_IF_ERROR(read("max", INFINITY, &rule.high));
  RETURN_IF_ERROR(read("missing", 0, &rule.missing));
  if (rule.low > rule.high) return invalid_field("schema", "columns.", name, ": min is above max");
  if (rule.missing < 0 || rule.missing > 1) {
    return invalid_field("schema", "columns.", name, ".missing is a share between 0 and 1, got ", rule.missing);
  }
  return rule;
}

Status check_column(const table::Table& rows, const std::string& name, const Json& json, Json& violations) {
  ASSIGN_OR_RETURN(const Rule rule, read_rule(name, json));
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
    } else if (std::isinf(value) || value < rule.low || value > rule.high) {
      if (outside++ == 0) first_outside = i;
    }
  }
  if (static_cast<double>(missing) > rule.missing * static_cast<double>(values->size())) {
    violations.push_back(str_cat("column '", name, "': ", missing, " of ", values->size(), " values are missing"));
  }
  if (outside > 0) {
    violations.push_back(str_cat("column '", name, "': ", outside, " values are outside ", rule.low, " … ", rule.high,
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
  if (minutes < 1) return invalid_field("schema", "step_minutes must be at least 1, got ", minutes);
  if (rows.rows() == 0) violations.push_back("there are no rows");
  const table::Column* const time = rows.find(time_name);
  if (time == nullptr) {
    violations.push_back(str_cat("column '", time_name, "' is not there"));
  } else if (time->type == table::ColumnType::kTime) {
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

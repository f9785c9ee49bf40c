#include "adapters/mlflow/model_forms.h"

#include "base/strings.h"

namespace treadle::mlflow {

Json version_form(const registry::Version& version) {
  Json form = {{"name", version.model},
               {"version", str_cat(version.version)},
               {"creation_timestamp", version.created_ms},
               {"last_updated_timestamp", version.updated_ms},
               {"current_stage", version.stage},
               {"description", version.description},
               {"source", version.source},
               {"run_id", version.run_id},
               {"user_id", version.user},
               {"status", "READY"},
               {"run_link", version.run_link}};
  if (!version.model_id.empty()) form["model_id"] = version.model_id;
  if (!version.tags.empty()) form["tags"] = tags_form(version.tags);
  if (!version.aliases.empty()) form["aliases"] = version.aliases;
  return form;
}

Json model_form(const registry::Model& model) {
  Json form = {{"name", model.name},
               {"creation_timestamp", model.created_ms},
               {"last_updated_timestamp", model.updated_ms},
               {"description", model.description}};
  for (const auto& version : model.latest) form["latest_versions"].push_back(version_form(version));
  if (!model.tags.empty()) form["tags"] = tags_form(model.tags);
  for (const auto& alias : model.aliases) {
    form["aliases"].push_back({{"alias", alias.alias}, {"version", str_cat(alias.version)}});
  }
  return form;
}

StatusOr<std::int64_t> version_number(const Json& arguments) {
  const auto it = arguments.find("version");
  if (it == arguments.end() || it->is_null()) return missing_parameter("version");
  const auto number = required_int(arguments, "version");
  if (number.ok()) return *number;
  const std::string given = it->is_string() ? it->get<std::string>() : to_text(*it);
  return Status(StatusCode::kInvalidArgument, str_cat("Parameter 'version' must be an integer, got '", given, "'."),
                "version");
}

StatusOr<registry::Query> registry_query(const Json& arguments, std::int64_t fallback, std::int64_t most) {
  registry::Query query;
  ASSIGN_OR_RETURN(query.filter, optional_string(arguments, "filter"));
  ASSIGN_OR_RETURN(query.order_by, read_strings(arguments, "order_by"));
  ASSIGN_OR_RETURN(query.limit, page_limit(arguments, fallback, most));
  ASSIGN_OR_RETURN(query.offset, page_offset(arguments));
  return query;
}

}  // namespace treadle::mlflow

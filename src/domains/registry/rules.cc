#include "domains/registry/rules.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/strings.h"
#include "domains/registry/service.h"
#include "domains/tracking/validate.h"

namespace treadle::registry {
namespace {

constexpr std::array<std::string_view, 4> kStages = {"None", "Staging", "Production", "Archived"};

}  // namespace

Status refused(std::string_view field, std::string message) {
  return {StatusCode::kInvalidArgument, std::move(message), std::string(field)};
}

Status check_model_name(const std::string& name, std::string_view field) {
  if (trim(name).empty()) return refused(field, str_cat("Missing value for required parameter '", field, "'."));
  if (name.size() > 256) return invalid_field(field, "is longer than 256 characters");
  if (name.find('\0') != std::string::npos) return invalid_field(field, "must not contain the character NUL");
  if (name.find_first_of("/:") != std::string::npos) {
    return refused(field, str_cat("Invalid model name '", name, "'. Names cannot contain '/' or ':'."));
  }
  if (name == "." || name == ".." || name.starts_with("..")) {
    return refused(field, str_cat("Invalid value \"", name, "\" for parameter '", field,
                                  "' supplied: Names may be treated as files in certain cases, and must not resolve to"
                                  " other names when treated as such."));
  }
  return ok_status();
}

Status check_alias(const std::string& alias) {
  // Letters of any alphabet, so whatever is not ASCII.
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || (c & 0x80) != 0;
  };
  if (alias.empty()) return refused("alias", "Registered model alias name cannot be empty.");
  if (!std::all_of(alias.begin(), alias.end(), allowed)) {
    return refused("alias", str_cat("Invalid alias name: '", alias,
                                    "'. Names may only contain alphanumerics, underscores (_), and dashes (-)."));
  }
  if (alias.size() > 255)
    return refused("alias", "'Registered model alias name' exceeds the maximum length of 255 characters");
  return ok_status();
}

Status check_alias_is_free(const std::string& alias) {
  if (to_lower(alias) == "latest") return refused("alias", "'latest' alias name (case insensitive) is reserved.");
  const bool like_version =
      alias.size() > 1 && (alias[0] == 'v' || alias[0] == 'V') &&
      std::all_of(alias.begin() + 1, alias.end(), [](char c) { return std::isdigit(static_cast<unsigned char>(c)); });
  if (like_version) return refused("alias", str_cat("Version alias name '", alias, "' is reserved."));
  return ok_status();
}

Status check_tag(const std::string& key, const std::string& value) {
  constexpr std::size_t kLongest = 100'000;
  RETURN_IF_ERROR(tracking::check_key("key", key));
  if (value.find('\0') != std::string::npos) return invalid_field("value", "must not contain the character NUL");
  if (value.size() <= kLongest) return ok_status();
  if (key == "mlflow.prompt.text")
    return refused("value", str_cat("Prompt text exceeds max length of ", kLongest, " characters."));
  return refused("value", str_cat("'value' exceeds the maximum length of ", kLongest, " characters"));
}

Status check_deployment_name(std::string_view name) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const bool good = !name.empty() && name.size() <= 128 && alphanumeric(name.front()) &&
                    std::all_of(name.begin(), name.end(),
                                [&](char c) { return alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
  if (good) return ok_status();
  return invalid_field("name", "must be 1 to 128 letters, digits, '.', '_' or '-' and begin with a letter or digit");
}

bool is_prompt(const Model& model) {
  return std::any_of(model.tags.begin(), model.tags.end(), [](const auto& tag) {
    return tag.first == "mlflow.prompt.is_prompt" && equals_ignore_case(tag.second, "true");
  });
}

std::string version_id(const std::string& model, std::int64_t version) { return str_cat(model, "/", version); }

events::Event version_event(std::string type, const std::string& model, std::int64_t version, Json more) {
  more["model"] = model;
  more["version"] = version;
  return {0, 0, std::move(type), "model_version/" + version_id(model, version), std::move(more)};
}

StatusOr<std::string> canonical_stage(const std::string& stage) {
  for (const std::string_view known : kStages) {
    if (equals_ignore_case(known, stage)) return std::string(known);
  }
  return refused("stage", str_cat("Invalid Model Version stage: ", stage,
                                  ". Value must be one of None, Staging, Production, Archived."));
}

}  // namespace treadle::registry

// What names, tags and stages may be, and how events of the registry look.
#pragma once

#include <string>
#include <string_view>

#include "domains/events/event_log.h"
#include "domains/registry/types.h"

namespace treadle::registry {

// An error in exactly these words, which clients compare.
Status refused(std::string_view field, std::string message);
Status check_model_name(const std::string& name, std::string_view field = "name");
Status check_alias(const std::string& alias);
Status check_alias_is_free(const std::string& alias);
// 1 to 128 letters, digits, '.', '_' and '-', beginning with a letter or digit.
Status check_deployment_name(std::string_view name);
bool is_prompt(const Model& model);
Status check_tag(const std::string& key, const std::string& value);

// "energy-demand/3".
std::string version_id(const std::string& model, std::int64_t version);
events::Event version_event(std::string type, const std::string& model, std::int64_t version,
                            Json more = Json::object());

}  // namespace treadle::registry

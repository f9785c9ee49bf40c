#include "domains/automation/template.h"

#include "base/strings.h"

namespace treadle::automation {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kPrefix = "event.";

StatusOr<Json> look_up(std::string_view placeholder, const Json& event) {
  const std::string_view name = trim(placeholder);
  if (!name.starts_with(kPrefix)) {
    return invalid_field("action.parameters", "{{", name, "}} is not known; write {{event.FIELD}}");
  }
  const auto field = event.find(name.substr(kPrefix.size()));
  if (field != event.end()) return *field;
  std::vector<std::string> known;
  for (const auto& [key, value] : event.items()) known.push_back(key);
  return invalid_field("action.parameters", "the event has no field for {{", name, "}}; it has ", join(known, ", "));
}

StatusOr<Json> fill_text(const std::string& text, const Json& event) {
  std::string filled;
  std::size_t at = 0;
  while (true) {
    const std::size_t open = text.find(kOpen, at);
    const std::size_t close = open == std::string::npos ? open : text.find(kClose, open);
    if (close == std::string::npos) break;
    ASSIGN_OR_RETURN(const Json value, look_up(std::string_view(text).substr(open + 2, close - open - 2), event));
    if (open == 0 && close + 2 == text.size()) return value;
    filled.append(text, at, open - at);
    filled += value.is_string() ? value.get<std::string>() : to_text(value);
    at = close + 2;
  }
  filled.append(text, at);
  return Json(filled);
}

}  // namespace

StatusOr<Json> fill_template(const Json& value, const Json& event) {
  if (value.is_string()) return fill_text(value.get_ref<const std::string&>(), event);
  if (!value.is_structured()) return value;
  Json filled = value;
  for (auto& item : filled) {
    ASSIGN_OR_RETURN(item, fill_template(item, event));
  }
  return filled;
}

}  // namespace treadle::automation

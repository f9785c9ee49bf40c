#include "app/commands/lookup.h"

#include <algorithm>

#include "app/commands/format.h"

namespace treadle::app {
namespace {

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

}  // namespace

StatusOr<std::string> experiment_id(net::Client& client, std::string_view name_or_id) {
  ASSIGN_OR_RETURN(const Json found, client.get_json(str_cat("/api/v1/experiments/", net::percent_encode(name_or_id))));
  return text_of(found, "id");
}

StatusOr<std::string> run_id(net::Client& client, std::string_view typed) {
  const std::string id = replace_all(to_lower(typed), "-", "");
  if (!is_hex(id) || id.size() < 4 || id.size() > 32) {
    return invalid_field("run", "must be a run's id (32 hex digits, or the last few of them), got \"", typed, "\"");
  }
  if (id.size() == 32) return id;
  std::size_t matches = 0;
  // Runs of the same minute begin alike, so it is mostly the last digits that tell them apart.
  for (const std::string& pattern : {str_cat("%", id), str_cat(id, "%")}) {
    const std::string filter = net::percent_encode(str_cat("attributes.run_id LIKE '", pattern, "'"));
    ASSIGN_OR_RETURN(const Json answer, client.get_json(str_cat("/api/v1/runs?view=all&limit=2&filter=", filter)));
    const Json& runs = list_of(answer, "runs");
    if (runs.size() == 1) return text_of(runs.front(), "id");
    matches += runs.size();
  }
  if (matches == 0) return not_found("no run's id ends or begins with ", id, "; `treadle run list` shows the newest");
  return invalid_field("run", "several runs' ids end or begin with ", id, ": give more digits");
}

std::string run_path(std::string_view id) { return str_cat("/api/v1/runs/", id); }

StatusOr<Json> read_pairs_option(const Args& args, const std::string& option) {
  Json pairs = Json::object();
  for (const std::string& pair : args.all(option)) {
    const auto at = pair.find('=');
    if (at == std::string::npos || at == 0) {
      return invalid_field("--" + option, "must be key=value, got \"", pair, "\"");
    }
    pairs[pair.substr(0, at)] = pair.substr(at + 1);
  }
  return pairs;
}

StatusOr<Json> all_pages(net::Client& client, std::string_view target, std::string_view field, std::int64_t limit) {
  Json all = Json::array();
  std::string token;
  do {
    const std::int64_t missing = limit - static_cast<std::int64_t>(all.size());
    std::string page = str_cat(target, "&limit=", std::min<std::int64_t>(missing, 1000));
    if (!token.empty()) str_append(&page, "&page_token=", net::percent_encode(token));
    ASSIGN_OR_RETURN(const Json answer, client.get_json(page));
    for (const Json& item : list_of(answer, field)) all.push_back(item);
    ASSIGN_OR_RETURN(token, optional_string(answer, "next_page_token"));
  } while (!token.empty() && static_cast<std::int64_t>(all.size()) < limit);
  return all;
}

std::string one_line(std::string_view text, std::size_t limit) {
  std::string line(text.substr(0, limit));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  if (text.size() <= limit) return line;
  // Not in the middle of a character.
  while (!line.empty() && (static_cast<unsigned char>(text[line.size()]) & 0xC0) == 0x80) line.pop_back();
  return line + "…";
}

void print_pairs(std::string_view heading, const Json& pairs, Io& io) {
  if (pairs.empty()) return;
  std::size_t widest = 0;
  for (const auto& [key, value] : pairs.items()) widest = std::max(widest, std::min<std::size_t>(key.size(), 40));
  io.say(heading);
  for (const auto& [key, value] : pairs.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : to_text(value);
    const std::string padding(key.size() < widest ? widest - key.size() : 0, ' ');
    io.say(str_cat("  ", one_line(key), padding, "  ", one_line(text)));
  }
}

}  // namespace treadle::app

#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/connection.h"

namespace treadle::app {
namespace {

// "30d", "12h", "90m" or "45s" in seconds.
StatusOr<std::int64_t> seconds_of(const std::string& text) {
  const auto number = text.empty() ? std::nullopt : parse_int(std::string_view(text).substr(0, text.size() - 1));
  const std::string_view units = "smhd";
  constexpr std::int64_t kSeconds[] = {1, 60, 3600, 86'400};
  const std::size_t unit = text.empty() ? std::string_view::npos : units.find(text.back());
  if (!number || *number < 0 || *number > 36'500 * 1440LL || unit == std::string_view::npos)
    return invalid_field("older-than", "must be a number and s, m, h or d, such as 30d; got \"", text, "\"");
  return *number * kSeconds[unit];
}

Status collect(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t older, seconds_of(args.get("older-than", "30d")));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.send_json(net::Method::kPost, "/api/v1/trash:purge",
                                                       {{"older_than_s", older}, {"dry_run", args.has("dry-run")}}));
  io.emit(answer);
  const auto count = [&](std::string_view list) { return list_of(answer, list).size(); };
  io.say(str_cat(args.has("dry-run") ? "would remove " : "removed ", count("runs"), " runs, ", count("logged_models"),
                 " logged models and ", count("experiments"), " experiments for good"));
  if (count("kept") > 0)
    io.say(str_cat("kept ", count("kept"), " that registered versions came from; delete those versions first"));
  return ok_status();
}

}  // namespace

void add_gc_command(std::vector<Command>& commands) {
  commands.push_back({.path = "gc",
                      .summary = "Remove for good what was deleted a while ago, with its artifacts",
                      .examples = {"treadle gc --dry-run", "treadle gc --older-than 7d"},
                      .positionals = {},
                      .options = {{"older-than", "TIME", "deleted before so long: 30d (default), 12h, 0s"},
                                  {"dry-run", "", "only say what would go"}},
                      .run = collect});
}

}  // namespace treadle::app

// What commands about experiments, runs and models share: finding what an argument names, reading key=value options,
// fetching every page, printing.
#pragma once

#include <string>
#include <string_view>

#include "app/cli/command.h"
#include "net/client.h"

namespace treadle::app {

// The id of the experiment of that name or id.
StatusOr<std::string> experiment_id(net::Client& client, std::string_view name_or_id);

// A run's 32 hex digits from what somebody typed: those, a pipeline run's UUID, or the beginning of one (4 digits or
// more) when it is the beginning of one run only.
StatusOr<std::string> run_id(net::Client& client, std::string_view typed);
std::string run_path(std::string_view id);

// The values of a repeated KEY=VALUE option as an object of texts.
StatusOr<Json> read_pairs_option(const Args& args, const std::string& option);

// The first `limit` entries of a paged listing; `target` has a query already.
StatusOr<Json> all_pages(net::Client& client, std::string_view target, std::string_view field, std::int64_t limit);

// A heading and one "  key  value" line each, aligned; nothing when there are none. Line breaks become spaces and long
// values are cut: the whole is in --json.
void print_pairs(std::string_view heading, const Json& pairs, Io& io);
// One line of at most `limit` characters.
std::string one_line(std::string_view text, std::size_t limit = 100);

}  // namespace treadle::app

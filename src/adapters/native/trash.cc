#include "adapters/native/trash.h"

#include "adapters/native/routing.h"
#include "base/time.h"
#include "domains/evaluation/datasets.h"
#include "domains/traces/service.h"

namespace treadle::native {
namespace {

constexpr std::int64_t kLongestS = 100LL * 366 * 24 * 3600;

Status remove_with_experiment(sql::Connection& tx, const std::string& id) {
  RETURN_IF_ERROR(traces::Service::remove_all_of(tx, id));
  return evaluation::Datasets::remove_all_of(tx, id);
}

// {"older_than_s": 2592000, "dry_run": true}. What a registered version came from stays.
StatusOr<Json> purge(tracking::Service& tracking, registry::Service& registry, const net::Request& request) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::int64_t older_than_s, required_int(body, "older_than_s"));
  if (older_than_s < 0 || older_than_s > kLongestS)
    return invalid_field("older_than_s", "must be from 0 to ", kLongestS, ", got ", older_than_s);
  tracking::PurgeQuery query;
  // One millisecond on: with 0 what was deleted just now goes too.
  query.before_ms = SystemClock().now_ms() - older_than_s * 1000 + 1;
  ASSIGN_OR_RETURN(query.dry_run, optional_bool(body, "dry_run", false));
  query.in_use = [&](bool runs, const std::vector<std::string>& ids) { return registry.in_use(runs, ids); };
  query.with_experiment = remove_with_experiment;
  ASSIGN_OR_RETURN(const auto purged, tracking.purge(query));
  return Json{{"dry_run", query.dry_run},
              {"runs", purged.runs},
              {"logged_models", purged.logged_models},
              {"experiments", purged.experiments},
              {"kept", purged.kept}};
}

}  // namespace

void add_trash_routes(net::Router& router, tracking::Service& tracking, registry::Service& registry) {
  router.add(net::Method::kPost, "/api/v1/trash:purge",
             json_handler([&](net::Request& request) { return purge(tracking, registry, request); }));
}

}  // namespace treadle::native

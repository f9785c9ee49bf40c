// A registered model's history, gates and approvals.
#pragma once

#include "base/json.h"
#include "domains/registry/service.h"
#include "net/router.h"

namespace treadle::native {

Json to_json(const registry::HistoryEntry& entry);
Json to_json(const registry::Gate& gate);
Json to_json(const registry::Approval& approval);

void add_gate_routes(net::Router& router, registry::Service& registry);

}  // namespace treadle::native

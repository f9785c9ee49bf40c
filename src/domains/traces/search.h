// Searching traces: conditions as SQL. Both of find() and of the aggregates (metrics_sql.cc).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domains/tracking/filter.h"
#include "domains/tracking/search_sql.h"

namespace treadle::traces::store {

// The metadata that tells whose run a trace is; others it may be linked to.
inline constexpr std::string_view kSourceRun = "mlflow.sourceRun";

using Experiments = std::vector<std::string>;

// Adds what holds of those traces `t` that meet the condition; of spans only append_spans (span_search.h) knows.
// `experiments` are those searched: sessions reach no farther.
Status append_condition(tracking::SqlText& sql, sql::Dialect dialect, tracking::Condition condition,
                        const Experiments& experiments);

}  // namespace treadle::traces::store

// Conditions on the spans of a trace: span.name, span.type, span.status, span.content, span.attributes.KEY.
#pragma once

#include <vector>

#include "domains/tracking/search_sql.h"

namespace treadle::traces::store {

// Whether `t` has one span that meets all of them. `conditions` must not be empty.
Status append_spans(tracking::SqlText& sql, sql::Dialect dialect, const std::vector<tracking::Condition>& conditions);

}  // namespace treadle::traces::store

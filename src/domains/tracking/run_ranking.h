// The order of a search over runs in memory.
#pragma once

#include <vector>

#include "domains/tracking/filter.h"
#include "domains/tracking/run_table.h"

namespace treadle::tracking {

// The first `count` of the rows by `order`, then newest first, then by id. What an order lacks comes last, whatever its
// direction. `count` is 1 or more; the columns that `order` names must be in the table.
std::vector<RowNumber> first_in_order(const std::vector<RowNumber>& rows, std::size_t count, const RunTable& table,
                                      const std::vector<OrderBy>& order);

}  // namespace treadle::tracking

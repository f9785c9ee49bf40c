// text/csv with a header row (RFC 4180 quoting) into a call's features, the way pandas would read it.
#pragma once

#include <string_view>

#include "domains/serving/call.h"

namespace treadle::oip {

// Empty cells, NaN, NA, null and None are missing; True and False are 1 and 0. Errors name the line and the column.
Status read_csv(std::string_view text, serving::Call& call);

}  // namespace treadle::oip

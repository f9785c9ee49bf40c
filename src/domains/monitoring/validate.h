// Whether what clients send can be accepted. Errors name the field and what would be right.
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "domains/monitoring/types.h"

namespace treadle::monitoring {

constexpr std::size_t kMaxTruths = 100'000;
constexpr std::size_t kMaxRules = 100;
constexpr std::size_t kMaxKey = 512;

Status check_truths(const std::vector<Truth>& truths);
Status check_rules(const std::vector<Rule>& rules);
// Checks the report and fills in its share from its features.
Status check_report(Report& report);

}  // namespace treadle::monitoring

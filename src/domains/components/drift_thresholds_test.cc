#include "domains/components/drift_thresholds.h"

#include "domains/components/test_step.h"

namespace treadle::components::testing {
namespace {

double threshold(const table::Table& rows, const char* column) {
  const FeatureConfig config = FeatureConfig::read(small_config()).value();
  const Json all = drift_thresholds(rows, config, {});
  return all.contains(column) ? all[column].get<double>() : -1;
}

TEST(DriftThresholds, AreTheMethodsOwnWhereNothingMoves) { EXPECT_DOUBLE_EQ(threshold(made_rows(120), "demand"), 0.1); }

TEST(DriftThresholds, AreHigherWhereWeeksDifferAnyway) {
  table::Table rows = made_rows(120);
  auto& values = column_of(rows, "temperature").doubles;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += 8 * std::sin(static_cast<double>(i) / 48 / 60 * 6.28);
  EXPECT_GT(threshold(rows, "temperature"), 0.3);
  EXPECT_DOUBLE_EQ(threshold(rows, "demand"), 0.1) << "each column has its own";
}

TEST(DriftThresholds, ASingleStrangeWeekDoesNotRaiseThem) {
  table::Table rows = made_rows(300);
  for (std::size_t i = 100U * 48; i < 104U * 48; ++i) column_of(rows, "demand").doubles[i] += 10;
  EXPECT_LT(threshold(rows, "demand"), 0.5);
}

TEST(DriftThresholds, TooLittleHistorySaysNothing) {
  EXPECT_EQ(threshold(made_rows(50), "demand"), -1);
  EXPECT_EQ(threshold(made_rows(1), "demand"), -1);
  table::Table missing = made_rows(120);
  for (double& value : column_of(missing, "demand").doubles) value = NAN;
  EXPECT_EQ(threshold(missing, "demand"), -1);
}

}  // namespace
}  // namespace treadle::components::testing

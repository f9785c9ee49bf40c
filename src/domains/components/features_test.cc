#include "domains/components/features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "base/time.h"
#include "domains/components/feature_sources.h"

namespace treadle::components {
namespace {

Json energy_config() {
  return {{"target", "demand"},
          {"time", "timestamp"},
          {"step_minutes", 30},
          {"horizon", 48},
          {"lags", {48, 96, 336}},
          {"target_means", {{{"lag", 48}, {"window", 48}}}},
          {"same_slot_days", {7}},
          {"calendar", {"half_hour", "weekday"}},
          {"inputs", {"temperature", "workday"}},
          {"input_lags", {{"temperature", {2, 48}}, {"workday", {48}}}},
          {"input_means", {{"temperature", {48}}}}};
}

table::Table made(std::size_t days, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0, 10);
  table::Table rows;
  table::Column time{.name = "timestamp", .type = table::ColumnType::kTime};
  std::vector<double> demand, temperature, workday;
  for (std::size_t i = 0; i < days * 48; ++i) {
    time.integers.push_back(*parse_time("2014-01-01") + static_cast<std::int64_t>(i) * 30 * kMinuteMs);
    demand.push_back(uniform(random));
    temperature.push_back(uniform(random));
    workday.push_back(i % 3 == 0 ? 1 : 0);
  }
  EXPECT_TRUE(rows.add(time).ok());
  EXPECT_TRUE(rows.add_doubles("demand", demand).ok());
  EXPECT_TRUE(rows.add_doubles("temperature", temperature).ok());
  EXPECT_TRUE(rows.add_doubles("workday", workday).ok());
  return rows;
}

std::vector<float> matrix_of(table::Table rows, const FeatureConfig& config) {
  EXPECT_TRUE(add_calendar(rows, config).ok());
  EXPECT_EQ(add_lags(rows, config).to_string(), "OK");
  return feature_matrix(rows, config.feature_names()).value();
}

TEST(Features, AreWhatTheirNamesSay) {
  const FeatureConfig config = FeatureConfig::read(energy_config()).value();
  table::Table rows = made(12, 1);
  const auto demand = rows.as_doubles("demand").value();
  ASSERT_TRUE(add_calendar(rows, config).ok());
  ASSERT_TRUE(add_lags(rows, config).ok());
  const std::size_t row = 10 * 48 + 5;
  EXPECT_EQ(rows.as_doubles("half_hour").value()[row], 5);
  EXPECT_EQ(rows.as_doubles("weekday").value()[row], 5);  // 2014-01-11 is a Saturday
  EXPECT_EQ(rows.as_doubles("demand_lag_96").value()[row], demand[row - 96]);
  EXPECT_TRUE(std::isnan(rows.as_doubles("demand_lag_96").value()[95]));
  double sum = 0;
  for (std::size_t day = 1; day <= 7; ++day) sum += demand[row - day * 48];
  EXPECT_DOUBLE_EQ(rows.as_doubles("demand_same_slot_7d").value()[row], sum / 7);
}

// The property that keeps the future out: change anything at or after the origin that is not known ahead, and no
// feature of the horizon moves.
TEST(Features, NothingAfterTheOriginEntersAFeature) {
  const FeatureConfig config = FeatureConfig::read(energy_config()).value();
  const table::Table rows = made(12, 2);
  const std::size_t origin = 10 * 48;
  const std::vector<float> before = matrix_of(rows, config);
  std::mt19937 random(3);
  const std::size_t width = config.feature_names().size();
  for (int attempt = 0; attempt < 200; ++attempt) {
    table::Table changed = rows;
    const std::size_t at = origin + random() % (rows.rows() - origin);
    for (table::Column& column : changed.columns()) {
      if (column.name == "demand") column.doubles[at] = attempt % 2 == 0 ? NAN : 1e6 + attempt;
    }
    const std::vector<float> after = matrix_of(changed, config);
    for (std::size_t i = origin * width; i < (origin + 48) * width; ++i) {
      ASSERT_EQ(before[i], after[i]) << "row " << i / width << ", feature " << config.feature_names()[i % width];
    }
  }
}

// The way back from a feature to its raw values is the truth: a feature moves exactly when one of them does.
TEST(FeatureSources, AreExactlyTheValuesThatMoveAFeature) {
  const FeatureConfig config = FeatureConfig::read(energy_config()).value();
  const std::vector<FeatureSource> sources = feature_sources(config);
  const std::vector<std::string> names = config.feature_names();
  ASSERT_EQ(sources.size(), names.size());
  const table::Table rows = made(9, 6);
  const std::size_t row = 8 * 48 + 7, width = names.size();
  const std::vector<float> before = matrix_of(rows, config);
  for (std::size_t steps = 0; steps <= row; ++steps) {
    for (const char* name : {"demand", "temperature", "workday"}) {
      table::Table changed = rows;
      for (table::Column& column : changed.columns()) {
        if (column.name == name) column.doubles[row - steps] += 1000;
      }
      const std::vector<float> after = matrix_of(changed, config);
      for (std::size_t i = 0; i < width; ++i) {
        const auto& values = sources[i].values;
        const bool listed = std::any_of(values.begin(), values.end(), [&](const RawValue& value) {
          return value.column == name && value.steps == static_cast<std::int64_t>(steps);
        });
        ASSERT_EQ(before[row * width + i] != after[row * width + i], listed) << names[i] << " " << name << " " << steps;
      }
    }
  }
  for (std::size_t i = 0; i < width; ++i) EXPECT_EQ(sources[i].feature, names[i]);
}

TEST(Features, InferenceOverAWindowEqualsTraining) {
  const FeatureConfig config = FeatureConfig::read(energy_config()).value();
  const table::Table rows = made(20, 4);
  const std::size_t width = config.feature_names().size();
  const std::vector<float> training = matrix_of(rows, config);
  const std::size_t first = 3 * 48;
  const std::vector<float> window = matrix_of(rows.slice(first, rows.rows() - first), config);
  for (std::size_t row = 19 * 48; row < 20 * 48; ++row) {
    for (std::size_t i = 0; i < width; ++i) ASSERT_EQ(training[row * width + i], window[(row - first) * width + i]);
  }
}

TEST(Features, AGapIsRefused) {
  const FeatureConfig config = FeatureConfig::read(energy_config()).value();
  table::Table rows = made(3, 5);
  for (table::Column& column : rows.columns()) {
    if (column.type == table::ColumnType::kTime) column.integers[70] += kMinuteMs;
  }
  EXPECT_NE(add_lags(rows, config).message().find("row 70"), std::string::npos);
}

TEST(FeatureConfig, RefusesWhatWouldLeak) {
  Json config = energy_config();
  config["lags"] = {47};
  EXPECT_EQ(FeatureConfig::read(config).status().field(), "lags");
  config = energy_config();
  config["target_means"][0]["lag"] = 1;
  EXPECT_EQ(FeatureConfig::read(config).status().field(), "target_means");
  config = energy_config();
  config["input_lags"] = {{"demand", {1}}};
  EXPECT_EQ(FeatureConfig::read(config).status().field(), "input_lags");
  config = energy_config();
  config["inputs"] = {"demand"};
  EXPECT_EQ(FeatureConfig::read(config).status().field(), "inputs");
}

TEST(FeatureConfig, KnowsHowFarItLooksBack) { EXPECT_EQ(FeatureConfig::read(energy_config())->look_back(), 336); }

}  // namespace
}  // namespace treadle::components

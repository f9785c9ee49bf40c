// import-data, validate-data, the feature steps, time-split: good input, and what comes instead of it.
#include <cmath>
#include <limits>

#include "domains/components/feature_config.h"
#include "domains/components/features.h"
#include "domains/components/test_step.h"

namespace treadle::components::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string csv_of(const table::Table& rows) {
  std::string text = "timestamp,demand,workday,temperature\n";
  const auto demand = rows.as_doubles("demand").value(), workday = rows.as_doubles("workday").value(),
             temperature = rows.as_doubles("temperature").value();
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    str_append(&text, format_rfc3339(rows.columns()[0].integers[i]).substr(0, 19), ",", demand[i], ",", workday[i], ",",
               temperature[i], "\n");
  }
  return text;
}

class ImportData : public StepTest {
 protected:
  Json at(const std::filesystem::path& file) { return {{"path", file.string()}}; }
  // The metadata that the step recorded of its data set.
  Json recorded() { return json_of("executor_output.json")["artifacts"]["dataset"]["artifacts"][0]["metadata"]; }
};

TEST_F(ImportData, CutsByTimeAndRecordsWhereTheRowsComeFrom) {
  const auto file = put_text("data.csv", csv_of(made_rows(10)));
  Json parameters = at(file);
  parameters["start"] = "2014-01-03";
  parameters["end"] = "2014-01-05T12:00:00";
  ASSERT_EQ(error("import-data", parameters), "OK");
  const table::Table rows = rows_of("dataset");
  ASSERT_EQ(rows.rows(), 120U);
  EXPECT_EQ((*rows.column("timestamp"))->integers.front(), *parse_time("2014-01-03"));
  EXPECT_EQ((*rows.column("timestamp"))->integers.back(), *parse_time("2014-01-05T11:30"));
  const Json metadata = recorded();
  EXPECT_EQ(metadata["source"], file.string());
  EXPECT_EQ(metadata["source_sha256"].get<std::string>().size(), 64U);
  EXPECT_EQ(metadata["source_line"], 2 + 2 * 48);
  EXPECT_EQ(metadata["rows"], 120);
}

TEST_F(ImportData, AFileWhoseLinesAreNotItsRowsHasNoLineNumbers) {
  std::string text = csv_of(made_rows(2));
  text.insert(text.find('\n') + 1, "\n");
  ASSERT_EQ(error("import-data", at(put_text("blank.csv", text))), "OK");
  EXPECT_FALSE(recorded().contains("source_line"));
}

TEST_F(ImportData, AnOriginHidesWhatIsNotKnownThen) {
  Json parameters = at(put_text("data.csv", csv_of(made_rows(10))));
  parameters["origin"] = "2014-01-08";
  parameters["history_days"] = 3;
  parameters["known_ahead"] = {"temperature"};
  ASSERT_EQ(error("import-data", parameters), "OK");
  const table::Table rows = rows_of("dataset");
  ASSERT_EQ(rows.rows(), 4U * 48);
  const auto demand = rows.as_doubles("demand").value(), temperature = rows.as_doubles("temperature").value(),
             workday = rows.as_doubles("workday").value();
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    EXPECT_EQ(std::isnan(demand[i]), i >= 3U * 48) << i;
    EXPECT_EQ(std::isnan(workday[i]), i >= 3U * 48) << i;
    EXPECT_FALSE(std::isnan(temperature[i]));
  }
}

TEST_F(ImportData, RefusesBadParametersByName) {
  const auto file = put_text("data.csv", csv_of(made_rows(3)));
  const auto with = [&](const char* name, Json value) {
    Json parameters = at(file);
    parameters[name] = std::move(value);
    return error("import-data", parameters);
  };
  EXPECT_THAT(error("import-data", Json::object()), HasSubstr("path"));
  EXPECT_THAT(with("path", "/nowhere/data.csv"), HasSubstr("no file /nowhere/data.csv"));
  EXPECT_THAT(with("path", put_text("data.txt", "a").string()), HasSubstr(".parquet or .csv"));
  EXPECT_THAT(with("path", 5), HasSubstr("path"));
  EXPECT_THAT(with("start", "yesterday"), HasSubstr("start"));
  EXPECT_THAT(with("end", "2013-01-01"), HasSubstr("no row"));
  EXPECT_THAT(with("origin", "2014-13-40"), HasSubstr("origin"));
  EXPECT_THAT(with("time", "when"), AllOf(HasSubstr("when"), HasSubstr("timestamp, demand")));
  EXPECT_THAT(with("time", "demand"), HasSubstr("holds no times"));
  EXPECT_THAT(with("known_ahead", {"temprature"}), AllOf(HasSubstr("known_ahead"), HasSubstr("temprature")));
  EXPECT_THAT(with("known_ahead", {7}), HasSubstr("known_ahead"));
  EXPECT_THAT(with("known_ahead", "temperature"), HasSubstr("known_ahead"));
  Json parameters = at(file);
  parameters["origin"] = "2014-01-02";
  parameters["history_days"] = 0;
  EXPECT_THAT(error("import-data", parameters), HasSubstr("history_days"));
}

TEST_F(ImportData, RefusesFilesThatAreNoTimeSeries) {
  const std::string header = "timestamp,demand\n";
  const auto of = [&](const std::string& text) { return error("import-data", at(put_text("bad.csv", text))); };
  EXPECT_THAT(of(""), HasSubstr("bad.csv"));
  EXPECT_THAT(of(header), HasSubstr("no rows"));
  EXPECT_THAT(of(header + "2014-01-02,1\n2014-01-01,2\n"), AllOf(HasSubstr("ascending"), HasSubstr("row 1")));
  EXPECT_THAT(of(header + ",1\n2014-01-01,2\n"),
              AllOf(HasSubstr("timestamp"), HasSubstr("row 0"), HasSubstr("missing")));
  EXPECT_THAT(of(header + "2014-01-01,1\n2014-01-01,2\n"), AllOf(HasSubstr("row 1"), HasSubstr("twice")));
  EXPECT_THAT(error("import-data", at(put_text("bad.parquet", "PAR1 but not really"))), HasSubstr("bad.parquet"));
}

class ValidateData : public StepTest {
 protected:
  static Json schema() {
    return {{"time", "timestamp"},
            {"step_minutes", 30},
            {"columns", {{"demand", {{"min", 0}, {"max", 20}}}, {"workday", {{"min", 0}, {"max", 1}}}}}};
  }
  std::string of(const table::Table& rows, Json wanted = schema()) {
    return error("validate-data", {{"schema", std::move(wanted)}}, {{"dataset", put("rows", rows)}});
  }
};

TEST_F(ValidateData, PassesGoodRowsAndDescribesThem) {
  ASSERT_EQ(of(made_rows(7)), "OK");
  const Json report = json_of("report");
  EXPECT_EQ(report["valid"], true);
  EXPECT_EQ(report["profile"]["rows"], 336);
  EXPECT_EQ(report["profile"]["columns"]["workday"]["min"], 0);
}

TEST_F(ValidateData, NamesEveryViolationAtOnce) {
  table::Table rows = made_rows(3);
  column_of(rows, "demand").doubles[5] = NAN;
  column_of(rows, "demand").doubles[7] = 99;
  column_of(rows, "workday").doubles[9] = -std::numeric_limits<double>::infinity();
  column_of(rows, "timestamp").integers[100] += kMinuteMs;
  EXPECT_THAT(of(rows), AllOf(HasSubstr("'demand': 1 of 144 values are missing"), HasSubstr("first in row 7"),
                              HasSubstr("'workday'"), HasSubstr("row 9"), HasSubstr("row 100")));
  EXPECT_EQ(json_of("report")["valid"], false) << "the report is there although the step fails";
}

TEST_F(ValidateData, ToleratesAsManyMissingValuesAsTheSchemaSays) {
  table::Table rows = made_rows(2);
  for (std::size_t i = 0; i < 9; ++i) column_of(rows, "demand").doubles[i] = NAN;
  Json wanted = schema();
  wanted["columns"]["demand"]["missing"] = 0.1;
  EXPECT_EQ(of(rows, wanted), "OK");
  wanted["columns"]["demand"]["missing"] = 0.09;
  EXPECT_THAT(of(rows, wanted), HasSubstr("9 of 96"));
}

TEST_F(ValidateData, ColumnsAndRowsThatAreNotThere) {
  Json wanted = schema();
  wanted["columns"]["wind"] = Json::object();
  EXPECT_THAT(of(made_rows(1), wanted), HasSubstr("column 'wind' is not there"));
  wanted = schema();
  wanted["time"] = "when";
  EXPECT_THAT(of(made_rows(1), wanted), HasSubstr("'when'"));
  EXPECT_THAT(of(made_rows(1).slice(0, 0)), HasSubstr("no rows"));
  table::Table text = made_rows(1);
  table::Column names{.name = "demand", .type = table::ColumnType::kText};
  names.texts.assign(48, "much");
  ASSERT_TRUE(text.add(names).ok());
  EXPECT_THAT(of(text), AllOf(HasSubstr("'demand'"), HasSubstr("text")));
}

TEST_F(ValidateData, ARepeatedHalfHourIsAViolation) {
  table::Table rows = made_rows(1);
  column_of(rows, "timestamp").integers[20] = column_of(rows, "timestamp").integers[19];
  EXPECT_THAT(of(rows), HasSubstr("row 20"));
}

TEST_F(ValidateData, RefusesSchemasThatMeanNothing) {
  const auto with = [&](const char* pointer, Json value) {
    Json wanted = schema();
    wanted[Json::json_pointer(pointer)] = std::move(value);
    return of(made_rows(1), wanted);
  };
  EXPECT_THAT(with("/step_minutes", 0), HasSubstr("step_minutes"));
  EXPECT_THAT(with("/columns/demand", 5), AllOf(HasSubstr("schema"), HasSubstr("demand")));
  EXPECT_THAT(with("/columns/demand/min", "low"), AllOf(HasSubstr("demand"), HasSubstr("min")));
  EXPECT_THAT(with("/columns/demand/min", 30), AllOf(HasSubstr("demand"), HasSubstr("min")));
  EXPECT_THAT(with("/columns/demand/missing", 3), AllOf(HasSubstr("demand"), HasSubstr("missing")));
  EXPECT_THAT(with("/columns", {1, 2}), HasSubstr("columns"));
  EXPECT_THAT(error("validate-data", {{"schema", "{nonsense"}}, {{"dataset", put("rows", made_rows(1))}}),
              HasSubstr("schema"));
  EXPECT_THAT(error("validate-data", Json::object()), HasSubstr("dataset"));
}

class FeatureSteps : public StepTest {};

TEST_F(FeatureSteps, OneStepIsTheTwoInARow) {
  const Json config = {{"config", small_config()}};
  const auto raw = put("raw", made_rows(10));
  ASSERT_EQ(error("make-features", config, {{"dataset", raw}}), "OK");
  const table::Table whole = rows_of("features");
  ASSERT_EQ(error("calendar-features", config, {{"dataset", raw}}), "OK");
  std::filesystem::rename(path("features"), path("calendar"));
  ASSERT_EQ(error("add-lags", config, {{"dataset", path("calendar")}}), "OK");
  const table::Table steps = rows_of("features");
  const auto names = FeatureConfig::read(small_config())->feature_names();
  const auto a = feature_matrix(whole, names).value(), b = feature_matrix(steps, names).value();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])));
}

TEST_F(FeatureSteps, RefuseConfigurationsAndRowsByName) {
  const auto raw = put("raw", made_rows(2));
  const auto with = [&](const char* name, Json value) {
    Json config = small_config();
    config[name] = std::move(value);
    return error("make-features", {{"config", config}}, {{"dataset", raw}});
  };
  EXPECT_THAT(with("horizon", 0), HasSubstr("horizon"));
  EXPECT_THAT(with("lags", {1}), AllOf(HasSubstr("lags"), HasSubstr("48")));
  EXPECT_THAT(with("lags", {48.5}), HasSubstr("lags"));
  EXPECT_THAT(with("lags", {1e300}), HasSubstr("lags"));
  EXPECT_THAT(with("lags", "48"), HasSubstr("lags"));
  EXPECT_THAT(with("target", "load"), AllOf(HasSubstr("load"), HasSubstr("there are")));
  EXPECT_THAT(with("time", "demand"), HasSubstr("must hold times"));
  EXPECT_THAT(with("calendar", {"moon"}), AllOf(HasSubstr("moon"), HasSubstr("weekday")));
  EXPECT_THAT(with("step_minutes", 7), HasSubstr("step_minutes"));
  EXPECT_THAT(with("step_minutes", 60), HasSubstr("row 1"));
  EXPECT_THAT(with("inputs", {"wind", "temperature"}), HasSubstr("wind"));
  EXPECT_THAT(error("make-features", Json::object(), {{"dataset", raw}}), HasSubstr("config"));
  EXPECT_THAT(error("add-lags", {{"config", small_config()}}, {{"dataset", put("none", made_rows(1).slice(0, 0))}}),
              HasSubstr("no rows"));
  table::Table gap = made_rows(2);
  column_of(gap, "timestamp").integers[50] += kStep;
  EXPECT_THAT(error("add-lags", {{"config", small_config()}}, {{"dataset", put("gap", gap)}}), HasSubstr("row 50"));
}

// From the file to the model's input, over many origins: whatever is written in the file at or after the origin that a
// forecaster does not know then, and whatever lies after the horizon, changes no feature of the day.
TEST_F(FeatureSteps, NothingAfterTheOriginReachesTheModel) {
  const table::Table truth = made_rows(30);
  const auto original = put_text("true.csv", csv_of(truth));
  const FeatureConfig config = FeatureConfig::read(small_config()).value();
  const auto day_of = [&](const std::filesystem::path& file, std::int64_t origin) {
    const Json import = {{"path", file.string()},
                         {"origin", format_rfc3339(origin)},
                         {"history_days", 9},
                         {"known_ahead", {"temperature", "workday"}}};
    EXPECT_EQ(error("import-data", import), "OK");
    EXPECT_EQ(error("make-features", {{"config", small_config()}}, {{"dataset", path("dataset")}}), "OK");
    const table::Table rows = rows_of("features");
    EXPECT_EQ(rows.rows(), 10U * 48);
    return feature_matrix(rows.slice(9 * 48, 48), config.feature_names()).value();
  };
  std::mt19937 random(11);
  for (std::size_t day = 9; day < 29; day += 2) {
    const std::size_t origin = day * 48;
    table::Table changed = truth;
    for (std::size_t i = origin; i < truth.rows(); ++i) {
      column_of(changed, "demand").doubles[i] = static_cast<double>(random() % 1000);
      if (i < origin + 48) continue;
      column_of(changed, "temperature").doubles[i] = -300;
      column_of(changed, "workday").doubles[i] = 7;
    }
    const std::int64_t origin_ms = kStart + static_cast<std::int64_t>(day) * kDayMs;
    const auto seen = day_of(original, origin_ms);
    EXPECT_EQ(seen, day_of(put_text("changed.csv", csv_of(changed)), origin_ms)) << "day " << day;
    // And the test can fail: the last half hour before the origin does reach the model.
    column_of(changed, "demand").doubles[origin - 1] += 50;
    EXPECT_NE(seen, day_of(put_text("changed.csv", csv_of(changed)), origin_ms));
  }
}

class TimeSplit : public StepTest {};

TEST_F(TimeSplit, CutsAtMidnightInOrderAndLosesNothing) {
  ASSERT_EQ(error("time-split", {{"test_days", 3}}, {{"dataset", put("rows", made_rows(10))}}), "OK");
  const table::Table train = rows_of("train"), test = rows_of("test");
  EXPECT_EQ(train.rows(), 7U * 48);
  EXPECT_EQ(test.rows(), 3U * 48);
  EXPECT_EQ((*test.column("timestamp"))->integers.front(), kStart + 7 * kDayMs);
  // A last day that is not whole counts as one.
  ASSERT_EQ(error("time-split", {{"test_days", 3}}, {{"dataset", put("rows", made_rows(10).slice(0, 470))}}), "OK");
  EXPECT_EQ(rows_of("train").rows(), 7U * 48);
  EXPECT_EQ(rows_of("test").rows(), 134U);
}

TEST_F(TimeSplit, RefusesWhatLeavesNothingToTrain) {
  const auto rows = put("rows", made_rows(3));
  EXPECT_THAT(error("time-split", {{"test_days", 3}}, {{"dataset", rows}}), HasSubstr("test_days"));
  EXPECT_THAT(error("time-split", {{"test_days", 0}}, {{"dataset", rows}}), HasSubstr("test_days"));
  EXPECT_THAT(error("time-split", {{"test_days", "many"}}, {{"dataset", rows}}), HasSubstr("test_days"));
  EXPECT_THAT(error("time-split", {{"time", "demand"}}, {{"dataset", rows}}), HasSubstr("holds no times"));
  EXPECT_THAT(error("time-split", Json::object(), {{"dataset", put("none", made_rows(1).slice(0, 0))}}),
              HasSubstr("no rows"));
  table::Table missing = made_rows(3);
  column_of(missing, "timestamp").integers.back() = table::kMissing;
  EXPECT_THAT(error("time-split", {{"test_days", 1}}, {{"dataset", put("missing", missing)}}), HasSubstr("row 143"));
}

}  // namespace
}  // namespace treadle::components::testing

#include "storage/table/table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/files.h"
#include "base/time.h"

namespace treadle::table {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class TableFile : public ::testing::TestWithParam<const char*> {
 protected:
  TempDir folder_ = TempDir::create().value();
};

Table sample() {
  Table table;
  Column time{.name = "time", .type = ColumnType::kTime};
  time.integers = {*parse_time("2014-11-01T00:30:00"), kMissing, *parse_time("1969-12-31T23:59:59.5")};
  Column text{.name = "näme \"q\"", .type = ColumnType::kText};
  text.texts = {"größer, \"als\" zwölf Zeichen 電力", "", "kurz"};
  Column whole{.name = "n", .type = ColumnType::kInteger};
  whole.integers = {INT64_MAX, kMissing, -3};
  EXPECT_TRUE(table.add(time).ok());
  EXPECT_TRUE(table.add(text).ok());
  EXPECT_TRUE(table.add(whole).ok());
  EXPECT_TRUE(table.add_doubles("x", {0.1, kNan, -1e300}).ok());
  return table;
}

TEST_P(TableFile, ComesBackAsItWas) {
  const auto path = folder_.path() / (std::string("it's") + GetParam());
  const Table table = sample();
  ASSERT_EQ(write_table(table, path).to_string(), "OK");
  const StatusOr<Table> read = read_table(path);
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  ASSERT_EQ(read->rows(), 3u);
  EXPECT_EQ((*read->column("time"))->integers, table.columns()[0].integers);
  EXPECT_EQ((*read->column("näme \"q\""))->texts, table.columns()[1].texts);
  EXPECT_EQ((*read->column("n"))->integers, table.columns()[2].integers);
  const auto x = read->as_doubles("x").value();
  EXPECT_EQ(x[0], 0.1);
  EXPECT_TRUE(std::isnan(x[1]));
  EXPECT_EQ(x[2], -1e300);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1) << "a part file was left";
}
INSTANTIATE_TEST_SUITE_P(Formats, TableFile, ::testing::Values(".parquet", ".csv"));

TEST(Table, ManyChunksKeepTheirOrder) {
  const TempDir folder = TempDir::create().value();
  Table table;
  std::vector<double> values(10'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 7 == 0 ? kNan : static_cast<double>(i);
  ASSERT_TRUE(table.add_doubles("v", values).ok());
  ASSERT_TRUE(write_table(table, folder.path() / "t.parquet").ok());
  const auto back = read_table(folder.path() / "t.parquet")->as_doubles("v").value();
  ASSERT_EQ(back.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_TRUE(back[i] == values[i] || std::isnan(values[i])) << i;
}

TEST(Table, QueriesWidenWhatDoesNotFit) {
  const StatusOr<Table> table =
      query_table("SELECT 2::HUGEINT AS h, 1.25::DECIMAL(9,2) AS d, true AS b, DATE '1970-01-02' AS day");
  ASSERT_TRUE(table.ok()) << table.status().to_string();
  EXPECT_EQ(table->as_doubles("h")->front(), 2);
  EXPECT_EQ(table->as_doubles("d")->front(), 1.25);
  EXPECT_EQ(table->as_doubles("b")->front(), 1);
  EXPECT_EQ((*table->column("day"))->integers.front(), kDayMs);
}

TEST(Table, ErrorsNameTheCause) {
  EXPECT_EQ(read_table("/nowhere/x.csv").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(query_table("SELECT [1,2] AS pair").status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(query_table("SELECT [1,2] AS pair").status().message().find("'pair'"), std::string::npos);
  Table table = sample();
  EXPECT_NE(table.column("tme").status().message().find("time, "), std::string::npos);
  EXPECT_FALSE(table.add_doubles("short", {1}).ok());
  EXPECT_FALSE(write_table(table, "/nowhere/x.parquet").ok());
  EXPECT_FALSE(write_table(table, "x.txt").ok());
}

TEST(Table, SlicesStayInside) {
  const Table table = sample();
  EXPECT_EQ(table.slice(1, 5).rows(), 2u);
  EXPECT_EQ(table.slice(9, 5).rows(), 0u);
}

TEST(Table, AppendsRowsOfTheSameColumns) {
  Table rows, more;
  ASSERT_TRUE(rows.add_doubles("a", {1, 2}).ok());
  ASSERT_TRUE(rows.add({.name = "b", .type = ColumnType::kText, .texts = {"x", "y"}}).ok());
  ASSERT_TRUE(more.add({.name = "b", .type = ColumnType::kText, .texts = {"z"}}).ok());
  EXPECT_FALSE(rows.append(more).ok()) << "a is missing";
  ASSERT_TRUE(more.add_doubles("a", {3}).ok());
  ASSERT_TRUE(rows.append(more).ok());
  EXPECT_EQ(rows.as_doubles("a").value(), (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(rows.find("b")->texts, (std::vector<std::string>{"x", "y", "z"}));
  Table other;
  ASSERT_TRUE(other.add_doubles("a", {3}).ok());
  ASSERT_TRUE(other.add_doubles("b", {3}).ok());
  EXPECT_NE(rows.append(other).message().find("another type"), std::string::npos);
  EXPECT_EQ(rows.rows(), 3U) << "a refusal changes nothing";
}

}  // namespace
}  // namespace treadle::table

#include "domains/tracking/filter.h"

#include <gtest/gtest.h>

#include <random>

#include "domains/tracking/search_sql.h"

namespace treadle::tracking {
namespace {

TEST(Filter, RefusesWhatIsNotInTheGrammarAndSaysWhere) {
  for (const char* bad : {"metrics",
                          "metrics.",
                          "metrics.a",
                          "metrics.a =",
                          "metrics.a ~ 1",
                          "metrics.a = 1 OR metrics.b = 2",
                          "(metrics.a = 1)",
                          "metrics.a = 1 AND",
                          "AND metrics.a = 1",
                          "metrics.a = 1 metrics.b = 2",
                          "metrics.`a = 1",
                          "params.a = 'x",
                          "params.a = \"x",
                          "params.a = x",
                          "bogus.a = 1",
                          "params.a IN",
                          "params.a IN (",
                          "params.a IN ()",
                          "params.a IN ('x'",
                          "params.a IN (,)",
                          "params.a IN ('x',,)",
                          "params.a NOT LIKE 'x'",
                          "params.a IS",
                          "params.a IS 1",
                          "params.a IS NOT",
                          "params.a = 'x'; DROP TABLE runs",
                          "params.a = 'x' --",
                          "= 1",
                          "'a' = 1",
                          "..",
                          "metrics..a = 1 AND",
                          "\xff\xfe"}) {
    const auto parsed = parse_filter(bad);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_EQ(parsed.status().code(), StatusCode::kInvalidArgument) << bad;
    EXPECT_NE(parsed.status().message().find("at character"), std::string::npos) << parsed.status().message();
  }
  EXPECT_FALSE(parse_filter(std::string(10'001, ' ')).ok());
}

TEST(Filter, ReadsEveryComparatorAndQuoting) {
  const auto parsed = parse_filter(
      "metrics.a>=1e-3 AND params.`b c` != 'it' and tags.\"mlflow.x\" LIKE \"%y\" AND name ILIKE 'Z%' "
      "AND attributes.run_id NOT IN ('1', '2') AND tags.mlflow.user IS NOT NULL AND params.q is null");
  ASSERT_TRUE(parsed.ok()) << parsed.status().to_string();
  ASSERT_EQ(parsed->size(), 7u);
  EXPECT_EQ((*parsed)[1].key, "b c");
  EXPECT_EQ((*parsed)[2].values.front().text, "%y");
  EXPECT_EQ((*parsed)[3].entity, "attribute");
  EXPECT_EQ((*parsed)[4].values.size(), 2u);
  EXPECT_EQ((*parsed)[5].comparator, Comparator::kIsNotNull);
  EXPECT_EQ((*parsed)[6].comparator, Comparator::kIsNull);
}

TEST(Filter, NeverPutsAClientsTextIntoTheStatement) {
  const std::string evil = "x'); DROP TABLE runs;";
  const auto sql = run_search_sql(
      {.experiment_ids = {evil}, .filter = "params.`" + evil.substr(0, 1) + "); DROP` = \"" + evil + "\""},
      sql::Dialect::kSqlite);
  ASSERT_TRUE(sql.ok()) << sql.status().to_string();
  EXPECT_EQ(sql->text.find("DROP"), std::string::npos) << sql->text;
  EXPECT_FALSE(run_search_sql({.order_by = {"datasets.name"}}, sql::Dialect::kSqlite).ok());
  EXPECT_FALSE(run_search_sql({.order_by = {"attributes.secret"}}, sql::Dialect::kSqlite).ok());
  EXPECT_FALSE(experiment_search_sql({.filter = "params.name = 'x'"}, sql::Dialect::kSqlite).ok());
}

TEST(Filter, SurvivesAnyMixtureOfItsOwnTokens) {
  const std::vector<std::string> tokens = {"metrics", ".",    "`", "\"", "'",        "AND", "IN", "NOT", "IS",
                                           "NULL",    "LIKE", "(", ")",  ",",        "=",   "!=", "<",   "1",
                                           "-",       "e9",   "a", " ",  "params.x", "\0",  "é"};
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (unsigned n = random() % 12; n > 0; --n) text += tokens[random() % tokens.size()];
    const auto parsed = parse_filter(text);
    if (parsed.ok()) static_cast<void>(run_search_sql({.filter = text}, sql::Dialect::kPostgres));
    static_cast<void>(parse_order_by(text));
  }
}

}  // namespace
}  // namespace treadle::tracking

#include "domains/tracking/run_columns.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <thread>

#include "base/strings.h"
#include "domains/tracking/sql_store.h"
#include "domains/tracking/testing/tracking_test.h"
#include "domains/tracking/text_match.h"

namespace treadle::tracking {
namespace {

TEST(TextMatch, IsSqlitesLike) {
  for (const auto& [text, pattern, like, ilike] :
       std::vector<std::tuple<const char*, const char*, bool, bool>>{{"", "", true, true},
                                                                     {"", "%", true, true},
                                                                     {"a", "", false, false},
                                                                     {"Abc", "a%", false, true},
                                                                     {"abc", "%c", true, true},
                                                                     {"abcbc", "a%bc", true, true},
                                                                     {"abcbd", "a%bc", false, false},
                                                                     {"abc", "a_c", true, true},
                                                                     {"a\xc3\xa9"
                                                                      "c",
                                                                      "a_c", true, true},
                                                                     {"\xc3\x89", "\xc3\xa9", false, false},
                                                                     {"a%c", "a%%c", true, true},
                                                                     {"a\\", "%\\", true, true},
                                                                     {"aaaa", "%a%a%a%a%a%", false, false},
                                                                     {"[x]*?", "[x]*?", true, true}}) {
    EXPECT_EQ(matches_like(text, pattern, false), like) << text << " LIKE " << pattern;
    EXPECT_EQ(matches_like(text, pattern, true), ilike) << text << " ILIKE " << pattern;
  }
}

// What SQL says of a search is right by definition.
class Columns : public testing::TrackingTest {
 protected:
  std::vector<std::string> by_sql(const RunQuery& query) {
    std::vector<std::string> ids;
    const Status read = database().read([&](sql::Connection& connection) -> Status {
      ASSIGN_OR_RETURN(const SqlText search, run_search_sql(query, database().dialect()));
      ASSIGN_OR_RETURN(ids, select_ids(connection, search));
      return ok_status();
    });
    EXPECT_TRUE(read.ok()) << read.to_string();
    if (ids.size() > static_cast<std::size_t>(query.limit)) ids.pop_back();
    return ids;
  }
  std::vector<std::string> by_service(const RunQuery& query) {
    const auto page = tracking().search_runs(query);
    EXPECT_TRUE(page.ok()) << page.status().to_string();
    std::vector<std::string> ids;
    if (page.ok())
      for (const tracking::Run& run : page->items) ids.push_back(run.id);
    return ids;
  }
  void agree(const RunQuery& query) {
    EXPECT_EQ(by_service(query), by_sql(query)) << query.filter << " | " << join(query.order_by, ", ");
  }
  void agree_on_groups(const RunQuery& query, const std::string& by) {
    const auto counted = tracking().group_runs(query, by);
    ASSERT_TRUE(counted.ok()) << counted.status().to_string();
    RunGroups asked;
    const Status read = database().read([&](sql::Connection& connection) -> Status {
      ASSIGN_OR_RETURN(const SqlText sql, run_groups_sql(query, *parse_group_by(by), database().dialect()));
      ASSIGN_OR_RETURN(asked, read_groups(connection, sql));
      return ok_status();
    });
    ASSERT_TRUE(read.ok()) << read.to_string();
    EXPECT_EQ(counted->runs, asked.runs) << query.filter;
    ASSERT_EQ(counted->groups.size(), asked.groups.size()) << query.filter << " | " << by;
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < asked.groups.size(); ++i) {
      EXPECT_EQ(counted->groups[i].value, asked.groups[i].value) << query.filter << " | " << by;
      EXPECT_EQ(counted->groups[i].count, asked.groups[i].count);
      sum += asked.groups[i].count;
    }
    if (!asked.more) {
      EXPECT_EQ(sum, asked.runs);
    }
    RunQuery all = query;
    all.order_by.clear();
    all.limit = 100'000;
    all.offset = 0;
    EXPECT_EQ(static_cast<std::int64_t>(by_sql(all).size()), asked.runs);
  }
  std::size_t pick(std::size_t below) { return random_() % below; }
  template <std::size_t N>
  std::string pick(const std::array<const char*, N>& from) {
    return from[pick(N)];
  }
  std::string text_value() {
    return pick(std::array{"xgb", "XGB", "linear", "a%b", "\xc3\xa9t\xc3\xa9", "", "x'y", "10", "9"});
  }
  double number() {
    switch (pick(8)) {
      case 0:
        return std::nan("");
      case 1:
        return -0.0;
      case 2:
        return INFINITY;
      default:
        return static_cast<double>(pick(9)) - 4;
    }
  }
  std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
    return out + "'";
  }

  void change_something();
  std::string condition();
  RunQuery query();

  std::vector<std::string> runs_;
  std::vector<std::string> experiments_ = {"0"};
  std::mt19937 random_{5};
};

void Columns::change_something() {
  clock_.advance(static_cast<std::int64_t>(pick(3)));
  const std::size_t what = pick(20);
  if (what < 4 || runs_.empty()) {
    const auto run = tracking().create_run({.experiment_id = experiments_[pick(experiments_.size())],
                                            .name = pick(2) == 0 ? "" : text_value(),
                                            .user = pick(std::array{"ann", "bob", ""}),
                                            .tags = {{"team", text_value()}}});
    ASSERT_TRUE(run.ok()) << run.status().to_string();
    runs_.push_back(run->id);
    return;
  }
  const std::string& run = runs_[pick(runs_.size())];
  Batch batch;
  if (what < 12) {
    batch.metrics = {{pick(std::array{"rmse", "mae"}), number(), 1 + static_cast<std::int64_t>(pick(4)),
                      static_cast<std::int64_t>(pick(4))}};
    if (pick(3) == 0) batch.metrics.push_back({"rmse", number(), 2, static_cast<std::int64_t>(pick(4))});
  } else if (what < 14) {
    batch.params = {{pick(std::array{"model", "depth"}), text_value()}};
  } else if (what < 16) {
    batch.tags = {{pick(std::array{"team", "mlflow.runName", "stage"}), text_value()}};
  } else if (what == 16) {
    static_cast<void>(tracking().delete_tag(run, pick(std::array{"team", "stage"})));
  } else if (what == 17) {
    static_cast<void>(tracking().update_run(run, {.status = pick(2) == 0 ? RunStatus::kFinished : RunStatus::kFailed,
                                                  .end_ms = clock_.now_ms(),
                                                  .name = pick(2) == 0 ? std::optional(text_value()) : std::nullopt}));
  } else if (what == 18) {
    static_cast<void>(pick(2) == 0 ? tracking().delete_run(run) : tracking().restore_run(run));
  } else if (pick(10) == 0) {
    ASSERT_TRUE(tracking().purge({.before_ms = clock_.now_ms() - 3}).ok());
  }
  static_cast<void>(tracking().log_batch(run, batch));  // refused for deleted runs and changed params
}

std::string Columns::condition() {
  const std::string order = pick(std::array{"=", "!=", "<", "<=", ">", ">="});
  switch (pick(9)) {
    case 0:
      return str_cat("metrics.", pick(std::array{"rmse", "mae", "none"}), " ", order, " ", pick(9), ".0");
    case 1:
      return str_cat("metrics.rmse ", order, " -", pick(5));
    case 2:
      return str_cat("params.", pick(std::array{"model", "depth"}), " ", order, " ", quoted(text_value()));
    case 3:
      return str_cat("params.model ", pick(std::array{"LIKE", "ILIKE"}), " ",
                     pick(std::array{"'%b'", "'x_b'", "'_t_'", "'a%%b'", "'%'"}));
    case 4:
      return str_cat("tags.team ", pick(std::array{"IN", "NOT IN"}), " (", quoted(text_value()), ", ",
                     quoted(text_value()), ")");
    case 5:
      return str_cat(pick(std::array{"tags.stage", "params.depth", "metrics.mae", "attributes.end_time"}), " IS ",
                     pick(std::array{"NULL", "NOT NULL"}));
    case 6:
      return str_cat("attributes.status ", pick(std::array{"=", "!="}), " ",
                     pick(std::array{"'RUNNING'", "'FAILED'", "'FINISHED'"}));
    case 7:
      return str_cat(pick(std::array{"run_name", "user_id", "experiment_id"}), " ", order, " ",
                     quoted(pick(2) == 0 ? text_value() : "ann"));
    default:
      return str_cat(pick(std::array{"start_time", "end_time"}), " ", order, " ", 1000 + pick(600));
  }
}

RunQuery Columns::query() {
  RunQuery query{.experiment_ids = {experiments_[pick(experiments_.size())]}};
  if (pick(2) == 0) query.experiment_ids = experiments_;
  if (pick(4) == 0) query.experiment_ids.clear();
  for (std::size_t i = pick(4); i > 0; --i) str_append(&query.filter, query.filter.empty() ? "" : " AND ", condition());
  for (std::size_t i = pick(3); i > 0; --i) {
    query.order_by.push_back(
        str_cat(pick(std::array{"metrics.rmse", "metrics.mae", "params.model", "tags.team", "start_time", "end_time",
                                "status", "run_name", "user_id", "experiment_id", "metrics.none"}),
                pick(std::array{" ASC", " DESC", ""})));
  }
  query.view = std::array{View::kActive, View::kDeleted, View::kAll}[pick(3)];
  query.limit = std::array{1, 7, 1000}[pick(3)];
  query.offset = std::array{0, 0, 5, 2000}[pick(4)];
  return query;
}

TEST_P(Columns, AnswerAsSqlDoesWhateverHappens) {
  for (const char* name : {"one", "two"}) experiments_.push_back(tracking().create_experiment(name)->id);
  for (int round = 0; round < 300 && !HasFailure(); ++round) {
    for (int i = 0; i < 5; ++i) change_something();
    for (int i = 0; i < 4; ++i) agree(query());
    agree_on_groups(query(), pick(std::array{"params.model", "params.none", "tags.team", "tags.`mlflow.runName`",
                                             "status", "user_id", "experiment_id"}));
  }
}

TEST_P(Columns, ImportedRunsAndNotedModelsAreFound) {
  agree({.filter = "tags.`mlflow.log-model.history` LIKE '%m%' AND run_name = 'old'"});  // loads the columns
  tracking::Run run;
  run.id = std::string(32, 'b');
  run.experiment_id = "0";
  run.name = "old";
  run.start_ms = 5;
  ASSERT_TRUE(tracking().import_run(run).ok());
  ASSERT_TRUE(tracking().note_model(run.id, {{"artifact_path", "m"}}).ok());
  const RunQuery query{.filter = "tags.`mlflow.log-model.history` LIKE '%m%' AND run_name = 'old'"};
  EXPECT_EQ(by_service(query), std::vector<std::string>(1, run.id));
  agree(query);
}

TEST_P(Columns, GroupsAreBoundedAndOfWhatRepeats) {
  for (int i = 0; i < 1005; ++i) {
    const auto run = tracking().create_run({.name = "r", .tags = {{"n", str_cat(100'000 + i)}}});
    ASSERT_TRUE(run.ok());
  }
  const auto groups = tracking().group_runs({}, "tags.n");
  ASSERT_TRUE(groups.ok());
  EXPECT_TRUE(groups->more);
  EXPECT_EQ(groups->runs, 1005);
  ASSERT_EQ(groups->groups.size(), RunGroups::kMost);
  EXPECT_EQ(groups->groups.front().value, "100000");
  agree_on_groups({}, "tags.n");
  for (const char* by : {"metrics.rmse", "start_time", "run_id", "artifact_uri", "datasets.name", "nothing", ""}) {
    EXPECT_EQ(tracking().group_runs({}, by).status().code(), StatusCode::kInvalidArgument) << by;
  }
}

TEST_P(Columns, SearchesBesideWritersMissNothing) {
  const RunQuery query{.filter = "metrics.rmse >= 0 AND params.model = 'x'", .order_by = {"metrics.rmse DESC"}};
  std::vector<std::jthread> writers;
  writers.reserve(4);
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < 40; ++i) {
        const auto run = tracking().create_run({.name = str_cat("w", writer)});
        ASSERT_TRUE(run.ok());
        ASSERT_TRUE(
            tracking().log_batch(run->id, {.params = {{"model", "x"}}, .metrics = {{"rmse", 1.0 * i, 1, 0}}}).ok());
        const std::vector<std::string> found = by_service(query);
        EXPECT_NE(std::find(found.begin(), found.end(), run->id), found.end());  // one's own write is there
      }
    });
  }
  writers.clear();
  EXPECT_EQ(by_service(query).size(), 160u);
  agree(query);
}

TEST_P(Columns, DropsWhatIsNotUsedWhenThereIsTooMuch) {
  for (int i = 0; i < 50; ++i) change_something();
  RunColumns columns(database(), 1);  // room for nothing: each search drops what the one before loaded
  for (const char* filter :
       {"metrics.rmse > 0", "params.model = 'xgb'", "metrics.mae > 0 AND run_name != ''", "metrics.rmse > 0"}) {
    const RunQuery query{.filter = filter};
    const auto found = columns.search(query);
    ASSERT_TRUE(found.ok()) << found.status().to_string();
    EXPECT_EQ(found->has_value(), database().dialect() == sql::Dialect::kSqlite);
    if (*found) {
      EXPECT_EQ(**found, by_sql(query)) << filter;
    }
    if (std::string_view(filter).starts_with("params")) {
      // Not heard of by the columns as it is not followed now; read again when it is needed again.
      Batch batch{.metrics = {{"rmse", 3, 9, 9}}};
      ASSERT_TRUE(tracking().log_batch(runs_.front(), batch).ok());
      columns.batch_logged(runs_.front(), batch);
    }
  }
}

TREADLE_ON_BOTH_ENGINES(Columns);

}  // namespace
}  // namespace treadle::tracking

// Searches over runs without looking at every row of the database: what searches read is kept as columns in memory, on
// SQLite, where this process makes every change. Columns are loaded when first needed, hear of each change after its
// commit, and the least recently used are dropped when there are too many. On PostgreSQL, whose rows other servers
// change too, and for what columns cannot answer, the search is SQL.
//
// A change is noted in a queue of its own, so that a commit never waits for a search; the next search takes the queue
// in before it looks. Thus a search sees every write that was acknowledged before it began.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <variant>
#include <vector>

#include "domains/tracking/run_groups.h"
#include "domains/tracking/run_selection.h"
#include "domains/tracking/run_table.h"
#include "domains/tracking/types.h"
#include "storage/sql/database.h"

namespace treadle::tracking {

// Thread-safe.
class RunColumns {
 public:
  // `budget`: about how many bytes the columns of keys may take.
  explicit RunColumns(sql::Database& database, std::size_t budget = std::size_t{256} << 20)
      : database_(database), budget_(budget) {}

  // The ids of the page and one more when there is one; nullopt when SQL has to answer. For checked queries only. Not
  // within a transaction: it may have to read.
  StatusOr<std::optional<std::vector<std::string>>> search(const RunQuery& query);

  // How many of all that match have each value of a column; nullopt as above.
  StatusOr<std::optional<RunGroups>> groups(const RunQuery& query, const ColumnName& by);

  // What was committed. To be called in the order of the commits: from after_commit().
  void run_changed(const Run& run);  // its row
  void batch_logged(const std::string& run, const Batch& batch);
  void tag_changed(const std::string& run, const std::string& key, std::optional<std::string> value);
  void runs_removed(const std::vector<std::string>& runs);

 private:
  struct Removed {
    RunKey run;
  };
  struct NewPoint {
    RunKey run;
    std::string key;
    Point point;
  };
  struct NewText {
    RunKey run;
    ColumnName column;
    std::optional<std::string> text;
  };
  using Change = std::variant<RunRow, Removed, NewPoint, NewText>;

  // Looks at the table with the columns of the query and these in it; false when SQL has to answer.
  StatusOr<bool> look(const RunQuery& query, const std::vector<ColumnName>& more,
                      const std::function<void(const Selection&)>& answer);

  // With queue_mutex_ held.
  bool follows(std::string_view entity, std::string_view key) const;
  void note(std::unique_lock<std::mutex> queue_lock, Change change);
  // Called without locks when changes were added.
  void keep_queue_short(std::size_t size);
  void take_in_changes();
  // With mutex_ held.
  void apply_queue();
  void apply(const Change& change);
  bool has_all(const std::vector<ColumnName>& columns) const;

  // With loading_ held.
  Status load(const std::vector<ColumnName>& columns);
  Status load_runs();
  // In one look at the table that holds them: it has no index by key, so it is read as a whole.
  Status load_columns(const std::string& entity, const std::vector<std::string>& keys);
  Status read_metrics(const std::vector<std::string>& keys);
  Status read_texts(const std::string& entity, const std::vector<std::string>& keys);
  void drop(const ColumnName& name);
  void drop_unused(const std::vector<ColumnName>& needed);

  sql::Database& database_;
  const std::size_t budget_;

  std::mutex loading_;       // one load at a time; taken before the others
  std::shared_mutex mutex_;  // guards the next four; taken before queue_mutex_
  RunTable table_;
  bool has_runs_ = false;
  std::map<ColumnName, std::atomic<std::uint64_t>> loaded_;  // when each was last used
  std::atomic<std::uint64_t> uses_ = 0;

  std::mutex queue_mutex_;  // guards the rest
  bool follow_runs_ = false;
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> followed_;  // keys by entity
  std::vector<Change> queue_;
};

}  // namespace treadle::tracking

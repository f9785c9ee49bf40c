#include "domains/tracking/run_columns.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "base/strings.h"

namespace treadle::tracking {
namespace {

// Changes are taken in when this many wait and no search is under way …
constexpr std::size_t kQueue = 4096;
// … and at this many in any case.
constexpr std::size_t kLongestQueue = 200'000;
// Rows that a load puts in at a time, so that searches of other columns go on.
constexpr std::size_t kLoadRows = 4096;
// Other searches may drop what this one loaded; after so many attempts SQL has to do.
constexpr int kAttempts = 3;

template <typename T>
class Batches {
 public:
  Batches(std::shared_mutex& mutex, std::function<void(T&)> put) : mutex_(mutex), put_(std::move(put)) {}
  void add(T item) {
    items_.push_back(std::move(item));
    if (items_.size() >= kLoadRows) flush();
  }
  void flush() {
    const std::unique_lock lock(mutex_);
    for (T& item : items_) put_(item);
    items_.clear();
  }

 private:
  std::shared_mutex& mutex_;
  std::function<void(T&)> put_;
  std::vector<T> items_;
};

// " IN (?, ?)"
std::string in_list(const std::vector<std::string>& keys) {
  std::string marks(" IN (?");
  for (std::size_t i = 1; i < keys.size(); ++i) marks += ", ?";
  return marks + ")";
}

}  // namespace

StatusOr<std::optional<std::vector<std::string>>> RunColumns::search(const RunQuery& query) {
  std::vector<std::string> ids;
  ASSIGN_OR_RETURN(const bool looked, look(query, {}, [&](const Selection& selection) {
                     for (const RowNumber row : select_runs(table_, selection, query))
                       ids.push_back(table_.key(row).text());
                   }));
  return looked ? std::optional(std::move(ids)) : std::nullopt;
}

StatusOr<std::optional<RunGroups>> RunColumns::groups(const RunQuery& query, const ColumnName& by) {
  RunGroups groups;
  const bool has_column = by.entity != "attribute" || by.key == "user_id";
  ASSIGN_OR_RETURN(const bool looked, look(query, has_column ? std::vector<ColumnName>{by} : std::vector<ColumnName>(),
                                           [&](const Selection& selection) {
                                             groups = count_groups(table_, matching_rows(table_, selection, query), by);
                                           }));
  return looked ? std::optional(std::move(groups)) : std::nullopt;
}

StatusOr<bool> RunColumns::look(const RunQuery& query, const std::vector<ColumnName>& more,
                                const std::function<void(const Selection&)>& answer) {
  if (database_.dialect() != sql::Dialect::kSqlite) return false;
  ASSIGN_OR_RETURN(std::optional<Selection> selection, plan_selection(query));
  if (!selection) return false;
  selection->columns.insert(selection->columns.end(), more.begin(), more.end());
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    take_in_changes();
    {
      const std::shared_lock lock(mutex_);
      if (has_all(selection->columns)) {
        for (const ColumnName& name : selection->columns) loaded_.at(name) = ++uses_;
        answer(*selection);
        return true;
      }
    }
    const std::lock_guard lock(loading_);
    RETURN_IF_ERROR(load(selection->columns));
  }
  return false;
}

void RunColumns::run_changed(const Run& run) {
  std::unique_lock lock(queue_mutex_);
  if (follow_runs_) note(std::move(lock), RunRow::of(run));
}

void RunColumns::batch_logged(const std::string& run, const Batch& batch) {
  const RunKey key = RunKey::of(run);
  std::unique_lock lock(queue_mutex_);
  if (followed_.empty()) return;
  for (const Metric& metric : batch.metrics) {
    if (!follows("metric", metric.key)) continue;
    queue_.emplace_back(NewPoint{key, metric.key, {metric.step, metric.time_ms, storable_value(metric.value)}});
  }
  for (const auto& [name, value] : batch.params) {
    if (follows("param", name)) queue_.emplace_back(NewText{key, {"param", name}, value});
  }
  for (const auto& [name, value] : batch.tags) {
    if (follows("tag", name)) queue_.emplace_back(NewText{key, {"tag", name}, value});
  }
  const std::size_t size = queue_.size();
  lock.unlock();
  keep_queue_short(size);
}

void RunColumns::tag_changed(const std::string& run, const std::string& key, std::optional<std::string> value) {
  std::unique_lock lock(queue_mutex_);
  if (follows("tag", key)) note(std::move(lock), NewText{RunKey::of(run), {"tag", key}, std::move(value)});
}

void RunColumns::runs_removed(const std::vector<std::string>& runs) {
  for (const std::string& run : runs) {
    std::unique_lock lock(queue_mutex_);
    if (follow_runs_) note(std::move(lock), Removed{RunKey::of(run)});
  }
}

bool RunColumns::follows(std::string_view entity, std::string_view key) const {
  const auto keys = followed_.find(entity);
  return keys != followed_.end() && keys->second.find(key) != keys->second.end();
}

void RunColumns::note(std::unique_lock<std::mutex> queue_lock, Change change) {
  queue_.push_back(std::move(change));
  const std::size_t size = queue_.size();
  queue_lock.unlock();
  keep_queue_short(size);
}

void RunColumns::keep_queue_short(std::size_t size) {
  if (size < kQueue) return;
  std::unique_lock lock(mutex_, std::defer_lock);
  if (size < kLongestQueue) {
    if (!lock.try_lock()) return;
  } else {
    lock.lock();
  }
  apply_queue();
}

void RunColumns::take_in_changes() {
  {
    const std::lock_guard lock(queue_mutex_);
    if (queue_.empty()) return;
  }
  const std::unique_lock lock(mutex_);
  apply_queue();
}

void RunColumns::apply_queue() {
  std::vector<Change> changes;
  {
    const std::lock_guard lock(queue_mutex_);
    changes.swap(queue_);
  }
  for (const Change& change : changes) apply(change);
}

void RunColumns::apply(const Change& change) {
  if (const auto* run = std::get_if<RunRow>(&change)) {
    table_.put_run(*run);
  } else if (const auto* removed = std::get_if<Removed>(&change)) {
    table_.remove_run(removed->run);
  } else if (const auto* point = std::get_if<NewPoint>(&change)) {
    if (table_.find_metric(point->key) != nullptr)
      table_.metric(point->key).put(table_.row_of(point->run), point->point);
  } else if (const auto* text = std::get_if<NewText>(&change)) {
    if (table_.find_text(text->column) == nullptr) return;
    table_.text(text->column).put(table_.row_of(text->run), text->text);
  }
}

bool RunColumns::has_all(const std::vector<ColumnName>& columns) const {
  return has_runs_ &&
         std::all_of(columns.begin(), columns.end(), [&](const ColumnName& name) { return loaded_.contains(name); });
}

Status RunColumns::load(const std::vector<ColumnName>& columns) {
  // Only this thread changes what is loaded, so it may look without mutex_.
  if (!has_runs_) RETURN_IF_ERROR(load_runs());
  std::map<std::string, std::vector<std::string>> missing;  // keys by entity
  for (const ColumnName& name : columns) {
    std::vector<std::string>& keys = missing[name.entity];
    if (!loaded_.contains(name) && std::find(keys.begin(), keys.end(), name.key) == keys.end())
      keys.push_back(name.key);
  }
  for (const auto& [entity, keys] : missing) {
    if (keys.empty()) continue;
    Status loaded = load_columns(entity, keys);
    if (loaded.ok()) continue;
    for (const std::string& key : keys) drop({entity, key});
    return loaded;
  }
  drop_unused(columns);
  return ok_status();
}

// Following begins before the snapshot that is read, so no change is missed; what was changed since has precedence.
Status RunColumns::load_runs() {
  {
    const std::lock_guard lock(queue_mutex_);
    follow_runs_ = true;
  }
  Batches<RunRow> rows(mutex_, [this](const RunRow& run) { table_.load_run(run); });
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    return connection.query("SELECT id, experiment_id, status, deleted, start_ms, end_ms FROM runs", {},
                            [&](const sql::Row& row) {
                              RunRow run;
                              run.key = RunKey::of(row.text(0));
                              run.experiment_id = row.string(1);
                              run.status = parse_run_status(row.text(2)).value_or(RunStatus::kRunning);
                              run.deleted = row.integer(3) != 0;
                              run.start_ms = row.integer(4);
                              run.end_ms = row.optional_integer(5);
                              rows.add(std::move(run));
                              return ok_status();
                            });
  }));
  rows.flush();
  const std::unique_lock lock(mutex_);
  table_.end_load();
  has_runs_ = true;
  return ok_status();
}

Status RunColumns::load_columns(const std::string& entity, const std::vector<std::string>& keys) {
  const bool metrics = entity == "metric";
  {
    const std::unique_lock lock(mutex_);
    apply_queue();  // changes from when a column was followed before are older than what is read now
    const std::lock_guard queue_lock(queue_mutex_);
    for (const std::string& key : keys) {
      metrics ? void(table_.metric(key)) : void(table_.text({entity, key}));
      followed_[entity].insert(key);
    }
  }
  RETURN_IF_ERROR(metrics ? read_metrics(keys) : read_texts(entity, keys));
  const std::unique_lock lock(mutex_);
  for (const std::string& key : keys) {
    if (!metrics) table_.text({entity, key}).end_load();
    loaded_[{entity, key}] = ++uses_;
  }
  return ok_status();
}

Status RunColumns::read_metrics(const std::vector<std::string>& keys) {
  struct Cell {
    RunKey run;
    std::string key;
    Point point;
  };
  Batches<Cell> cells(mutex_,
                      [&](const Cell& cell) { table_.metric(cell.key).put(table_.row_of(cell.run), cell.point); });
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    return connection.query(
        str_cat("SELECT run_id, step, time_ms, value, is_nan, key FROM latest_metrics WHERE key", in_list(keys)),
        sql::Values(keys.begin(), keys.end()), [&](const sql::Row& row) {
          const bool is_nan = row.integer(4) != 0;
          const double value = is_nan ? std::numeric_limits<double>::quiet_NaN() : row.real(3);
          cells.add({RunKey::of(row.text(0)), row.string(5), {row.integer(1), row.integer(2), value}});
          return ok_status();
        });
  }));
  cells.flush();
  return ok_status();
}

Status RunColumns::read_texts(const std::string& entity, const std::vector<std::string>& keys) {
  struct Cell {
    RunKey run;
    std::string key, text;
  };
  Batches<Cell> cells(mutex_, [&](const Cell& cell) {
    table_.text({entity, cell.key}).load(table_.row_of(cell.run), cell.text);
  });
  const auto read = [&](const std::string& statement, const sql::Values& values, const std::string* key) {
    return database_.read([&](sql::Connection& connection) {
      return connection.query(statement, values, [&](const sql::Row& row) {
        cells.add({RunKey::of(row.text(0)), key != nullptr ? *key : row.string(2), row.string(1)});
        return ok_status();
      });
    });
  };
  if (entity == "attribute") {  // each is a column of its own, and nobody asks for more than two
    for (const std::string& key : keys) RETURN_IF_ERROR(read(str_cat("SELECT id, ", key, " FROM runs"), {}, &key));
  } else {
    const std::string_view table = entity == "param" ? "params" : "run_tags";
    RETURN_IF_ERROR(read(str_cat("SELECT run_id, value, key FROM ", table, " WHERE key", in_list(keys)),
                         sql::Values(keys.begin(), keys.end()), nullptr));
  }
  cells.flush();
  return ok_status();
}

void RunColumns::drop(const ColumnName& name) {
  const std::unique_lock lock(mutex_);
  {
    const std::lock_guard queue_lock(queue_mutex_);
    followed_[name.entity].erase(name.key);
  }
  table_.drop(name);
  loaded_.erase(name);
}

void RunColumns::drop_unused(const std::vector<ColumnName>& needed) {
  std::vector<std::pair<std::uint64_t, ColumnName>> by_use;
  std::size_t bytes = 0;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [name, used] : loaded_) {
      bytes += table_.bytes(name);
      if (std::find(needed.begin(), needed.end(), name) == needed.end()) by_use.emplace_back(used.load(), name);
    }
  }
  std::sort(by_use.begin(), by_use.end());
  for (const auto& [used, name] : by_use) {
    if (bytes <= budget_) return;
    {
      const std::shared_lock lock(mutex_);
      bytes -= table_.bytes(name);
    }
    drop(name);
  }
}

}  // namespace treadle::tracking

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

// What a column is read with; its first two columns are the run's id and the value.
std::string column_sql(const ColumnName& name) {
  if (name.entity == "attribute") return str_cat("SELECT id, ", name.key, " FROM runs");
  return str_cat("SELECT run_id, value FROM ", name.entity == "param" ? "params" : "run_tags", " WHERE key = ?");
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
  for (const ColumnName& name : columns) {
    if (loaded_.contains(name)) continue;
    Status loaded = load_column(name);
    if (!loaded.ok()) {
      drop(name);
      return loaded;
    }
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
    return connection.query("SELECT id, experiment_id, status, deleted, start_ms, end_ms FROM runs ORDER BY start_ms",
                            {}, [&](const sql::Row& row) {
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

Status RunColumns::load_column(const ColumnName& name) {
  {
    const std::unique_lock lock(mutex_);
    apply_queue();  // changes from when the column was followed before are older than what is read now
    name.entity == "metric" ? void(table_.metric(name.key)) : void(table_.text(name));
    const std::lock_guard queue_lock(queue_mutex_);
    followed_[name.entity].insert(name.key);
  }
  const auto row_of = [this](std::string_view run) { return table_.row_of(RunKey::of(run)); };
  using Cell = std::pair<std::string, std::string>;
  Batches<Cell> cells(mutex_, [&](const Cell& cell) { table_.text(name).load(row_of(cell.first), cell.second); });
  Batches<std::pair<std::string, Point>> points(
      mutex_, [&](const auto& point) { table_.metric(name.key).put(row_of(point.first), point.second); });
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    if (name.entity == "metric") {
      return connection.query("SELECT run_id, step, time_ms, value, is_nan FROM latest_metrics WHERE key = ?",
                              {name.key}, [&](const sql::Row& row) {
                                const bool is_nan = row.integer(4) != 0;
                                const double value = is_nan ? std::numeric_limits<double>::quiet_NaN() : row.real(3);
                                points.add({row.string(0), {row.integer(1), row.integer(2), value}});
                                return ok_status();
                              });
    }
    return connection.query(column_sql(name), name.entity == "attribute" ? sql::Values{} : sql::Values{name.key},
                            [&](const sql::Row& row) {
                              cells.add({row.string(0), row.string(1)});
                              return ok_status();
                            });
  }));
  points.flush();
  cells.flush();
  const std::unique_lock lock(mutex_);
  if (name.entity != "metric") table_.text(name).end_load();
  loaded_[name] = ++uses_;
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

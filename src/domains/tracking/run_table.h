// Runs as columns in memory: the rows of `runs`, and of each key that is kept its newest metric, its param or its tag.
// Nothing here knows of SQL or threads; run_columns.h loads it, keeps it current and guards it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "domains/tracking/metric_points.h"
#include "domains/tracking/types.h"

namespace treadle::tracking {

using RowNumber = std::uint32_t;

// A run's id, 32 hex digits, as a number. Ordered as the text is.
struct RunKey {
  std::uint64_t high = 0, low = 0;
  auto operator<=>(const RunKey&) const = default;
  static RunKey of(std::string_view hex);
  std::string text() const;
};

// A row of `runs`.
struct RunRow {
  RunKey key;
  std::string experiment_id, name, user;
  RunStatus status = RunStatus::kRunning;
  bool deleted = false;
  std::int64_t start_ms = 0;
  std::optional<std::int64_t> end_ms;
  static RunRow of(const Run& run);
};

struct RunKeyHash {
  std::size_t operator()(const RunKey& key) const { return key.high ^ (key.low * 0x9e3779b97f4a7c15U); }
};

// Text of rows, each different one kept once.
class TextColumn {
 public:
  static constexpr std::uint32_t kAbsent = 0;
  TextColumn() : values_(1) {}
  TextColumn(const TextColumn&) = delete;
  TextColumn& operator=(const TextColumn&) = delete;
  // nullopt takes it away.
  void put(RowNumber row, std::optional<std::string_view> text);
  // While the column is being loaded: only what put() has not decided since.
  void load(RowNumber row, std::string_view text);
  void end_load() { decided_.reset(); }

  std::uint32_t code(RowNumber row) const { return row < codes_.size() ? codes_[row] : kAbsent; }
  const std::string& text(std::uint32_t code) const { return values_[code].text; }
  std::uint32_t find(std::string_view text) const;
  // Codes are below this. Not every one is in use.
  std::size_t codes() const { return values_.size(); }
  std::size_t bytes() const { return codes_.capacity() * sizeof(std::uint32_t) + value_bytes_; }

 private:
  struct Value {
    std::string text;
    std::uint32_t uses = 0;
  };
  void set(RowNumber row, std::uint32_t code);
  std::uint32_t code_for(std::string_view text);
  void release(std::uint32_t code);

  std::vector<std::uint32_t> codes_;  // by row
  std::deque<Value> values_;          // by code
  std::unordered_map<std::string_view, std::uint32_t> known_;
  std::vector<std::uint32_t> free_;
  std::size_t value_bytes_ = 0;
  std::optional<std::unordered_set<RowNumber>> decided_ = std::unordered_set<RowNumber>();
};

// The newest point of rows.
class MetricColumn {
 public:
  // Keeps the newer of this and what is there, so the order of calls does not matter.
  void put(RowNumber row, const Point& point);
  void remove(RowNumber row) {
    if (row < points_.size()) points_[row] = kNone;
  }
  bool has(RowNumber row) const { return row < points_.size() && points_[row].time_ms != kNone.time_ms; }
  // Only where has().
  double value(RowNumber row) const { return points_[row].value; }
  std::size_t bytes() const { return points_.capacity() * sizeof(Point); }

 private:
  static constexpr Point kNone{0, std::numeric_limits<std::int64_t>::min(), 0};
  std::vector<Point> points_;  // by row
};

// Which column: of the entity "metric", "param" or "tag", or "attribute" with the key "name" or "user_id".
struct ColumnName {
  std::string entity, key;
  auto operator<=>(const ColumnName&) const = default;
};

class RunTable {
 public:
  static constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();

  // The row of a run, made when it is not there; an unknown one is in no search until put_run().
  RowNumber row_of(const RunKey& key);
  std::optional<RowNumber> find(const RunKey& key) const;
  void put_run(const RunRow& run);
  // While runs are being loaded: only those that put_run() and remove_run() have not decided since.
  void load_run(const RunRow& run);
  void end_load() { removed_.reset(); }
  void remove_run(const RunKey& key);

  // Columns are made by the first call for them.
  MetricColumn& metric(const std::string& key) { return metrics_[key]; }
  TextColumn& text(const ColumnName& name) { return texts_[name]; }
  const MetricColumn* find_metric(const std::string& key) const;
  const TextColumn* find_text(const ColumnName& name) const;
  void drop(const ColumnName& name);
  std::size_t bytes(const ColumnName& name) const;

  // Rows are 0 … size() - 1; those that are not known() are in no search.
  std::size_t size() const { return keys_.size(); }
  bool known(RowNumber row) const { return (flags_[row] & kKnown) != 0; }
  bool deleted(RowNumber row) const { return (flags_[row] & kDeleted) != 0; }
  RunStatus status(RowNumber row) const { return static_cast<RunStatus>(flags_[row] >> kStatusShift); }
  const RunKey& key(RowNumber row) const { return keys_[row]; }
  std::int64_t start_ms(RowNumber row) const { return starts_[row]; }
  std::int64_t end_ms(RowNumber row) const { return ends_[row]; }  // or kNoTime
  std::uint32_t experiment(RowNumber row) const { return experiments_[row]; }
  // Experiments by their number here.
  const std::vector<std::string>& experiment_ids() const { return experiment_ids_; }

 private:
  static constexpr std::uint8_t kKnown = 1, kDeleted = 2, kStatusShift = 2;
  void set_row(RowNumber row, const RunRow& run);
  std::uint32_t experiment_number(const std::string& id);

  std::vector<RunKey> keys_;
  std::vector<std::uint8_t> flags_;
  std::vector<std::uint32_t> experiments_;
  std::vector<std::int64_t> starts_, ends_;
  std::unordered_map<RunKey, RowNumber, RunKeyHash> rows_;
  std::vector<std::string> experiment_ids_;
  std::unordered_map<std::string, std::uint32_t> experiment_numbers_;
  std::map<std::string, MetricColumn> metrics_;
  std::map<ColumnName, TextColumn> texts_;
  std::optional<std::unordered_set<RunKey, RunKeyHash>> removed_ = std::unordered_set<RunKey, RunKeyHash>();
};

}  // namespace treadle::tracking

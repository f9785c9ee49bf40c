#include "domains/tracking/run_ranking.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "domains/tracking/search_sql.h"

namespace treadle::tracking {
namespace {

// One term of an order. rank() is a number that never contradicts the order: when it is equal, compare() decides.
// What is missing comes last whatever the direction.
class OrderTerm {
 public:
  virtual ~OrderTerm() = default;
  virtual std::uint64_t rank(RowNumber row) const = 0;
  // Below 0 when `a` comes first.
  virtual int compare(RowNumber a, RowNumber b) const = 0;
};

constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();

template <typename T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

class TimeOrder final : public OrderTerm {
 public:
  TimeOrder(const RunTable& table, bool start, bool ascending) : table_(table), start_(start), ascending_(ascending) {}
  std::uint64_t rank(RowNumber row) const override {
    const std::int64_t at = time(row);
    if (at == RunTable::kNoTime) return kLast;
    const std::uint64_t ordered = static_cast<std::uint64_t>(at) ^ kSign;
    return ascending_ ? ordered : ~ordered;
  }
  int compare(RowNumber a, RowNumber b) const override {
    const std::int64_t one = time(a), other = time(b);
    if (one == other) return 0;
    if (one == RunTable::kNoTime || other == RunTable::kNoTime) return one == RunTable::kNoTime ? 1 : -1;
    return (one < other) == ascending_ ? -1 : 1;
  }

 private:
  std::int64_t time(RowNumber row) const { return start_ ? table_.start_ms(row) : table_.end_ms(row); }
  const RunTable& table_;
  bool start_, ascending_;
};

// Numbers, then NaN, then what is missing.
class MetricOrder final : public OrderTerm {
 public:
  MetricOrder(const MetricColumn& column, bool ascending) : column_(column), ascending_(ascending) {}
  std::uint64_t rank(RowNumber row) const override {
    if (!column_.has(row)) return kLast;
    const double value = column_.value(row) + 0.0;  // -0 becomes 0
    if (std::isnan(value)) return kLast - 1;
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const std::uint64_t ordered = (bits & kSign) != 0 ? ~bits : bits | kSign;
    return ascending_ ? ordered : ~ordered;
  }
  // Finite numbers never have the ranks of NaN and of nothing.
  int compare(RowNumber a, RowNumber b) const override { return three_way(rank(a), rank(b)); }

 private:
  const MetricColumn& column_;
  bool ascending_;
};

class TextOrder final : public OrderTerm {
 public:
  TextOrder(const TextColumn& column, bool ascending) : column_(column), ascending_(ascending) {}
  std::uint64_t rank(RowNumber row) const override {
    const std::uint32_t code = column_.code(row);
    if (code == TextColumn::kAbsent) return kLast;
    const std::string& text = column_.text(code);
    std::uint64_t start = 0;
    for (std::size_t i = 0; i < 8; ++i)
      start = start << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
    return ascending_ ? start : ~start;
  }
  int compare(RowNumber a, RowNumber b) const override {
    const std::uint32_t one = column_.code(a), other = column_.code(b);
    if (one == other) return 0;
    if (one == TextColumn::kAbsent || other == TextColumn::kAbsent) return one == TextColumn::kAbsent ? 1 : -1;
    return (column_.text(one) < column_.text(other)) == ascending_ ? -1 : 1;
  }

 private:
  const TextColumn& column_;
  bool ascending_;
};

// By the text of few different values that rows share: status, experiment.
class CodeOrder final : public OrderTerm {
 public:
  CodeOrder(std::vector<std::string> texts, std::function<std::size_t(RowNumber)> code, bool ascending)
      : code_(std::move(code)), places_(texts.size()) {
    std::vector<std::size_t> order(texts.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return ascending ? texts[a] < texts[b] : texts[b] < texts[a]; });
    for (std::size_t i = 0; i < order.size(); ++i) places_[order[i]] = i;
  }
  std::uint64_t rank(RowNumber row) const override { return places_[code_(row)]; }
  int compare(RowNumber a, RowNumber b) const override { return three_way(rank(a), rank(b)); }

 private:
  std::function<std::size_t(RowNumber)> code_;
  std::vector<std::size_t> places_;
};

std::unique_ptr<OrderTerm> status_order(const RunTable& table, bool ascending) {
  std::vector<std::string> texts(static_cast<std::size_t>(RunStatus::kKilled) + 1);
  for (std::size_t i = 1; i < texts.size(); ++i) texts[i] = to_string(static_cast<RunStatus>(i));
  return std::make_unique<CodeOrder>(
      std::move(texts), [&table](RowNumber row) { return static_cast<std::size_t>(table.status(row)); }, ascending);
}

std::unique_ptr<OrderTerm> order_term(const RunTable& table, const OrderBy& order) {
  if (order.entity == "metric") return std::make_unique<MetricOrder>(*table.find_metric(order.key), order.ascending);
  if (order.entity != "attribute")
    return std::make_unique<TextOrder>(*table.find_text({order.entity, order.key}), order.ascending);
  const std::string column(run_attribute_column(order.key));
  if (column == "status") return status_order(table, order.ascending);
  if (column == "experiment_id") {
    return std::make_unique<CodeOrder>(
        table.experiment_ids(), [&table](RowNumber row) { return table.experiment(row); }, order.ascending);
  }
  if (column == "start_ms" || column == "end_ms")
    return std::make_unique<TimeOrder>(table, column == "start_ms", order.ascending);
  return std::make_unique<TextOrder>(*table.find_text({"attribute", column}), order.ascending);
}

struct Ranked {
  std::uint64_t rank;
  RowNumber row;
};

class Ranking {
 public:
  Ranking(const RunTable& table, const std::vector<OrderBy>& order) : table_(table) {
    for (const OrderBy& one : order) terms_.push_back(order_term(table, one));
    terms_.push_back(std::make_unique<TimeOrder>(table, true, false));
  }
  Ranked rank(RowNumber row) const { return {terms_.front()->rank(row), row}; }
  bool operator()(const Ranked& a, const Ranked& b) const {
    if (a.rank != b.rank) return a.rank < b.rank;
    for (const auto& term : terms_) {
      if (const int compared = term->compare(a.row, b.row); compared != 0) return compared < 0;
    }
    return table_.key(a.row) < table_.key(b.row);
  }

 private:
  const RunTable& table_;
  std::vector<std::unique_ptr<OrderTerm>> terms_;
};

}  // namespace

// Keeps at most twice as many at a time: most rows cost one comparison of numbers.
std::vector<RowNumber> first_in_order(const std::vector<RowNumber>& rows, std::size_t count, const RunTable& table,
                                      const std::vector<OrderBy>& order) {
  const Ranking ranking(table, order);
  std::vector<Ranked> best;
  std::uint64_t worst = kLast;
  const auto cut = [&] {
    std::nth_element(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(count) - 1, best.end(),
                     std::cref(ranking));
    best.resize(count);
    worst = best.back().rank;
  };
  for (const RowNumber row : rows) {
    const Ranked ranked = ranking.rank(row);
    if (ranked.rank > worst) continue;
    best.push_back(ranked);
    if (best.size() >= 2 * count + 64) cut();
  }
  if (best.size() > count) cut();
  std::sort(best.begin(), best.end(), std::cref(ranking));
  std::vector<RowNumber> first;
  first.reserve(best.size());
  for (const Ranked& ranked : best) first.push_back(ranked.row);
  return first;
}

}  // namespace treadle::tracking

#include "domains/tracking/run_table.h"

#include <charconv>

namespace treadle::tracking {
namespace {

std::uint64_t from_hex(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

// What one kept value costs beside its text: its entry, and the one that finds it.
constexpr std::size_t kValueOverhead = 96;

std::size_t cost(std::string_view text) { return kValueOverhead + text.size(); }

}  // namespace

RunKey RunKey::of(std::string_view hex) { return {from_hex(hex.substr(0, 16)), from_hex(hex.substr(16))}; }

std::string RunKey::text() const {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex(32, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    hex[15 - i] = kDigits[(high >> (4 * i)) & 15];
    hex[31 - i] = kDigits[(low >> (4 * i)) & 15];
  }
  return hex;
}

RunRow RunRow::of(const Run& run) {
  return {RunKey::of(run.id), run.experiment_id, run.name, run.user, run.status, run.deleted, run.start_ms, run.end_ms};
}

void TextColumn::put(RowNumber row, std::optional<std::string_view> text) {
  if (decided_) decided_->insert(row);
  if (!text && code(row) == kAbsent) return;
  set(row, text ? code_for(*text) : kAbsent);
}

void TextColumn::load(RowNumber row, std::string_view text) {
  if (decided_ && decided_->contains(row)) return;
  set(row, code_for(text));
}

std::uint32_t TextColumn::find(std::string_view text) const {
  const auto at = known_.find(text);
  return at == known_.end() ? kAbsent : at->second;
}

// `code` counts one use more already.
void TextColumn::set(RowNumber row, std::uint32_t code) {
  if (row >= codes_.size()) codes_.resize(row + 1, kAbsent);
  const std::uint32_t before = std::exchange(codes_[row], code);
  if (before != kAbsent) release(before);
}

std::uint32_t TextColumn::code_for(std::string_view text) {
  if (const std::uint32_t code = find(text); code != kAbsent) {
    ++values_[code].uses;
    return code;
  }
  auto code = static_cast<std::uint32_t>(values_.size());
  if (free_.empty()) {
    values_.emplace_back();
  } else {
    code = free_.back();
    free_.pop_back();
  }
  values_[code] = {std::string(text), 1};
  known_.emplace(values_[code].text, code);
  value_bytes_ += cost(text);
  return code;
}

void TextColumn::release(std::uint32_t code) {
  if (--values_[code].uses > 0) return;
  value_bytes_ -= cost(values_[code].text);
  known_.erase(values_[code].text);
  values_[code].text = std::string();
  free_.push_back(code);
}

void MetricColumn::put(RowNumber row, const Point& point) {
  if (row >= points_.size()) points_.resize(row + 1, kNone);
  if (!has(row) || is_newer(point, points_[row])) points_[row] = point;
}

RowNumber RunTable::row_of(const RunKey& key) {
  const auto [at, is_new] = rows_.try_emplace(key, static_cast<RowNumber>(keys_.size()));
  if (is_new) {
    keys_.push_back(key);
    flags_.push_back(0);
    experiments_.push_back(0);
    starts_.push_back(0);
    ends_.push_back(kNoTime);
  }
  return at->second;
}

std::optional<RowNumber> RunTable::find(const RunKey& key) const {
  const auto at = rows_.find(key);
  return at == rows_.end() ? std::nullopt : std::optional(at->second);
}

void RunTable::put_run(const RunRow& run) {
  const RowNumber row = row_of(run.key);
  set_row(row, run);
  for (const auto& [key, value] : {std::pair("name", &run.name), std::pair("user_id", &run.user)}) {
    const auto column = texts_.find({"attribute", key});
    if (column != texts_.end()) column->second.put(row, *value);
  }
}

void RunTable::load_run(const RunRow& run) {
  if (removed_ && removed_->contains(run.key)) return;
  const RowNumber row = row_of(run.key);
  if (!known(row)) set_row(row, run);
}

// The row stays, empty and unknown: rows keep their numbers.
void RunTable::remove_run(const RunKey& key) {
  if (removed_) removed_->insert(key);
  const auto at = rows_.find(key);
  if (at == rows_.end()) return;
  const RowNumber row = at->second;
  flags_[row] = 0;
  for (auto& [name, column] : metrics_) column.remove(row);
  for (auto& [name, column] : texts_) column.put(row, std::nullopt);
  rows_.erase(at);
}

const MetricColumn* RunTable::find_metric(const std::string& key) const {
  const auto at = metrics_.find(key);
  return at == metrics_.end() ? nullptr : &at->second;
}

const TextColumn* RunTable::find_text(const ColumnName& name) const {
  const auto at = texts_.find(name);
  return at == texts_.end() ? nullptr : &at->second;
}

void RunTable::drop(const ColumnName& name) {
  if (name.entity == "metric")
    metrics_.erase(name.key);
  else
    texts_.erase(name);
}

std::size_t RunTable::bytes(const ColumnName& name) const {
  if (name.entity == "metric") {
    const MetricColumn* column = find_metric(name.key);
    return column == nullptr ? 0 : column->bytes();
  }
  const TextColumn* column = find_text(name);
  return column == nullptr ? 0 : column->bytes();
}

void RunTable::set_row(RowNumber row, const RunRow& run) {
  flags_[row] = static_cast<std::uint8_t>(kKnown | (run.deleted ? kDeleted : 0) |
                                          (static_cast<std::uint8_t>(run.status) << kStatusShift));
  experiments_[row] = experiment_number(run.experiment_id);
  starts_[row] = run.start_ms;
  ends_[row] = run.end_ms.value_or(kNoTime);
}

std::uint32_t RunTable::experiment_number(const std::string& id) {
  const auto [at, is_new] = experiment_numbers_.try_emplace(id, static_cast<std::uint32_t>(experiment_ids_.size()));
  if (is_new) experiment_ids_.push_back(id);
  return at->second;
}

}  // namespace treadle::tracking

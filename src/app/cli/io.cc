#include "app/cli/io.h"

#include <algorithm>
#include <cstdio>
#include <ostream>

#include "base/strings.h"
#include "base/time.h"

namespace treadle::app {
namespace {

// Terminal cells of UTF-8 text: one per code point is near enough for names and numbers.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool numeric_column(const std::vector<std::vector<std::string>>& rows, std::size_t column) {
  return std::all_of(rows.begin(), rows.end(), [&](const auto& row) {
    const std::string_view cell = split(row[column], ' ').front();
    return cell.empty() || cell == "-" || parse_double(cell).has_value();
  });
}

}  // namespace

void Io::say(std::string_view line) {
  if (json_) return;
  end_progress();
  out_ << line << '\n' << std::flush;
}

void Io::emit(const Json& value) {
  if (!json_) return;
  out_ << value.dump(2, ' ', false, Json::error_handler_t::replace) << '\n' << std::flush;
}

void Io::raw(std::string_view text) {
  end_progress();
  out_ << text << std::flush;
}

void Io::warn(std::string_view line) {
  end_progress();
  err_ << line << '\n' << std::flush;
}

void Io::progress(std::string_view line) {
  if (!terminal_ || json_) return;
  err_ << "\r\033[K" << line << std::flush;
  progress_shown_ = true;
}

void Io::end_progress() {
  if (progress_shown_) err_ << "\r\033[K" << std::flush;
  progress_shown_ = false;
}

void Io::table(const std::vector<std::string>& headings, const std::vector<std::vector<std::string>>& rows,
               std::string_view when_empty) {
  if (json_) return;
  if (rows.empty()) return say(when_empty);
  std::vector<std::size_t> widths;
  std::vector<bool> right;
  for (std::size_t i = 0; i < headings.size(); ++i) {
    std::size_t widest = width(headings[i]);
    for (const auto& row : rows) widest = std::max(widest, width(row[i]));
    widths.push_back(widest);
    right.push_back(numeric_column(rows, i));
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths[i] - width(cells[i]), ' ');
      str_append(&text, i == 0 ? "" : "  ", right[i] ? padding : "", cells[i], right[i] ? "" : padding);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    say(text);
  };
  line(headings);
  for (const auto& row : rows) line(row);
}

std::string duration_text(double seconds) {
  char buffer[64];
  if (seconds < 1) {
    std::snprintf(buffer, sizeof buffer, "%.0f ms", seconds * 1000);
  } else if (seconds < 60) {
    std::snprintf(buffer, sizeof buffer, "%.1f s", seconds);
  } else {
    std::snprintf(buffer, sizeof buffer, "%d min %d s", static_cast<int>(seconds) / 60, static_cast<int>(seconds) % 60);
  }
  return buffer;
}

std::string ago_text(std::int64_t then_ms, std::int64_t now_ms) {
  const std::int64_t age = now_ms - then_ms;
  if (age >= 0 && age < kMinuteMs) return "just now";
  if (age >= 0 && age < kHourMs) return str_cat(age / kMinuteMs, " min ago");
  if (age >= 0 && age < kDayMs) return str_cat(age / kHourMs, " h ago");
  std::string text = format_rfc3339(then_ms).substr(0, 16);
  text[10] = ' ';
  return text;
}

}  // namespace treadle::app

#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>

#include "base/clock.h"
#include "base/json.h"
#include "base/strings.h"
#include "base/time.h"

namespace treadle {
namespace {

std::atomic<LogLevel> minimum_level{LogLevel::kInfo};
std::atomic<LogFormat> log_format{LogFormat::kText};

constexpr std::string_view name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "info";
}

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(" \"=\n\t\\") != std::string_view::npos;
}

std::string text_line(LogLevel level, std::string_view message, LogFields fields) {
  std::string line = str_cat(format_rfc3339(SystemClock().now_ms()), " ", name(level), " ", message);
  for (const LogField& field : fields) {
    const bool quote = field.quoted() && needs_quotes(field.text());
    str_append(&line, " ", field.key(), "=", quote ? to_text(Json(field.text())) : std::string(field.text()));
  }
  return line;
}

std::string json_line(LogLevel level, std::string_view message, LogFields fields) {
  std::string line = str_cat("{\"time\":\"", format_rfc3339(SystemClock().now_ms()), "\",\"level\":\"", name(level),
                             "\",\"message\":", to_text(Json(message)));
  for (const LogField& field : fields) {
    str_append(&line, ",", to_text(Json(field.key())), ":",
               field.quoted() ? to_text(Json(field.text())) : std::string(field.text()));
  }
  line.push_back('}');
  return line;
}

}  // namespace

// A number that JSON can carry: not-a-number and the infinities become null.
std::string LogField::number_text(double value) {
  if (value != value || value > 1.7976931348623157e308 || value < -1.7976931348623157e308) return "null";
  char buffer[32];
  return {buffer, static_cast<std::size_t>(std::snprintf(buffer, sizeof buffer, "%.6g", value))};
}

void configure_log(LogLevel minimum, LogFormat format) {
  minimum_level = minimum;
  log_format = format;
}

void log(LogLevel level, std::string_view message, LogFields fields) {
  if (level < minimum_level.load(std::memory_order_relaxed)) return;
  std::string line =
      log_format == LogFormat::kText ? text_line(level, message, fields) : json_line(level, message, fields);
  line.push_back('\n');
  // Nothing sensible can be done when standard error itself is gone.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace treadle

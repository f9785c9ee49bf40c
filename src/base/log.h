// Structured logs: one line per event on standard error, `key=value` for people or JSON for machines.
//
//   log_info("run finished", {{"run_id", id}, {"seconds", 1.5}});
//
// Thread-safe; a line is written with one write(2), so lines never mix.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace treadle {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

class LogField {
 public:
  LogField(std::string_view key, std::string_view value) : key_(key), text_(value) {}
  LogField(std::string_view key, const std::string& value) : key_(key), text_(value) {}
  LogField(std::string_view key, const char* value) : key_(key), text_(value) {}
  LogField(std::string_view key, bool value) : key_(key), text_(value ? "true" : "false"), quoted_(false) {}
  template <typename Number, typename = std::enable_if_t<std::is_arithmetic_v<Number>>>
  LogField(std::string_view key, Number value) : key_(key), text_(number_text(value)), quoted_(false) {}

  std::string_view key() const { return key_; }
  std::string_view text() const { return text_; }
  bool quoted() const { return quoted_; }

 private:
  static std::string number_text(double value);
  static std::string number_text(float value) { return number_text(static_cast<double>(value)); }
  template <typename Integer>
  static std::string number_text(Integer value) {
    return std::to_string(value);
  }

  std::string_view key_;
  std::string text_;
  bool quoted_ = true;
};

using LogFields = std::initializer_list<LogField>;

// Called once at start, before other threads log. Default: text, kInfo.
void configure_log(LogLevel minimum, LogFormat format);
void log(LogLevel level, std::string_view message, LogFields fields);

inline void log_debug(std::string_view message, LogFields fields = {}) { log(LogLevel::kDebug, message, fields); }
inline void log_info(std::string_view message, LogFields fields = {}) { log(LogLevel::kInfo, message, fields); }
inline void log_warning(std::string_view message, LogFields fields = {}) { log(LogLevel::kWarning, message, fields); }
inline void log_error(std::string_view message, LogFields fields = {}) { log(LogLevel::kError, message, fields); }

}  // namespace treadle

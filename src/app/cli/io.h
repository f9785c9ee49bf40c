// Where a command writes: people get tables and progress on a terminal, programs get JSON.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace treadle::app {

class Io {
 public:
  Io(std::ostream& out, std::ostream& err, bool terminal) : out_(out), err_(err), terminal_(terminal) {}

  bool json() const { return json_; }
  void set_json(bool json) { json_ = json; }
  // Standard error is a terminal: progress and colours make sense.
  bool terminal() const { return terminal_; }

  // A line for people; nothing when --json was given.
  void say(std::string_view line);
  // The result for programs; only when --json was given.
  void emit(const Json& value);
  // The result as text whatever the mode (a script, a document).
  void raw(std::string_view text);
  // A line on standard error.
  void warn(std::string_view line);
  // A line that the next progress or line replaces; only on a terminal and without --json.
  void progress(std::string_view line);
  void end_progress();
  // Columns padded to their widest cell; a column whose cells are all numbers is set right. Prints a hint when empty.
  void table(const std::vector<std::string>& headings, const std::vector<std::vector<std::string>>& rows,
             std::string_view when_empty);

 private:
  std::ostream& out_;
  std::ostream& err_;
  bool terminal_;
  bool json_ = false;
  bool progress_shown_ = false;
};

// "1.5 s", "32 ms", "4 min 2 s".
std::string duration_text(double seconds);
// "just now", "5 min ago", "2014-11-01 00:30".
std::string ago_text(std::int64_t then_ms, std::int64_t now_ms);

}  // namespace treadle::app

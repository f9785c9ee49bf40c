// Settings and where each came from: flags over environment over the project's file over the user's file over defaults.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/command.h"
#include "base/status.h"

namespace treadle::app {

struct Setting {
  std::string name;  // "grpc-port": flag --grpc-port, environment TREADLE_GRPC_PORT, file key grpc-port
  std::string fallback;
  std::string help;
};

// Every setting there is; `treadle config` prints them.
const std::vector<Setting>& all_settings();
std::string environment_name(std::string_view setting);

// Passwords and tokens: neither shown nor put on a command line, where other users of the machine see them.
bool is_secret(std::string_view setting);
// A database's URL as it may be shown: `***` in place of its password.
std::string without_password(const std::string& url);

class Config {
 public:
  // Reads ./treadle.yaml and ${XDG_CONFIG_HOME:-~/.config}/treadle/config.yaml where they exist. An unknown key or an
  // unreadable file is an error that names the file and the nearest known key.
  static StatusOr<Config> load(const Args& args);

  const std::string& get(const std::string& name) const { return values_.at(name).value; }
  // "flag --port", "environment TREADLE_PORT", a file's path or "default".
  const std::string& origin(const std::string& name) const { return values_.at(name).origin; }
  StatusOr<std::int64_t> integer(const std::string& name, std::int64_t low, std::int64_t high) const;

 private:
  struct Value {
    std::string value, origin;
  };
  std::map<std::string, Value> values_;
};

}  // namespace treadle::app

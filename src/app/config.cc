#include "app/config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>

#include "base/strings.h"

namespace treadle::app {
namespace {

std::filesystem::path user_file() {
  if (const char* home = std::getenv("XDG_CONFIG_HOME"); home != nullptr && *home != 0) {
    return std::filesystem::path(home) / "treadle/config.yaml";
  }
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home == nullptr ? "/" : home) / ".config/treadle/config.yaml";
}

using Assign = std::function<void(const std::string& name, std::string value, std::string origin)>;

Status read_settings_file(const std::filesystem::path& path, const Assign& assign) {
  if (!std::filesystem::exists(path)) return ok_status();
  std::vector<std::string> known;
  for (const Setting& setting : all_settings()) known.push_back(setting.name);
  try {
    const YAML::Node root = YAML::LoadFile(path.string());
    if (!root.IsMap() && !root.IsNull()) return invalid(path.string(), ": must be a list of `name: value` lines");
    for (const auto& entry : root) {
      const auto name = entry.first.as<std::string>();
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        const std::string guess = nearest_word(name, known);
        return invalid(path.string(), ": unknown setting \"", name, "\"",
                       guess.empty() ? "" : str_cat("; did you mean \"", guess, "\"?"));
      }
      assign(name, entry.second.as<std::string>(), path.string());
    }
  } catch (const YAML::Exception& error) {
    return invalid(path.string(), ": ", error.what());
  }
  return ok_status();
}

}  // namespace

const std::vector<Setting>& all_settings() {
  static const std::vector<Setting> settings = {
      {"data", "treadle-data", "where everything is kept"},
      {"address", "127.0.0.1", "address to listen on; other than loopback only with auth basic"},
      {"port", "7070", "port of the page and every HTTP protocol; 0 picks a free one"},
      {"grpc-port", "7071", "port of Open Inference Protocol gRPC; 0 picks a free one"},
      {"database", "", "postgresql://… instead of the embedded SQLite file"},
      {"max-parallel-steps", "0", "pipeline steps that run at once; 0 means one per core"},
      {"auth", "off", "off, or basic: users with passwords and permissions"},
      {"default-permission", "READ",
       "what users may do where they were given nothing: READ, USE, EDIT, MANAGE, NO_PERMISSIONS"},
      {"admin-user", "admin", "the administrator made when there is no user yet and admin-password is set"},
      {"admin-password", "", "that administrator's first password; never a flag"},
      {"webhook-schemes", "https", "schemes of webhook URLs: https, or https,http"},
      {"webhook-private-addresses", "false",
       "whether webhooks may go to addresses that are not of the public internet"},
      {"log-level", "info", "debug, info, warning or error"},
      {"log-format", "text", "text or json"},
      {"access-log", "false", "log one line per request"},
      {"url", "", "the server that commands talk to"},
      {"token", "", "a token that commands show to the server; `treadle user token` makes one"},
      {"user", "", "the user that commands log in as, with password; never a flag"},
      {"password", "", "that user's password; never a flag"},
  };
  return settings;
}

std::string environment_name(std::string_view setting) {
  std::string name = str_cat("TREADLE_", setting);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  return name;
}

StatusOr<Config> Config::load(const Args& args) {
  Config config;
  const Assign assign = [&](const std::string& name, std::string value, std::string origin) {
    config.values_[name] = {std::move(value), std::move(origin)};
  };
  for (const Setting& setting : all_settings()) assign(setting.name, setting.fallback, "default");
  RETURN_IF_ERROR(read_settings_file(user_file(), assign));
  RETURN_IF_ERROR(read_settings_file("treadle.yaml", assign));
  for (const Setting& setting : all_settings()) {
    const std::string variable = environment_name(setting.name);
    if (const char* value = std::getenv(variable.c_str()); value != nullptr && *value != 0) {
      assign(setting.name, value, "environment " + variable);
    }
    if (args.has(setting.name)) assign(setting.name, args.get(setting.name), "flag --" + setting.name);
  }
  return config;
}

bool is_secret(std::string_view setting) {
  return setting == "admin-password" || setting == "password" || setting == "token";
}

std::string without_password(const std::string& url) {
  const std::size_t scheme = url.find("://"), at = url.rfind('@');
  std::string shown = url;
  if (scheme != std::string::npos && at != std::string::npos && at > scheme) {
    const std::size_t colon = url.find(':', scheme + 3);
    if (colon < at) shown.replace(colon + 1, at - colon - 1, "***");
  }
  constexpr std::string_view kParameter = "password=";
  if (const std::size_t begin = shown.find(kParameter); begin != std::string::npos) {
    const std::size_t value = begin + kParameter.size();
    shown.replace(value, std::min(shown.find('&', value), shown.size()) - value, "***");
  }
  return shown;
}

StatusOr<std::int64_t> Config::integer(const std::string& name, std::int64_t low, std::int64_t high) const {
  const auto value = parse_int(get(name));
  if (!value || *value < low || *value > high) {
    return invalid_field(name, "must be an integer from ", low, " to ", high, ", got \"", get(name), "\" (from ",
                         origin(name), ")");
  }
  return *value;
}

}  // namespace treadle::app

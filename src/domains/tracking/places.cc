#include "domains/tracking/places.h"

#include <filesystem>

#include "base/strings.h"
#include "storage/blob/blob_store.h"

namespace treadle::tracking {
namespace {

constexpr std::size_t kLongest = 2048;
constexpr std::string_view kProxy = "mlflow-artifacts:";

}  // namespace

Status Places::open() {
  static const std::vector<sql::Migration> kMigrations = {
      {1,
       "CREATE TABLE experiment_places(experiment_id TEXT PRIMARY KEY, location TEXT NOT NULL, folder TEXT NOT NULL)"}};
  RETURN_IF_ERROR(sql::migrate(database_, "tracking_places", kMigrations));
  return database_.read([&](sql::Connection& connection) {
    return connection.query("SELECT experiment_id, location FROM experiment_places", {}, [&](const sql::Row& row) {
      remember(row.string(0), row.string(1));
      return ok_status();
    });
  });
}

StatusOr<std::string> Places::normal(const std::string& location) {
  const auto refused = [&](std::string_view why) {
    return invalid_field("artifact_location", "\"", location, "\" ", why);
  };
  if (location.size() > kLongest) {
    return invalid("Invalid artifact path length. The length of the artifact path cannot be greater than ", kLongest,
                   " characters.");
  }
  if (location.starts_with("runs:")) {
    return invalid("Artifact location cannot be a runs:/ URI. Given: '", location, "'");
  }
  for (const char c : location) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '?' || c == '#')
      return refused("must not contain '?', '#' or control characters");
  }
  for (const std::string_view segment : split(location, '/')) {
    if (segment == "..") return refused("must not contain \"..\"");
  }
  std::string kept = location;
  if (kept.find(':') == std::string::npos) kept = std::filesystem::absolute(kept).string();
  while (kept.size() > 1 && kept.ends_with('/')) kept.pop_back();
  if (!kept.starts_with(kProxy)) return kept;
  if (kept.starts_with(str_cat(kProxy, "//")) && !kept.starts_with(str_cat(kProxy, "///")))
    return refused("must not name a server; write mlflow-artifacts:/folder");
  const std::string folder = folder_of(kept);
  if (folder == "artifacts") return refused("must name a folder below mlflow-artifacts:/");
  RETURN_IF_ERROR(blob::check_key(folder));
  // Those are the folders of experiments, and go with them.
  if (parse_int(split(folder, '/')[1])) return refused("must not begin with a number");
  return str_cat(kProxy, "/", folder.substr(folder.find('/') + 1));
}

std::string Places::folder_of(const std::string& location) {
  if (!location.starts_with(kProxy)) return "";
  std::string_view path = std::string_view(location).substr(kProxy.size());
  while (path.starts_with('/')) path.remove_prefix(1);
  return path.empty() ? "artifacts" : str_cat("artifacts/", path);
}

Status Places::note(sql::Connection& tx, const std::string& experiment_id, const std::string& location) {
  return tx
      .execute("INSERT INTO experiment_places(experiment_id, location, folder) VALUES (?, ?, ?)",
               {experiment_id, location, folder_of(location)})
      .status();
}

void Places::remember(const std::string& experiment_id, const std::string& location) {
  const std::lock_guard lock(mutex_);
  locations_[experiment_id] = location;
}

std::string Places::of(const std::string& experiment_id) const {
  const std::lock_guard lock(mutex_);
  const auto it = locations_.find(experiment_id);
  return it == locations_.end() ? "" : it->second;
}

}  // namespace treadle::tracking

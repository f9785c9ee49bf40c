// The words of the registry: a registered model has numbered versions; aliases and stages point at versions.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace treadle::registry {

using Tags = std::vector<std::pair<std::string, std::string>>;

struct Version {
  std::string model;
  std::int64_t version = 0;
  std::string run_id;  // the run that made it; may be empty
  std::string source;  // where its files are, as it was registered: "mlflow-artifacts:/…", "runs:/…" or "models:/…"
  std::string description;
  std::string stage = "None";  // None, Staging, Production, Archived
  std::string user;
  std::int64_t created_ms = 0, updated_ms = 0;
  std::string run_link;  // the run's page elsewhere; may be empty
  std::string model_id;  // the logged model that it is; may be empty
  std::string location;  // what a source "models:/…" meant when it was registered; empty for other sources
  std::vector<std::string> aliases;
  Tags tags;

  // Where its files are: what it was made of may be gone or mean something else by now.
  const std::string& place() const { return location.empty() ? source : location; }
};

struct Alias {
  std::string alias;
  std::int64_t version = 0;
};

struct Model {
  std::string name;
  std::string description;
  std::int64_t created_ms = 0, updated_ms = 0;
  std::vector<Alias> aliases;
  Tags tags;
  std::vector<Version> latest;  // the newest version of each stage
  std::int64_t versions_count = 0, latest_version = 0;
};

struct NewVersion {
  std::string model, run_id = {}, source, description = {}, user = {};
  Tags tags = {};
  std::string run_link = {}, model_id = {};
};

// Search over names, and for versions also over model, run and source; the grammar of tracking/filter.h.
struct Query {
  std::string filter;
  std::vector<std::string> order_by;
  std::int64_t limit = 100;
  std::int64_t offset = 0;
};

template <typename T>
struct Page {
  std::vector<T> items;
  bool more = false;
};

}  // namespace treadle::registry

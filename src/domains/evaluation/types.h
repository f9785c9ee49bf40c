// What an evaluation runs on: datasets of records (inputs, and what is expected of the answers), and scorers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace treadle::evaluation {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Dataset {
  std::string id, name;
  std::string digest;  // another one after every change of the records
  std::string schema;  // JSON text; "" while there were no records
  std::int64_t records = 0;
  std::int64_t created_ms = 0, updated_ms = 0;
  std::optional<std::string> created_by = {}, updated_by = {};
  Pairs tags = {};
  std::vector<std::string> experiment_ids = {};  // in the order they were added
};

// A record as its sender gives it. What is null was not given, except for `outputs`.
struct NewRecord {
  Json inputs = Json::object();
  bool has_outputs = false;
  Json outputs, expectations, tags;
  Json source;  // {"source_type": "HUMAN", "source_data": {…}}
};

struct Record {
  std::string id;
  std::string hash;  // of the inputs: a dataset holds the same inputs once
  std::int64_t position = 0;
  Json inputs = Json::object();
  Json outputs, expectations, tags, source;  // null when there are none
  std::int64_t created_ms = 0, updated_ms = 0;
  std::optional<std::string> created_by = {}, updated_by = {};
};

struct RecordPage {
  std::vector<Record> items;
  std::optional<std::int64_t> next;  // the position that the next page comes after
};

struct Query {
  std::vector<std::string> experiment_ids;  // none: all datasets
  std::string filter;
  std::vector<std::string> order_by;
  std::int64_t limit = 1000, offset = 0;
};

struct Page {
  std::vector<Dataset> items;
  bool more = false;
};

struct Upserted {
  std::int64_t inserted = 0, updated = 0;
};

// One version of a scorer. `body` is what its client wrote, JSON text that this server only keeps.
struct ScorerVersion {
  std::string scorer_id, experiment_id, name, body;
  std::int64_t version = 1, created_ms = 0;
};

}  // namespace treadle::evaluation

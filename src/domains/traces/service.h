// Traces of experiments and their spans. All methods are thread-safe; a write is durable when its call returns.
#pragma once

#include "base/status.h"
#include "domains/traces/types.h"
#include "domains/tracking/service.h"
#include "storage/sql/database.h"

namespace treadle::traces {

class Service {
 public:
  static constexpr std::size_t kMostSpans = 5000;  // in one call
  static constexpr std::size_t kMostPairs = 1000;  // tags or metadata in one call
  static constexpr std::size_t kMostIds = 1000;    // of one deletion or one reading

  Service(sql::Database& database, tracking::Service& tracking) : database_(database), tracking_(tracking) {}
  Status open();

  // What its maker reports of a trace, whether or not spans came before; tags and metadata are added to those there.
  StatusOr<TraceInfo> report(const TraceInfo& info);
  // Spans of any traces. A trace that is not there yet is made of what its spans say.
  Status record(const std::string& experiment_id, const std::vector<Span>& spans);

  // Whose permissions count for it; nullopt when there is no such trace.
  StatusOr<std::optional<std::string>> experiment_of(const std::string& id);
  // Inside a transaction that removes an experiment for good.
  static Status remove_all_of(sql::Connection& tx, const std::string& experiment_id);
  StatusOr<TraceInfo> get_info(const std::string& id);
  StatusOr<Trace> get(const std::string& id);
  // Those that are there, in the order asked for.
  StatusOr<std::vector<Trace>> get_many(const std::vector<std::string>& ids, bool with_spans);
  StatusOr<Page> search(const Query& query);
  StatusOr<std::int64_t> remove(const Deletion& deletion);
  Status set_tag(const std::string& id, const std::string& key, const std::string& value);
  Status delete_tag(const std::string& id, const std::string& key);

 private:
  sql::Database& database_;
  tracking::Service& tracking_;
};

}  // namespace treadle::traces

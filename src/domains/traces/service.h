// Traces of experiments and their spans. All methods are thread-safe; a write is durable when its call returns.
#pragma once

#include "base/clock.h"
#include "base/status.h"
#include "domains/traces/metrics.h"
#include "domains/traces/types.h"
#include "domains/tracking/service.h"
#include "storage/sql/database.h"

namespace treadle::traces {

class Service {
 public:
  static constexpr std::size_t kMostSpans = 20'000;  // in one call
  static constexpr std::size_t kMostPairs = 1000;    // tags or metadata in one call
  static constexpr std::size_t kMostIds = 1000;      // of one deletion or one reading

  static constexpr std::size_t kMostLinks = 100;  // traces linked to a run in one call

  Service(sql::Database& database, const Clock& clock, tracking::Service& tracking)
      : database_(database), clock_(clock), tracking_(tracking) {}
  Status open();

  // What its maker reports of a trace, whether or not spans came before; tags and metadata are added to those there.
  StatusOr<TraceInfo> report(const TraceInfo& info);
  // Spans of any traces. A trace that is not there yet is made of what its spans say. Those whose root is among them
  // are linked to the run, if one is named.
  Status record(const std::string& experiment_id, std::vector<Span> spans, const std::string& run_id = {});

  // Whose permissions count for it; nullopt when there is no such trace.
  StatusOr<std::optional<std::string>> experiment_of(const std::string& id);
  // Inside a transaction that removes an experiment for good.
  static Status remove_all_of(sql::Connection& tx, const std::string& experiment_id);
  StatusOr<TraceInfo> get_info(const std::string& id);
  StatusOr<Trace> get(const std::string& id);
  // Those that are there, in the order asked for.
  StatusOr<std::vector<Trace>> get_many(const std::vector<std::string>& ids, bool with_spans);
  StatusOr<Page> search(const Query& query);
  StatusOr<MetricPage> metrics(const MetricQuery& query);
  StatusOr<Overlap> overlap(const OverlapQuery& query);
  StatusOr<std::int64_t> remove(const Deletion& deletion);
  Status set_tag(const std::string& id, const std::string& key, const std::string& value);
  Status delete_tag(const std::string& id, const std::string& key);
  // The traces are found by the run from now on, as those are that the run itself made.
  Status link_to_run(const std::vector<std::string>& ids, const std::string& run_id);
  // The versions of prompts that the trace was made with, each as "name/version"; it is found by them.
  Status link_prompts(const std::string& id, const std::vector<std::string>& prompts);

  // Assessments (assessments.cc). One that overrides another makes that invalid, until it is deleted itself.
  StatusOr<Assessment> assess(const Assessment& assessment);
  StatusOr<Assessment> get_assessment(const std::string& trace_id, const std::string& id);
  StatusOr<Assessment> change_assessment(const std::string& trace_id, const std::string& id,
                                         const AssessmentChange& change);
  // Safe to repeat.
  Status delete_assessment(const std::string& trace_id, const std::string& id);

 private:
  void complete(Assessment& assessment) const;
  static StatusOr<Assessment> existing(sql::Connection& connection, const std::string& trace_id, const std::string& id);

  sql::Database& database_;
  const Clock& clock_;
  tracking::Service& tracking_;
};

}  // namespace treadle::traces

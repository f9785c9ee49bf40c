// What a move of a run leaves behind, in one transaction: rows, events, lineage, cache entries.
#pragma once

#include <vector>

#include "base/clock.h"
#include "domains/events/event_log.h"
#include "domains/lineage/graph.h"
#include "domains/pipelines/run_graph.h"

namespace treadle::pipelines {

class Records {
 public:
  Records(events::EventLog& events, lineage::Graph& graph, const Clock& clock)
      : events_(events), graph_(graph), clock_(clock) {}

  Status write_run(sql::Connection& tx, const Run& run);
  Status write_task(sql::Connection& tx, const Run& run, const Node& node);
  events::Event run_event(const char* type, const Run& run) const;

 private:
  Status write_lineage(sql::Connection& tx, const Run& run, const Task& task);

  events::EventLog& events_;
  lineage::Graph& graph_;
  const Clock& clock_;
};

}  // namespace treadle::pipelines

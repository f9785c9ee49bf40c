// Deployments: named endpoints that answer with one version of a registered model.
//
//   Service serving(database, events, graph, clock, source, sink);
//   RETURN_IF_ERROR(serving.open());   // tables
//   RETURN_IF_ERROR(serving.start());  // loads what served before, in the background
//   ASSIGN_OR_RETURN(Deployment d, serving.deploy("energy-demand", {.model = "energy-demand", .version = 3}));
//
// All methods are thread-safe. begin() and finish() never touch SQL.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "domains/events/event_log.h"
#include "domains/lineage/graph.h"
#include "domains/serving/call.h"
#include "domains/serving/model_source.h"
#include "domains/serving/prediction_queue.h"
#include "domains/serving/prediction_sink.h"
#include "domains/serving/reconciler.h"
#include "domains/serving/store.h"
#include "storage/sql/database.h"

namespace treadle::serving {

class Service {
 public:
  static constexpr std::chrono::milliseconds kDeployTimeout{60'000};

  Service(sql::Database& database, events::EventLog& events, lineage::Graph& graph, const Clock& clock,
          ModelSource& source, PredictionSink& sink);
  ~Service();

  // Before open(); the server adds every runtime it has.
  void add_runtime(std::unique_ptr<ModelRuntime> runtime) { runtimes_.add(std::move(runtime)); }
  Status open();
  Status start();
  // Finishes a load under way and hands the queued predictions over.
  void stop();
  // False while what served before the start is still being loaded.
  bool ready() const { return reconciler_.settled(); }

  StatusOr<std::vector<Deployment>> list();
  // kNotFound with the nearest name.
  StatusOr<Deployment> get(std::string_view name);
  StatusOr<std::vector<DeploymentChange>> history(std::string_view name);
  // Creates the deployment or moves it to another version; returns when that version serves. Errors: kInvalidArgument
  // (bad name), kNotFound (model or version), kAborted (a gate of the model refuses it), kFailedPrecondition (the
  // version cannot be loaded; what served before goes on serving), kDeadlineExceeded (still loading).
  StatusOr<Deployment> deploy(std::string_view name, const DeploymentSpec& spec);
  // The version of `model` that answers now; 0: none. Without SQL and without waiting.
  std::int64_t serving_now(std::string_view name, std::string_view model) const;
  // Takes the deployment offline, or loads its version again.
  StatusOr<Deployment> set_stopped(std::string_view name, bool stopped, std::string_view reason);

  // Begins a request; see call.h. `version` "" means whatever serves.
  StatusOr<Call> begin(std::string_view name, std::string_view version = {}) const;
  // Ends an answered request: counts it and queues its rows for the prediction log. `key` "" when it has none.
  void finish(Call& call, std::string_view key);
  // Ends a request whose rows have keys: durable when it returns ok. Gives each row its id; `rows` has one per value.
  struct Context {
    std::optional<std::int64_t> origin_ms = {};
    std::string run_id = {};
  };
  Status finish_durably(Call& call, const Context& context, std::vector<PredictionRow>& rows);

  const LiveTable& live() const { return live_; }
  std::uint64_t predictions_dropped() const { return queue_->dropped(); }
  // Waits until the rows of all finished calls were handed to the sink.
  void flush_predictions() { queue_->flush(); }

 private:
  Deployment describe(const DeploymentRow& row) const;
  StatusOr<DeploymentRow> find(std::string_view name);
  StatusOr<Deployment> request(std::string_view name, const DeploymentSpec& spec, bool stopped);

  sql::Database& database_;
  events::EventLog& events_;
  const Clock& clock_;
  ModelSource& source_;
  PredictionSink& sink_;
  DeploymentStore store_;
  RuntimeRegistry runtimes_;
  LiveTable live_;
  std::unique_ptr<PredictionQueue> queue_;
  Reconciler reconciler_;
};

}  // namespace treadle::serving

// Pipelines: stores specs (KFP v2 IR), executes runs as persisted state machines. Every transition is a row and an
// event in one transaction; after a crash start() goes on from the rows. All methods are thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "domains/events/event_log.h"
#include "domains/lineage/graph.h"
#include "domains/pipelines/types.h"
#include "domains/tracking/service.h"
#include "executors/executor.h"
#include "storage/blob/blob_store.h"
#include "storage/sql/database.h"

namespace treadle::pipelines {

struct Options {
  std::filesystem::path work_folder;    // steps' working directories; removed when a step is done
  std::filesystem::path layers_folder;  // Python dependency layers
  std::filesystem::path wheels_folder;  // TREADLE_WHEELS; empty: pip's ordinary index
  std::string server_url;               // TREADLE_URL for steps; may be set later, before start()
  std::string server_token;             // TREADLE_TOKEN and MLFLOW_TRACKING_TOKEN; "" when the server asks for none
  std::string binary_version;           // part of the cache key of native components: another for other code
  unsigned parallelism = 0;             // steps at once; 0: the number of cores
  std::size_t max_active_runs = 1000;   // more are refused
};

class Engine;

class Service {
 public:
  Service(sql::Database& database, events::EventLog& events, lineage::Graph& graph, const Clock& clock,
          blob::BlobStore& blobs, tracking::Service& tracking, executors::Executor& executor, Options options);
  ~Service();
  Status open();
  // Where steps find the server, and the token they show it ("" when it asks for none); before start().
  void set_server(std::string url, std::string token);
  // Takes up unfinished runs and executes new ones until stop(), which ends running steps; they are run again by the
  // next start().
  Status start();
  void stop();

  // The spec and the parameters are checked here: an error changes nothing. Repeating a given id returns that run.
  StatusOr<Run> submit(const Submission& submission);
  StatusOr<Run> get_run(const std::string& id);  // UUID or 32 hex digits
  StatusOr<std::vector<Task>> tasks(const std::string& run_id);
  StatusOr<Json> run_spec(const std::string& run_id);
  StatusOr<Page<Run>> list_runs(const RunQuery& query);
  // The newest attempt's log from `offset`, at most `limit` bytes; empty while nothing was written.
  StatusOr<std::string> task_log(const std::string& run_id, const std::string& task, std::int64_t offset,
                                 std::int64_t limit = 1 << 20);
  Status cancel(const std::string& run_id);  // a finished run is kFailedPrecondition
  Status archive(const std::string& run_id, bool archived);
  Status delete_run(const std::string& run_id);  // only finished runs

  StatusOr<Pipeline> create_pipeline(const std::string& name, const std::string& display_name,
                                     const std::string& description);
  StatusOr<PipelineVersion> create_version(const std::string& pipeline_id, const std::string& name,
                                           const std::string& description, const Json& spec,
                                           const CodeVersion& code = {});
  // The pipeline, made when it is not there, with a new version ("1", "2" …) of it; the latest one when that is the
  // same spec of the same code. An empty name is the spec's own.
  StatusOr<PipelineVersion> put_pipeline(const std::string& name, const std::string& description, const Json& spec,
                                         const CodeVersion& code = {});
  StatusOr<Pipeline> get_pipeline(const std::string& id_or_name);
  StatusOr<Page<Pipeline>> list_pipelines(std::int64_t limit, std::int64_t offset, const std::string& name = "");
  Status delete_pipeline(const std::string& id, bool cascade);
  StatusOr<PipelineVersion> get_version(const std::string& id);
  StatusOr<Page<PipelineVersion>> list_versions(const std::string& pipeline_id, std::int64_t limit,
                                                std::int64_t offset);
  Status delete_version(const std::string& id);

 private:
  StatusOr<Run> find_run(const std::string& id);

  sql::Database& database_;
  events::EventLog& events_;
  const Clock& clock_;
  blob::BlobStore& blobs_;
  tracking::Service& tracking_;
  std::unique_ptr<Engine> engine_;
};

// IR text as a spec: JSON, or YAML whose second document (PlatformSpec) is left out.
StatusOr<Json> parse_spec_text(std::string_view text);

}  // namespace treadle::pipelines

// Rows of pipelines. Functions take the connection, so that a caller's one transaction holds rows, events and lineage.
#pragma once

#include <string>
#include <vector>

#include "domains/pipelines/types.h"
#include "storage/sql/database.h"

namespace treadle::pipelines::store {

std::vector<sql::Migration> migrations();

Status insert_run(sql::Connection& tx, const Run& run, const Json& spec, std::optional<bool> caching);
Status update_run(sql::Connection& tx, const Run& run);
StatusOr<Run> load_run(sql::Connection& connection, const std::string& id);
struct RunSpec {
  Json spec;
  std::optional<bool> caching;
};
StatusOr<RunSpec> load_spec(sql::Connection& connection, const std::string& id);
StatusOr<Page<Run>> list_runs(sql::Connection& connection, const RunQuery& query);
StatusOr<std::vector<std::string>> unfinished_runs(sql::Connection& connection);
Status delete_run(sql::Connection& tx, const std::string& id);

Status put_task(sql::Connection& tx, const std::string& run_id, std::size_t position, const Task& task);
StatusOr<std::vector<Task>> load_tasks(sql::Connection& connection, const std::string& run_id);

struct CacheEntry {
  std::string run_id, task;
  Json outputs;
};
StatusOr<std::optional<CacheEntry>> find_cached(sql::Connection& connection, const std::string& key);
Status put_cached(sql::Connection& tx, const std::string& key, const CacheEntry& entry, std::int64_t now_ms);

Status insert_pipeline(sql::Connection& tx, const Pipeline& pipeline);
StatusOr<Pipeline> load_pipeline(sql::Connection& connection, const std::string& id_or_name);
StatusOr<Page<Pipeline>> list_pipelines(sql::Connection& connection, std::int64_t limit, std::int64_t offset,
                                        const std::string& name);
Status delete_pipeline(sql::Connection& tx, const std::string& id);
Status insert_version(sql::Connection& tx, const PipelineVersion& version);
StatusOr<PipelineVersion> load_version(sql::Connection& connection, const std::string& id);
StatusOr<Page<PipelineVersion>> list_versions(sql::Connection& connection, const std::string& pipeline_id,
                                              std::int64_t limit, std::int64_t offset);
Status delete_version(sql::Connection& tx, const std::string& id);

}  // namespace treadle::pipelines::store

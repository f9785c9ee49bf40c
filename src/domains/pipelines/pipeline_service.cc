// The stored pipelines and their versions.
#include "base/ids.h"
#include "domains/pipelines/engine.h"
#include "domains/pipelines/spec.h"
#include "domains/pipelines/store.h"

namespace treadle::pipelines {
namespace {

Status check_name(const std::string& name) {
  if (trim(name).empty()) return invalid_field("name", "is required");
  if (name.size() > 250) return invalid_field("name", "is longer than 250 characters");
  return ok_status();
}

}  // namespace

StatusOr<Pipeline> Service::create_pipeline(const std::string& name, const std::string& display_name,
                                            const std::string& description) {
  RETURN_IF_ERROR(check_name(name));
  const Pipeline pipeline{hex_to_uuid(new_hex_id()), name, display_name.empty() ? name : display_name, description,
                          clock_.now_ms(),           ""};
  const Status inserted = database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::insert_pipeline(tx, pipeline));
    return events_.append(tx, {0, 0, "pipeline.created", "pipeline/" + name, {{"id", pipeline.id}, {"name", name}}});
  });
  if (inserted.code() == StatusCode::kAlreadyExists) {
    return already_exists("a pipeline named ", name, " exists: upload a new version of it, or choose another name");
  }
  RETURN_IF_ERROR(inserted);
  return pipeline;
}

StatusOr<PipelineVersion> Service::create_version(const std::string& pipeline_id, const std::string& name,
                                                  const std::string& description, const Json& spec,
                                                  const CodeVersion& code) {
  ASSIGN_OR_RETURN(const Pipeline pipeline, get_pipeline(pipeline_id));
  PipelineVersion version{hex_to_uuid(new_hex_id()), pipeline.id,       name, description,
                          clock_.now_ms(),           unwrap_spec(spec), code};
  RETURN_IF_ERROR(check_name(name));
  RETURN_IF_ERROR(check_spec(version.spec));
  const Status inserted = database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::insert_version(tx, version));
    return events_.append(
        tx, {0, 0, "pipeline_version.created", "pipeline/" + pipeline.name, {{"id", version.id}, {"name", name}}});
  });
  if (inserted.code() == StatusCode::kAlreadyExists) {
    return already_exists("pipeline ", pipeline.name, " has a version named ", name);
  }
  RETURN_IF_ERROR(inserted);
  return version;
}

StatusOr<PipelineVersion> Service::put_pipeline(const std::string& given_name, const std::string& given_description,
                                                const Json& spec, const CodeVersion& code) {
  RETURN_IF_ERROR(check_spec(unwrap_spec(spec)));
  const std::string description = given_description.empty() ? spec_description(unwrap_spec(spec)) : given_description;
  const std::string name = given_name.empty() ? spec_name(unwrap_spec(spec)) : given_name;
  const StatusOr<Pipeline> created = create_pipeline(name, name, description);
  if (!created.ok() && created.status().code() != StatusCode::kAlreadyExists) return created.status();
  ASSIGN_OR_RETURN(const Pipeline pipeline, get_pipeline(name));
  ASSIGN_OR_RETURN(const auto versions, list_versions(pipeline.id, 1, 0));
  if (!versions.items.empty()) {
    const PipelineVersion& latest = versions.items.front();
    const bool same_code = latest.code.commit == code.commit && latest.code.dirty == code.dirty;
    if (same_code && latest.spec == unwrap_spec(spec)) return latest;
  }
  return create_version(pipeline.id, std::to_string(versions.total + 1), description, spec, code);
}

StatusOr<Pipeline> Service::get_pipeline(const std::string& id_or_name) {
  StatusOr<Pipeline> found = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    found = store::load_pipeline(connection, id_or_name);
    return ok_status();
  }));
  return found;
}

StatusOr<Page<Pipeline>> Service::list_pipelines(std::int64_t limit, std::int64_t offset, const std::string& name) {
  Page<Pipeline> page;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(page, store::list_pipelines(connection, limit, offset, name));
    return ok_status();
  }));
  return page;
}

Status Service::delete_pipeline(const std::string& id, bool cascade) {
  ASSIGN_OR_RETURN(const Pipeline pipeline, get_pipeline(id));
  if (!cascade && !pipeline.latest_version_id.empty()) {
    return failed_precondition("pipeline ", pipeline.name, " has versions: delete them first, or ask for cascade");
  }
  return database_.write([&](sql::Connection& tx) { return store::delete_pipeline(tx, pipeline.id); });
}

StatusOr<PipelineVersion> Service::get_version(const std::string& id) {
  StatusOr<PipelineVersion> found = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    found = store::load_version(connection, id);
    return ok_status();
  }));
  return found;
}

StatusOr<Page<PipelineVersion>> Service::list_versions(const std::string& pipeline_id, std::int64_t limit,
                                                       std::int64_t offset) {
  ASSIGN_OR_RETURN(const Pipeline pipeline, get_pipeline(pipeline_id));
  Page<PipelineVersion> page;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(page, store::list_versions(connection, pipeline.id, limit, offset));
    return ok_status();
  }));
  return page;
}

Status Service::delete_version(const std::string& id) {
  ASSIGN_OR_RETURN(const PipelineVersion version, get_version(id));
  return database_.write([&](sql::Connection& tx) { return store::delete_version(tx, version.id); });
}

}  // namespace treadle::pipelines

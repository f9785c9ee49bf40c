#include "domains/pipelines/store.h"

namespace treadle::pipelines::store {
namespace {

constexpr std::string_view kPipelineColumns =
    "id, name, display_name, description, created_ms, "
    "COALESCE((SELECT v.id FROM pipeline_versions v WHERE v.pipeline_id = pipelines.id ORDER BY v.position DESC LIMIT "
    "1), ''), "
    "COALESCE((SELECT v.name FROM pipeline_versions v WHERE v.pipeline_id = pipelines.id ORDER BY v.position DESC "
    "LIMIT 1), ''), "
    "(SELECT COUNT(*) FROM pipeline_versions v WHERE v.pipeline_id = pipelines.id)";

Pipeline read_pipeline(const sql::Row& row) {
  return {row.string(0),  row.string(1), row.string(2), row.string(3),
          row.integer(4), row.string(5), row.string(6), row.integer(7)};
}

constexpr std::string_view kVersionColumns =
    "SELECT id, pipeline_id, name, description, created_ms, spec, code_commit, code_dirty FROM pipeline_versions";

StatusOr<PipelineVersion> read_version(const sql::Row& row) {
  PipelineVersion version{row.string(0),
                          row.string(1),
                          row.string(2),
                          row.string(3),
                          row.integer(4),
                          {},
                          {row.string(6), row.integer(7) != 0}};
  ASSIGN_OR_RETURN(version.spec, parse_json(row.text(5)));
  return version;
}

}  // namespace

Status insert_pipeline(sql::Connection& tx, const Pipeline& pipeline) {
  return detail::as_status(
      tx.execute("INSERT INTO pipelines(id, name, display_name, description, created_ms) VALUES (?, ?, ?, ?, ?)",
                 {pipeline.id, pipeline.name, pipeline.display_name, pipeline.description, pipeline.created_ms}));
}

StatusOr<Pipeline> load_pipeline(sql::Connection& connection, const std::string& id_or_name) {
  std::optional<Pipeline> found;
  RETURN_IF_ERROR(connection.query(str_cat("SELECT ", kPipelineColumns, " FROM pipelines WHERE id = ? OR name = ?"),
                                   {id_or_name, id_or_name}, [&](const sql::Row& row) {
                                     found = read_pipeline(row);
                                     return ok_status();
                                   }));
  if (!found) return not_found("pipeline ", id_or_name, " does not exist");
  return *found;
}

StatusOr<Page<Pipeline>> list_pipelines(sql::Connection& connection, std::int64_t limit, std::int64_t offset,
                                        const std::string& name) {
  const std::string where = name.empty() ? "" : " WHERE name = ?";
  sql::Values values;
  if (!name.empty()) values.emplace_back(name);
  Page<Pipeline> page;
  ASSIGN_OR_RETURN(const auto total,
                   connection.query_integer(str_cat("SELECT COUNT(*) FROM pipelines", where), values));
  page.total = total.value_or(0);
  values.emplace_back(limit);
  values.emplace_back(offset);
  RETURN_IF_ERROR(connection.query(
      str_cat("SELECT ", kPipelineColumns, " FROM pipelines", where, " ORDER BY created_ms DESC, id LIMIT ? OFFSET ?"),
      values, [&](const sql::Row& row) {
        page.items.push_back(read_pipeline(row));
        return ok_status();
      }));
  page.more = offset + static_cast<std::int64_t>(page.items.size()) < page.total;
  return page;
}

Status delete_pipeline(sql::Connection& tx, const std::string& id) {
  RETURN_IF_ERROR(tx.execute("DELETE FROM pipeline_versions WHERE pipeline_id = ?", {id}));
  return detail::as_status(tx.execute("DELETE FROM pipelines WHERE id = ?", {id}));
}

Status insert_version(sql::Connection& tx, const PipelineVersion& version) {
  return detail::as_status(tx.execute(
      "INSERT INTO pipeline_versions(id, pipeline_id, name, description, created_ms, position, spec, code_commit, "
      "code_dirty) VALUES "
      "(?, ?, ?, ?, ?, (SELECT COALESCE(MAX(position), 0) + 1 FROM pipeline_versions WHERE pipeline_id = ?), "
      "?, ?, ?)",
      {version.id, version.pipeline_id, version.name, version.description, version.created_ms, version.pipeline_id,
       to_text(version.spec), version.code.commit, version.code.dirty}));
}

StatusOr<PipelineVersion> load_version(sql::Connection& connection, const std::string& id) {
  StatusOr<PipelineVersion> found = not_found("pipeline version ", id, " does not exist");
  RETURN_IF_ERROR(connection.query(str_cat(kVersionColumns, " WHERE id = ?"), {id}, [&](const sql::Row& row) -> Status {
    found = read_version(row);
    return found.status();
  }));
  return found;
}

StatusOr<Page<PipelineVersion>> list_versions(sql::Connection& connection, const std::string& pipeline_id,
                                              std::int64_t limit, std::int64_t offset) {
  Page<PipelineVersion> page;
  ASSIGN_OR_RETURN(
      const auto total,
      connection.query_integer("SELECT COUNT(*) FROM pipeline_versions WHERE pipeline_id = ?", {pipeline_id}));
  page.total = total.value_or(0);
  RETURN_IF_ERROR(
      connection.query(str_cat(kVersionColumns, " WHERE pipeline_id = ? ORDER BY position DESC LIMIT ? OFFSET ?"),
                       {pipeline_id, limit, offset}, [&](const sql::Row& row) -> Status {
                         ASSIGN_OR_RETURN(PipelineVersion version, read_version(row));
                         page.items.push_back(std::move(version));
                         return ok_status();
                       }));
  page.more = offset + static_cast<std::int64_t>(page.items.size()) < page.total;
  return page;
}

Status delete_version(sql::Connection& tx, const std::string& id) {
  return detail::as_status(tx.execute("DELETE FROM pipeline_versions WHERE id = ?", {id}));
}

}  // namespace treadle::pipelines::store

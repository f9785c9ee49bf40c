// The part of the service that takes over another registry's records: with their numbers and times, safe to repeat.
#include "domains/registry/gate.h"
#include "domains/registry/rules.h"
#include "domains/registry/service.h"
#include "domains/registry/sql_store.h"

namespace treadle::registry {

StatusOr<Model> Service::import_model(const Model& given) {
  RETURN_IF_ERROR(check_model_name(given.name));
  for (const auto& [key, value] : given.tags) RETURN_IF_ERROR(check_tag(key, value));
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    const auto before = store::load_model(tx, given.name);
    if (!before.ok() && before.status().code() != StatusCode::kNotFound) return before.status();
    if (!before.ok()) {
      RETURN_IF_ERROR(store::insert_model(tx, given));
      RETURN_IF_ERROR(events_.append(
          tx, {0, 0, "model.created", "model/" + given.name, {{"model", given.name}, {"prompt", is_prompt(given)}}}));
    }
    for (const auto& [key, value] : given.tags) RETURN_IF_ERROR(store::put_tag(tx, given.name, 0, key, value));
    return store::put_model_row(tx, given);
  }));
  return get_model(given.name);
}

StatusOr<Version> Service::import_version(const Version& given) {
  if (given.version < 1 || given.version > INT32_MAX) return invalid_field("version", "must be 1 or more");
  if (given.source.empty()) return invalid_field("source", "is required: where the model's files are");
  for (const auto& [key, value] : given.tags) RETURN_IF_ERROR(check_tag(key, value));
  ASSIGN_OR_RETURN(const std::string stage, canonical_stage(given.stage));
  StatusOr<Version> imported = internal_error("");
  RETURN_IF_ERROR(promote("imported", [&](sql::Connection& tx, Promotion& promotion) -> Status {
    RETURN_IF_ERROR(store::load_model(tx, given.model));
    const auto before = store::load_version(tx, given.model, given.version);
    if (!before.ok() && before.status().code() != StatusCode::kNotFound) return before.status();
    Version row = given;
    row.stage = stage;
    const std::string stage_before = before.ok() ? before->stage : "None";
    if (stage != stage_before) {
      HistoryEntry entry{
          .kind = "stage.changed", .target = str_cat(kStage, stage), .before = stage_before, .after = stage};
      ASSIGN_OR_RETURN(const bool accepted, let_through(tx, promotion, row, std::move(entry)));
      if (!accepted) return ok_status();
    }
    if (!before.ok() || before->run_id != row.run_id || before->source != row.source) {
      RETURN_IF_ERROR(promotion.scribe.note(tx, {.model = given.model,
                                                 .version = given.version,
                                                 .kind = "version.imported",
                                                 .before = before.ok() ? before->source : "",
                                                 .after = given.source,
                                                 .details = {{"run_id", given.run_id}}}));
    }
    if (!before.ok()) {
      RETURN_IF_ERROR(store::insert_version(tx, row));
      RETURN_IF_ERROR(store::reserve_version(tx, given.model, given.version));
      const lineage::NodeKey node{"model_version", version_id(given.model, given.version)};
      RETURN_IF_ERROR(graph_.add_node(tx, {node.kind, node.id, {{"source", given.source}}}));
      if (!given.run_id.empty()) {
        RETURN_IF_ERROR(graph_.add_node(tx, {"run", given.run_id}));
        RETURN_IF_ERROR(graph_.add_edge(tx, {{"run", given.run_id}, node, "registered"}));
      }
      RETURN_IF_ERROR(events_.append(tx, version_event("model_version.created", given.model, given.version,
                                                       {{"run_id", given.run_id}, {"imported", true}})));
    }
    for (const auto& [key, value] : given.tags)
      RETURN_IF_ERROR(store::put_tag(tx, given.model, given.version, key, value));
    RETURN_IF_ERROR(store::put_version_row(tx, row));
    imported = store::load_version(tx, given.model, given.version);
    return imported.status();
  }));
  return imported;
}

}  // namespace treadle::registry

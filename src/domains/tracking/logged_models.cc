// The part of the service that keeps logged models.
#include <map>

#include "base/ids.h"
#include "base/json.h"
#include "base/strings.h"
#include "domains/tracking/service.h"
#include "domains/tracking/sql_store.h"
#include "domains/tracking/validate.h"

namespace treadle::tracking {
namespace {

events::Event model_event(std::string type, const LoggedModel& model) {
  return {0,
          0,
          std::move(type),
          "logged_model/" + model.id,
          {{"model_id", model.id}, {"run_id", model.run_id}, {"status", to_string(model.status)}}};
}

Status check_name(const std::string& name) {
  if (name.find('\0') != std::string::npos) return invalid_field("name", "must not contain the character NUL");
  if (name.size() > 500) return invalid_field("name", "is longer than 500 characters");
  if (trim(name).empty() || name.find_first_of("/:.%\"'") != std::string::npos) {
    return invalid_field("name", "Invalid model name (", name,
                         "). Model name must be a non-empty string and must not contain / : . % \" or '");
  }
  return ok_status();
}

// MLflow holds params and tags of logged models to none of the rules for those of runs: autologging sends whatever an
// estimator was made with.
Status check_pairs(std::string_view what, const Tags& pairs) {
  constexpr std::size_t kMost = 10'000, kLongestKey = 1000, kLongestValue = 100'000;
  if (pairs.size() > kMost) return invalid_field(what, "are more than ", kMost);
  for (const auto& [key, value] : pairs) {
    for (const auto& [text, longest] : {std::pair(&key, kLongestKey), std::pair(&value, kLongestValue)}) {
      if (text->find('\0') != std::string::npos) return invalid_field(what, "must not contain the character NUL");
      if (text->size() > longest) return invalid_field(what, "hold a text of more than ", longest, " bytes");
    }
  }
  return ok_status();
}

// A param has one value.
Status check_params(const Tags& params) {
  std::map<std::string_view, std::string_view> seen;
  for (const auto& [key, value] : params) {
    const auto [it, fresh] = seen.emplace(key, value);
    if (!fresh && it->second != value) return invalid_field("params", "hold \"", key, "\" more than once");
  }
  return check_pairs("params", params);
}

}  // namespace

std::string_view to_string(ModelStatus status) {
  switch (status) {
    case ModelStatus::kPending:
      return "PENDING";
    case ModelStatus::kReady:
      return "READY";
    case ModelStatus::kUploadFailed:
      return "UPLOAD_FAILED";
  }
  return "PENDING";
}

StatusOr<LoggedModel> Service::create_logged_model(const LoggedModel& wanted) {
  LoggedModel model = wanted;
  model.id = "m-" + new_ordered_hex_id();
  if (model.name.empty()) model.name = "model-" + model.id.substr(model.id.size() - 8);  // the id begins with the time
  RETURN_IF_ERROR(check_name(model.name));
  RETURN_IF_ERROR(check_params(model.params));
  RETURN_IF_ERROR(check_pairs("tags", model.tags));
  model.created_ms = model.updated_ms = clock_.now_ms();
  RETURN_IF_ERROR(write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const Experiment experiment, store::load_active_experiment(tx, model.experiment_id));
    model.experiment_id = experiment.id;  // "01" is written "1"
    RETURN_IF_ERROR(store::insert_logged_model(tx, model));
    for (const auto& [key, value] : model.params)
      RETURN_IF_ERROR(store::put_logged_model_param(tx, model.id, key, value));
    for (const auto& [key, value] : model.tags) RETURN_IF_ERROR(store::put_logged_model_tag(tx, model.id, key, value));
    RETURN_IF_ERROR(graph_.add_node(tx, {"logged_model", model.id, {{"name", model.name}}}));
    if (!model.run_id.empty()) {
      // As in MLflow the run may be one of another server; only one that is here is part of the lineage.
      Status known = store::load_run_row(tx, model.run_id).status();
      if (known.ok())
        RETURN_IF_ERROR(graph_.add_edge(tx, {{"run", model.run_id}, {"logged_model", model.id}, "output"}));
      if (!known.ok() && known.code() != StatusCode::kNotFound) return known;
    }
    return events_.append(tx, model_event("logged_model.created", model));
  }));
  places_.fill(model);
  return model;
}

StatusOr<LoggedModel> Service::get_logged_model(const std::string& id, bool deleted_too) {
  StatusOr<LoggedModel> found = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    found = store::load_logged_model(connection, id);
    return ok_status();
  }));
  if (found.ok() && found->deleted && !deleted_too) return not_found("Logged model with ID '", id, "' not found.");
  if (found.ok()) places_.fill(*found);
  return found;
}

StatusOr<Page<LoggedModel>> Service::search_logged_models(const ModelQuery& query) {
  StatusOr<Page<LoggedModel>> page = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    page = store::search_logged_models(connection, query);
    return ok_status();
  }));
  if (page.ok()) {
    for (LoggedModel& model : page->items) places_.fill(model);
  }
  return page;
}

StatusOr<LoggedModel> Service::change_logged_model(
    const std::string& id, const std::function<Status(sql::Connection&, LoggedModel&)>& change) {
  StatusOr<LoggedModel> changed = internal_error("");
  RETURN_IF_ERROR(write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(LoggedModel model, store::load_logged_model(tx, id));
    if (model.deleted) return not_found("Logged model with ID '", id, "' not found.");
    RETURN_IF_ERROR(change(tx, model));
    model.updated_ms = clock_.now_ms();
    RETURN_IF_ERROR(store::update_logged_model(tx, model));
    changed = store::load_logged_model(tx, id);
    return events_.append(tx, model_event(model.deleted ? "logged_model.deleted" : "logged_model.updated", model));
  }));
  if (changed.ok()) places_.fill(*changed);
  return changed;
}

StatusOr<LoggedModel> Service::finalize_logged_model(const std::string& id, ModelStatus status) {
  return change_logged_model(id, [&](sql::Connection&, LoggedModel& model) {
    model.status = status;
    return ok_status();
  });
}

Status Service::delete_logged_model(const std::string& id) {
  return change_logged_model(id,
                             [&](sql::Connection& tx, LoggedModel& model) {
                               model.deleted = true;
                               return Trash::note(tx, "logged_model", id, clock_.now_ms());
                             })
      .status();
}

StatusOr<LoggedModel> Service::set_logged_model_tags(const std::string& id, const Tags& tags) {
  RETURN_IF_ERROR(check_pairs("tags", tags));
  return change_logged_model(id, [&](sql::Connection& tx, LoggedModel&) -> Status {
    for (const auto& [key, value] : tags) RETURN_IF_ERROR(store::put_logged_model_tag(tx, id, key, value));
    return ok_status();
  });
}

Status Service::delete_logged_model_tag(const std::string& id, const std::string& key) {
  return change_logged_model(id,
                             [&](sql::Connection& tx, LoggedModel&) -> Status {
                               ASSIGN_OR_RETURN(const bool removed, store::remove_logged_model_tag(tx, id, key));
                               if (removed) return ok_status();
                               return not_found("No tag with key '", key, "' found for model with ID '", id, "'.");
                             })
      .status();
}

Status Service::log_logged_model_params(const std::string& id, const Tags& params) {
  RETURN_IF_ERROR(check_params(params));
  return change_logged_model(id,
                             [&](sql::Connection& tx, LoggedModel& model) -> Status {
                               for (const auto& [key, value] : params) {
                                 for (const auto& [known, before] : model.params) {
                                   if (known == key && before != value) {
                                     return invalid_field("params", "Changing param values is not allowed. Param \"",
                                                          key, "\" was already logged with value \"", before, "\"");
                                   }
                                 }
                                 RETURN_IF_ERROR(store::put_logged_model_param(tx, id, key, value));
                               }
                               return ok_status();
                             })
      .status();
}

Status Service::note_model(const std::string& run_id, const Json& model) {
  constexpr std::string_view kTag = "mlflow.log-model.history";
  return write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const Run run, store::load_run(tx, run_id));
    RETURN_IF_ERROR(must_be_active(run));
    Json history = Json::array();
    for (const auto& [key, value] : run.tags) {
      if (key != kTag) continue;
      auto noted = parse_json(value);
      if (noted.ok() && noted->is_array()) history = *std::move(noted);
    }
    history.push_back(model);
    const Tags tags = {{std::string(kTag), to_text(history)}};
    RETURN_IF_ERROR(check_pairs("tags", tags));
    RETURN_IF_ERROR(store::put_tags(tx, run_id, tags));
    tx.after_commit([this, run_id, tags] { columns_.batch_logged(run_id, {.tags = tags}); });
    return events_.append(tx, {0, 0, "run.logged", "run/" + run_id, {{"run_id", run_id}}});
  });
}

Status Service::link_models(sql::Connection& tx, const Run& run, const Batch& batch) {
  for (const ModelLink& link : batch.model_inputs) {
    RETURN_IF_ERROR(store::load_logged_model(tx, link.model_id));
    RETURN_IF_ERROR(store::put_run_model(tx, run.id, link, "input"));
    RETURN_IF_ERROR(graph_.add_edge(tx, {{"logged_model", link.model_id}, {"run", run.id}, "input"}));
  }
  for (const ModelLink& link : batch.model_outputs) {
    RETURN_IF_ERROR(store::load_logged_model(tx, link.model_id));
    RETURN_IF_ERROR(store::put_run_model(tx, run.id, link, "output"));
    RETURN_IF_ERROR(graph_.add_edge(tx, {{"run", run.id}, {"logged_model", link.model_id}, "output"}));
  }
  return ok_status();
}

}  // namespace treadle::tracking

#include "domains/registry/service.h"

#include <algorithm>

#include "domains/registry/gate_store.h"
#include "domains/registry/rules.h"
#include "domains/registry/sql_store.h"
#include "domains/tracking/validate.h"

namespace treadle::registry {
namespace {

Json tags_object(const Tags& tags) {
  Json object = Json::object();
  for (const auto& [key, value] : tags) object[key] = value;
  return object;
}

// What happened to a model itself; whoever is told of it (webhooks) tells models from prompts.
events::Event model_event(std::string type, const Model& model, Json more = Json::object()) {
  more["model"] = model.name;
  more["prompt"] = is_prompt(model);
  return {0, 0, std::move(type), "model/" + model.name, std::move(more)};
}

// A tag of a version, or of the model when `version` is 0; both must exist.
StatusOr<std::optional<std::string>> tag_before(sql::Connection& tx, const std::string& model, std::int64_t version,
                                                const std::string& key) {
  Tags tags;
  if (version == 0) {
    ASSIGN_OR_RETURN(Model found, store::load_model(tx, model));
    tags = std::move(found.tags);
  } else {
    ASSIGN_OR_RETURN(Version found, store::load_version(tx, model, version));
    tags = std::move(found.tags);
  }
  const auto it = std::find_if(tags.begin(), tags.end(), [&](const auto& tag) { return tag.first == key; });
  return it == tags.end() ? std::nullopt : std::optional(it->second);
}

}  // namespace

Service::Service(sql::Database& database, events::EventLog& events, lineage::Graph& graph, const Clock& clock,
                 tracking::Service& tracking)
    : database_(database), events_(events), graph_(graph), clock_(clock), tracking_(tracking) {}

Status Service::open() { return sql::migrate(database_, "registry", store::migrations()); }

StatusOr<Model> Service::create_model(const std::string& name, const std::string& description, const Tags& tags) {
  RETURN_IF_ERROR(check_model_name(name));
  for (const auto& [key, value] : tags) RETURN_IF_ERROR(check_tag(key, value));
  StatusOr<Model> created = internal_error("");
  const Scribe scribe(clock_.now_ms());
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const bool taken, store::has_model(tx, name));
    if (taken) return already_exists("Registered Model (name=", name, ") already exists.");
    const std::int64_t now = scribe.now_ms();
    RETURN_IF_ERROR(
        store::insert_model(tx, {.name = name, .description = description, .created_ms = now, .updated_ms = now}));
    for (const auto& [key, value] : tags) RETURN_IF_ERROR(store::put_tag(tx, name, 0, key, value));
    RETURN_IF_ERROR(scribe.note(tx, {.model = name, .kind = "model.created"}));
    created = store::load_model(tx, name);
    RETURN_IF_ERROR(created);
    return events_.append(tx,
                          model_event("model.created", *created,
                                      {{"description", created->description}, {"tags", tags_object(created->tags)}}));
  }));
  return created;
}

StatusOr<Model> Service::get_model(const std::string& name) {
  StatusOr<Model> found = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    found = store::load_model(connection, name);
    return ok_status();
  }));
  return found;
}

StatusOr<Page<Model>> Service::search_models(const Query& query) {
  StatusOr<Page<Model>> page = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    page = store::search_models(connection, query);
    return ok_status();
  }));
  return page;
}

StatusOr<Model> Service::rename_model(const std::string& name, const std::string& new_name) {
  RETURN_IF_ERROR(check_model_name(new_name, "new_name"));
  const Scribe scribe(clock_.now_ms());
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const bool known, store::has_model(tx, name));
    if (!known) return not_found("Registered Model with name=", name, " not found");
    ASSIGN_OR_RETURN(const bool taken, store::has_model(tx, new_name));
    if (taken && new_name != name) return already_exists("Registered Model (name=", new_name, ") already exists.");
    RETURN_IF_ERROR(store::rename_model(tx, name, new_name, scribe.now_ms()));
    if (new_name == name) return ok_status();
    RETURN_IF_ERROR(store::rename_history(tx, name, new_name));
    return scribe.note(tx, {.model = new_name, .kind = "model.renamed", .before = name, .after = new_name});
  }));
  return get_model(new_name);
}

StatusOr<Model> Service::describe_model(const std::string& name, const std::string& description) {
  RETURN_IF_ERROR(database_.write(
      [&](sql::Connection& tx) { return store::describe_model(tx, name, description, clock_.now_ms()); }));
  return get_model(name);
}

Status Service::delete_model(const std::string& name) {
  const Scribe scribe(clock_.now_ms());
  return database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::remove_model(tx, name));
    RETURN_IF_ERROR(scribe.note(tx, {.model = name, .kind = "model.deleted"}));
    return events_.append(tx, {0, 0, "model.deleted", "model/" + name, {{"model", name}}});
  });
}

// "models:/<name>/<version>" and "models:/<name>@<alias>" mean what that version's files are now; they stay reachable
// when it is deleted. A logged model ("models:/m-…") must exist.
Status Service::follow_source(NewVersion& wanted, std::string& location) {
  constexpr std::string_view kModels = "models:/";
  if (!wanted.source.starts_with(kModels)) return ok_status();
  const std::string rest = wanted.source.substr(kModels.size());
  const std::size_t cut = rest.find_first_of("/@");
  if (cut != std::string::npos) {
    ASSIGN_OR_RETURN(const Version other, resolve(rest.substr(0, cut), rest.substr(cut + (rest[cut] == '/' ? 1 : 0))));
    ASSIGN_OR_RETURN(const Model model, get_model(other.model));
    if (is_prompt(model)) {
      return refused("source", str_cat("Invalid model version source: '", wanted.source,
                                       "'. Prompt versions cannot be used as model version sources."));
    }
    if ((!wanted.run_id.empty() && wanted.run_id != other.run_id) ||
        (!wanted.model_id.empty() && wanted.model_id != other.model_id)) {
      return refused("source", str_cat("Invalid model version source: '", wanted.source,
                                       "'. The run_id and model_id request parameters must match the referenced model"
                                       " version."));
    }
    wanted.source = str_cat(kModels, other.model, "/", other.version);
    location = other.place();
    wanted.run_id = other.run_id;
    wanted.model_id = other.model_id;
    return ok_status();
  }
  ASSIGN_OR_RETURN(const auto logged, tracking_.get_logged_model(rest));
  location = tracking::Service::artifact_uri(logged);
  if (!wanted.run_id.empty() && wanted.run_id != logged.run_id) {
    return refused("run_id", str_cat("Invalid model version source: '", wanted.source,
                                     "'. The run_id request parameter must be the run that logged the model."));
  }
  if (wanted.model_id.empty()) wanted.model_id = rest;
  return ok_status();
}

StatusOr<Version> Service::create_version(const NewVersion& given) {
  if (given.source.empty()) return refused("source", "Missing value for required parameter 'source'.");
  NewVersion wanted = given;
  std::string location;
  RETURN_IF_ERROR(follow_source(wanted, location));
  if (!wanted.model_id.empty()) {
    ASSIGN_OR_RETURN(const auto logged, tracking_.get_logged_model(wanted.model_id, true));
    if (wanted.run_id.empty()) wanted.run_id = logged.run_id;
  }
  for (const auto& [key, value] : wanted.tags) RETURN_IF_ERROR(check_tag(key, value));
  StatusOr<Version> created = internal_error("");
  const Scribe scribe(clock_.now_ms());
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const std::int64_t number, store::next_version(tx, wanted.model));
    const std::int64_t now = scribe.now_ms();
    RETURN_IF_ERROR(store::touch_model(tx, wanted.model, now));
    RETURN_IF_ERROR(store::insert_version(tx, {.model = wanted.model,
                                               .version = number,
                                               .run_id = wanted.run_id,
                                               .source = wanted.source,
                                               .description = wanted.description,
                                               .user = wanted.user,
                                               .created_ms = now,
                                               .updated_ms = now,
                                               .run_link = wanted.run_link,
                                               .model_id = wanted.model_id,
                                               .location = location}));
    for (const auto& [key, value] : wanted.tags) RETURN_IF_ERROR(store::put_tag(tx, wanted.model, number, key, value));
    const lineage::NodeKey node{"model_version", version_id(wanted.model, number)};
    RETURN_IF_ERROR(graph_.add_node(tx, {node.kind, node.id, {{"source", wanted.source}}}));
    if (!wanted.run_id.empty()) {
      RETURN_IF_ERROR(graph_.add_node(tx, {"run", wanted.run_id}));
      RETURN_IF_ERROR(graph_.add_edge(tx, {{"run", wanted.run_id}, node, "registered"}));
    }
    if (!wanted.model_id.empty()) {
      RETURN_IF_ERROR(graph_.add_edge(tx, {{"logged_model", wanted.model_id}, node, "registered"}));
    }
    RETURN_IF_ERROR(scribe.note(tx, {.model = wanted.model,
                                     .version = number,
                                     .kind = "version.created",
                                     .after = wanted.source,
                                     .details = {{"run_id", wanted.run_id}, {"model_id", wanted.model_id}}}));
    created = store::load_version(tx, wanted.model, number);
    ASSIGN_OR_RETURN(const Model model, store::load_model(tx, wanted.model));
    return events_.append(tx, version_event("model_version.created", wanted.model, number,
                                            {{"run_id", wanted.run_id},
                                             {"source", wanted.source},
                                             {"description", wanted.description},
                                             {"tags", tags_object(wanted.tags)},
                                             {"prompt", is_prompt(model)}}));
  }));
  RETURN_IF_ERROR(note_in_logged_model(wanted.model_id));
  return created;
}

// MLflow's page reads from the logged model's tag which versions it became.
Status Service::note_in_logged_model(const std::string& model_id) {
  if (model_id.empty()) return ok_status();
  const std::lock_guard lock(notes_);
  // Written as Python writes it, spaces and all: MLflow's clients compare the tag as text.
  std::vector<std::string> versions;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(
        const auto found,
        store::load_versions(connection, "WHERE model_id = ? ORDER BY created_ms, model, version", {model_id}));
    for (const Version& version : found) {
      const std::string name = Json(version.model).dump(-1, ' ', true, Json::error_handler_t::replace);
      versions.push_back(str_cat("{\"name\": ", name, ", \"version\": ", version.version, "}"));
    }
    return ok_status();
  }));
  const auto noted =
      tracking_.set_logged_model_tags(model_id, {{"mlflow.modelVersions", str_cat("[", join(versions, ", "), "]")}});
  // Of a model that was deleted nothing is told any more; nor of one that became more versions than a tag holds.
  if (!noted.ok() && noted.status().code() == StatusCode::kInternal) return noted.status();
  return ok_status();
}

StatusOr<Version> Service::get_version(const std::string& model, std::int64_t version) {
  StatusOr<Version> found = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    found = store::load_version(connection, model, version);
    return ok_status();
  }));
  return found;
}

StatusOr<Version> Service::resolve(const std::string& model, const std::string& version_or_alias) {
  if (const auto number = parse_int(version_or_alias)) return get_version(model, *number);
  ASSIGN_OR_RETURN(const Model found, get_model(model));
  if (version_or_alias == "latest" || version_or_alias.empty()) {
    if (found.latest_version == 0) return not_found("model ", model, " has no versions yet");
    return get_version(model, found.latest_version);
  }
  const std::string alias = version_or_alias.substr(version_or_alias.starts_with('@') ? 1 : 0);
  for (const Alias& known : found.aliases) {
    if (known.alias == alias) return get_version(model, known.version);
  }
  for (const Version& newest : found.latest) {
    if (equals_ignore_case(newest.stage, alias)) return newest;
  }
  return not_found("Registered model alias ", alias, " not found.");
}

StatusOr<Version> Service::get_version_by_alias(const std::string& model, const std::string& alias) {
  RETURN_IF_ERROR(check_alias(alias));
  ASSIGN_OR_RETURN(const Model found, get_model(model));
  if (to_lower(alias) == "latest") {
    if (found.latest_version == 0) return not_found("Latest version not found for model ", model, ".");
    return get_version(model, found.latest_version);
  }
  for (const Alias& known : found.aliases) {
    if (known.alias == alias) return get_version(model, known.version);
  }
  return refused("alias", str_cat("Registered model alias ", alias, " not found."));
}

StatusOr<std::vector<Version>> Service::versions_of(const std::string& model) {
  StatusOr<std::vector<Version>> versions = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    RETURN_IF_ERROR(store::load_model(connection, model));
    versions = store::versions_of(connection, model);
    return ok_status();
  }));
  return versions;
}

StatusOr<Page<Version>> Service::search_versions(const Query& query) {
  StatusOr<Page<Version>> page = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    page = store::search_versions(connection, query);
    return ok_status();
  }));
  return page;
}

StatusOr<Version> Service::change_version(const std::string& model, std::int64_t version,
                                          const std::function<Status(sql::Connection&, Version&)>& change) {
  StatusOr<Version> changed = internal_error("");
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(Version found, store::load_version(tx, model, version));
    found.updated_ms = clock_.now_ms();
    RETURN_IF_ERROR(change(tx, found));
    RETURN_IF_ERROR(store::update_version(tx, found));
    changed = store::load_version(tx, model, version);
    return events_.append(tx, version_event("model_version.updated", model, version, {{"stage", found.stage}}));
  }));
  return changed;
}

StatusOr<Version> Service::describe_version(const std::string& model, std::int64_t version,
                                            const std::string& description) {
  return change_version(model, version, [&](sql::Connection&, Version& found) {
    found.description = description;
    return ok_status();
  });
}

Status Service::delete_version(const std::string& model, std::int64_t version) {
  const Scribe scribe(clock_.now_ms());
  return database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const Version before, store::load_version(tx, model, version));
    for (const std::string& alias : before.aliases) {
      RETURN_IF_ERROR(scribe.note(tx, {.model = model,
                                       .version = version,
                                       .kind = "alias.deleted",
                                       .target = alias,
                                       .before = str_cat(version),
                                       .reason = "its version was deleted"}));
    }
    RETURN_IF_ERROR(store::remove_version(tx, model, version));
    RETURN_IF_ERROR(store::remove_approvals(tx, model, version));
    RETURN_IF_ERROR(store::touch_model(tx, model, scribe.now_ms()));
    RETURN_IF_ERROR(scribe.note(tx, {.model = model,
                                     .version = version,
                                     .kind = "version.deleted",
                                     .before = before.source,
                                     .details = {{"run_id", before.run_id}, {"stage", before.stage}}}));
    return events_.append(tx, version_event("model_version.deleted", model, version));
  });
}

Status Service::delete_alias(const std::string& model, const std::string& alias, const std::string& reason) {
  RETURN_IF_ERROR(check_reason(reason));
  RETURN_IF_ERROR(check_alias(alias));
  const Scribe scribe(clock_.now_ms(), reason);
  return database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const Model changed, store::load_model(tx, model));
    ASSIGN_OR_RETURN(const auto before, store::find_alias(tx, model, alias));
    if (before) {
      RETURN_IF_ERROR(scribe.note(
          tx,
          {.model = model, .version = *before, .kind = "alias.deleted", .target = alias, .before = str_cat(*before)}));
    }
    RETURN_IF_ERROR(store::remove_alias(tx, model, alias));
    return events_.append(tx, model_event("model_alias.deleted", changed, {{"alias", alias}}));
  });
}

// "model_tag.set" of the model, "model_version_tag.set" of a version; the same for deleted ones.
Status Service::tell_tag(sql::Connection& tx, const std::string& model, std::int64_t version, std::string_view action,
                         Json payload) {
  ASSIGN_OR_RETURN(const Model changed, store::load_model(tx, model));
  if (version == 0) return events_.append(tx, model_event(str_cat("model_tag.", action), changed, std::move(payload)));
  payload["prompt"] = is_prompt(changed);
  return events_.append(tx, version_event(str_cat("model_version_tag.", action), model, version, std::move(payload)));
}

Status Service::set_tag(const std::string& model, std::int64_t version, const std::string& key,
                        const std::string& value) {
  RETURN_IF_ERROR(check_tag(key, value));
  const Scribe scribe(clock_.now_ms());
  return database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto before, tag_before(tx, model, version, key));
    if (before != value) {
      RETURN_IF_ERROR(scribe.note(tx, {.model = model,
                                       .version = version,
                                       .kind = "tag.set",
                                       .target = key,
                                       .before = before.value_or(""),
                                       .after = value}));
    }
    RETURN_IF_ERROR(store::put_tag(tx, model, version, key, value));
    return tell_tag(tx, model, version, "set", {{"key", key}, {"value", value}});
  });
}

Status Service::delete_tag(const std::string& model, std::int64_t version, const std::string& key) {
  RETURN_IF_ERROR(tracking::check_key("key", key));
  const Scribe scribe(clock_.now_ms());
  return database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto before, tag_before(tx, model, version, key));
    if (before) {
      RETURN_IF_ERROR(scribe.note(
          tx, {.model = model, .version = version, .kind = "tag.deleted", .target = key, .before = *before}));
    }
    RETURN_IF_ERROR(store::remove_tag(tx, model, version, key));
    return tell_tag(tx, model, version, "deleted", {{"key", key}});
  });
}

StatusOr<std::set<std::string>> Service::in_use(bool runs, const std::vector<std::string>& ids) {
  std::set<std::string> used;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(used, store::in_use(connection, runs, ids));
    return ok_status();
  }));
  return used;
}

StatusOr<std::string> Service::artifact_folder(const Version& version) {
  std::string_view source = version.place();
  constexpr std::string_view kProxied = "mlflow-artifacts:/";
  if (source.starts_with(kProxied)) {
    source.remove_prefix(kProxied.size());
    // "mlflow-artifacts://host:port/path" names the server too.
    if (source.starts_with('/')) source.remove_prefix(std::min(source.size(), source.find('/', 1)));
    while (source.starts_with('/')) source.remove_prefix(1);
    std::string key = str_cat("artifacts/", source);
    RETURN_IF_ERROR(blob::check_key(key));
    return key;
  }
  if (source.starts_with("runs:/")) {
    source.remove_prefix(6);
    const std::size_t slash = source.find('/');
    ASSIGN_OR_RETURN(const tracking::Run run, tracking_.get_run(std::string(source.substr(0, slash))));
    std::string key = tracking::Service::artifact_root(run);
    if (slash != std::string_view::npos) str_append(&key, source.substr(slash));
    RETURN_IF_ERROR(blob::check_key(key));
    return key;
  }
  if (source.starts_with("models:/m-")) {
    ASSIGN_OR_RETURN(const auto model, tracking_.get_logged_model(std::string(source.substr(8)), true));
    return tracking::Service::artifact_root(model);
  }
  return invalid_field("source", "\"", version.source,
                       "\" is not kept by this server; register a path under a run's artifacts");
}

}  // namespace treadle::registry

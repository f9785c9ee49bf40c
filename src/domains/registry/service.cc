#include "domains/registry/service.h"

#include <algorithm>
#include <array>

#include "domains/registry/sql_store.h"
#include "domains/tracking/validate.h"

namespace treadle::registry {
namespace {

constexpr std::array<std::string_view, 4> kStages = {"None", "Staging", "Production", "Archived"};

Status check_model_name(const std::string& name) {
  if (trim(name).empty()) return invalid_field("name", "Registered model name cannot be empty.");
  if (name.size() > 256) return invalid_field("name", "is longer than 256 characters");
  if (name.find_first_of("/:") != std::string::npos || name.find("..") != std::string::npos) {
    return invalid_field("name", "Invalid name: '", name, "'. Registered model name cannot contain '/', ':' or '..'.");
  }
  return ok_status();
}

Status check_alias(const std::string& alias) {
  const auto allowed = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; };
  if (alias.empty() || alias.size() > 255 || !std::all_of(alias.begin(), alias.end(), allowed)) {
    return invalid_field("alias", "Invalid alias name: '", alias,
                         "'. Use 1 to 255 letters, digits, underscores and dashes.");
  }
  const bool like_version = alias.size() > 1 && (alias[0] == 'v' || alias[0] == 'V') && parse_int(alias.substr(1));
  if (like_version || to_lower(alias) == "latest") return invalid_field("alias", "'", alias, "' is reserved");
  return ok_status();
}

Status check_tag(const std::string& key, const std::string& value) {
  RETURN_IF_ERROR(tracking::check_key("key", key));
  if (value.size() > 100'000) return invalid_field("value", "is longer than 100000 characters");
  return ok_status();
}

StatusOr<std::string> canonical_stage(const std::string& stage) {
  for (const std::string_view known : kStages) {
    if (equals_ignore_case(known, stage)) return std::string(known);
  }
  return invalid_field("stage", "Invalid Model Version stage: ", stage,
                       ". Value must be one of None, Staging, Production, Archived.");
}

std::string version_id(const std::string& model, std::int64_t version) { return str_cat(model, "/", version); }

events::Event version_event(std::string type, const std::string& model, std::int64_t version,
                            Json more = Json::object()) {
  more["model"] = model;
  more["version"] = version;
  return {0, 0, std::move(type), "model_version/" + version_id(model, version), std::move(more)};
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
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    if (store::load_model(tx, name).ok()) return already_exists("Registered Model (name=", name, ") already exists.");
    const std::int64_t now = clock_.now_ms();
    RETURN_IF_ERROR(
        store::insert_model(tx, {.name = name, .description = description, .created_ms = now, .updated_ms = now}));
    for (const auto& [key, value] : tags) RETURN_IF_ERROR(store::put_tag(tx, name, 0, key, value));
    created = store::load_model(tx, name);
    return events_.append(tx, {0, 0, "model.created", "model/" + name, {{"model", name}}});
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
  RETURN_IF_ERROR(check_model_name(new_name));
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    if (store::load_model(tx, new_name).ok())
      return already_exists("Registered Model (name=", new_name, ") already exists.");
    return store::rename_model(tx, name, new_name, clock_.now_ms());
  }));
  return get_model(new_name);
}

StatusOr<Model> Service::describe_model(const std::string& name, const std::string& description) {
  RETURN_IF_ERROR(database_.write(
      [&](sql::Connection& tx) { return store::describe_model(tx, name, description, clock_.now_ms()); }));
  return get_model(name);
}

Status Service::delete_model(const std::string& name) {
  return database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::remove_model(tx, name));
    return events_.append(tx, {0, 0, "model.deleted", "model/" + name, {{"model", name}}});
  });
}

// "models:/<name>/<version>" and "models:/<name>@<alias>" mean what that version's files are now; they stay reachable
// when it is deleted. A logged model ("models:/m-…") must exist.
StatusOr<std::string> Service::followed_source(const std::string& source) {
  constexpr std::string_view kModels = "models:/";
  if (!source.starts_with(kModels)) return source;
  const std::string rest = source.substr(kModels.size());
  const std::size_t cut = rest.find_first_of("/@");
  if (cut != std::string::npos) {
    ASSIGN_OR_RETURN(const Version other, resolve(rest.substr(0, cut), rest.substr(cut + (rest[cut] == '/' ? 1 : 0))));
    return other.source;
  }
  RETURN_IF_ERROR(tracking_.get_logged_model(rest));
  return source;
}

StatusOr<Version> Service::create_version(const NewVersion& given) {
  if (given.source.empty()) return invalid_field("source", "is required: where the model's files are");
  NewVersion wanted = given;
  ASSIGN_OR_RETURN(wanted.source, followed_source(given.source));
  if (wanted.run_id.empty() && wanted.source.starts_with("models:/m-")) {
    ASSIGN_OR_RETURN(const auto logged, tracking_.get_logged_model(wanted.source.substr(8), true));
    wanted.run_id = logged.run_id;
  }
  for (const auto& [key, value] : wanted.tags) RETURN_IF_ERROR(check_tag(key, value));
  StatusOr<Version> created = internal_error("");
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const std::int64_t number, store::next_version(tx, wanted.model));
    const std::int64_t now = clock_.now_ms();
    RETURN_IF_ERROR(store::insert_version(tx, {.model = wanted.model,
                                               .version = number,
                                               .run_id = wanted.run_id,
                                               .source = wanted.source,
                                               .description = wanted.description,
                                               .user = wanted.user,
                                               .created_ms = now,
                                               .updated_ms = now}));
    for (const auto& [key, value] : wanted.tags) RETURN_IF_ERROR(store::put_tag(tx, wanted.model, number, key, value));
    const lineage::NodeKey node{"model_version", version_id(wanted.model, number)};
    RETURN_IF_ERROR(graph_.add_node(tx, {node.kind, node.id, {{"source", wanted.source}}}));
    if (!wanted.run_id.empty()) {
      RETURN_IF_ERROR(graph_.add_node(tx, {"run", wanted.run_id}));
      RETURN_IF_ERROR(graph_.add_edge(tx, {{"run", wanted.run_id}, node, "registered"}));
    }
    if (wanted.source.starts_with("models:/m-")) {
      const lineage::NodeKey logged{"logged_model", wanted.source.substr(8)};
      RETURN_IF_ERROR(graph_.add_edge(tx, {logged, node, "registered"}));
    }
    created = store::load_version(tx, wanted.model, number);
    return events_.append(tx,
                          version_event("model_version.created", wanted.model, number, {{"run_id", wanted.run_id}}));
  }));
  return created;
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

StatusOr<Version> Service::set_stage(const std::string& model, std::int64_t version, const std::string& stage,
                                     bool archive_others) {
  ASSIGN_OR_RETURN(const std::string wanted, canonical_stage(stage));
  return change_version(model, version, [&](sql::Connection& tx, Version& found) -> Status {
    found.stage = wanted;
    if (!archive_others || (wanted != "Staging" && wanted != "Production")) return ok_status();
    ASSIGN_OR_RETURN(std::vector<Version> others, store::versions_of(tx, model));
    for (Version& other : others) {
      if (other.version == version || other.stage != wanted) continue;
      other.stage = "Archived";
      RETURN_IF_ERROR(store::update_version(tx, other));
    }
    return ok_status();
  });
}

Status Service::delete_version(const std::string& model, std::int64_t version) {
  return database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::load_version(tx, model, version));
    RETURN_IF_ERROR(store::remove_version(tx, model, version));
    return events_.append(tx, version_event("model_version.deleted", model, version));
  });
}

Status Service::set_alias(const std::string& model, const std::string& alias, std::int64_t version) {
  RETURN_IF_ERROR(check_alias(alias));
  return database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::load_version(tx, model, version));
    RETURN_IF_ERROR(store::put_alias(tx, model, alias, version));
    return events_.append(tx, version_event("model_alias.set", model, version, {{"alias", alias}}));
  });
}

Status Service::delete_alias(const std::string& model, const std::string& alias) {
  return database_.write([&](sql::Connection& tx) -> Status {
    RETURN_IF_ERROR(store::load_model(tx, model));
    return store::remove_alias(tx, model, alias);
  });
}

Status Service::set_tag(const std::string& model, std::int64_t version, const std::string& key,
                        const std::string& value) {
  RETURN_IF_ERROR(check_tag(key, value));
  return database_.write([&](sql::Connection& tx) -> Status {
    if (version == 0) RETURN_IF_ERROR(store::load_model(tx, model));
    if (version != 0) RETURN_IF_ERROR(store::load_version(tx, model, version));
    return store::put_tag(tx, model, version, key, value);
  });
}

Status Service::delete_tag(const std::string& model, std::int64_t version, const std::string& key) {
  return database_.write([&](sql::Connection& tx) -> Status {
    if (version == 0) RETURN_IF_ERROR(store::load_model(tx, model));
    if (version != 0) RETURN_IF_ERROR(store::load_version(tx, model, version));
    return store::remove_tag(tx, model, version, key);
  });
}

StatusOr<std::string> Service::artifact_folder(const Version& version) {
  std::string_view source = version.source;
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

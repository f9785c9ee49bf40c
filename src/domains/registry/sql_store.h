// The registry's tables and the SQL over them; rules and events are the service's.
#pragma once

#include <optional>
#include <set>

#include "domains/registry/types.h"
#include "storage/sql/database.h"

namespace treadle::registry::store {

const std::vector<sql::Migration>& migrations();

Status insert_model(sql::Connection& tx, const Model& model);
StatusOr<Model> load_model(sql::Connection& connection, const std::string& name);
StatusOr<bool> has_model(sql::Connection& connection, const std::string& name);
// In the order of `names`, all of which must be there.
StatusOr<std::vector<Model>> load_models(sql::Connection& connection, const std::vector<std::string>& names);
Status touch_model(sql::Connection& tx, const std::string& name, std::int64_t now_ms);
// search_store.cc
StatusOr<Page<Model>> search_models(sql::Connection& connection, const Query& query);
Status rename_model(sql::Connection& tx, const std::string& name, const std::string& new_name, std::int64_t now_ms);
Status describe_model(sql::Connection& tx, const std::string& name, const std::string& description,
                      std::int64_t now_ms);
// Description and times, as they are given.
Status put_model_row(sql::Connection& tx, const Model& model);
// No later version gets this number or a smaller one.
Status reserve_version(sql::Connection& tx, const std::string& model, std::int64_t version);
Status remove_model(sql::Connection& tx, const std::string& name);
// The number of the next version: one more than any that ever was.
StatusOr<std::int64_t> next_version(sql::Connection& tx, const std::string& model);

Status insert_version(sql::Connection& tx, const Version& version);
StatusOr<Version> load_version(sql::Connection& connection, const std::string& model, std::int64_t version);
// What "SELECT … FROM model_versions v" followed by `rest` gives, with tags and aliases.
StatusOr<std::vector<Version>> load_versions(sql::Connection& connection, std::string_view rest,
                                             const sql::Values& values);
// search_store.cc
StatusOr<Page<Version>> search_versions(sql::Connection& connection, const Query& query);
StatusOr<std::vector<Version>> versions_of(sql::Connection& connection, const std::string& model);
StatusOr<std::set<std::string>> in_use(sql::Connection& connection, bool runs, const std::vector<std::string>& ids);
// Run, source, user and times, as they are given.
Status put_version_row(sql::Connection& tx, const Version& version);
Status update_version(sql::Connection& tx, const Version& version);
Status remove_version(sql::Connection& tx, const std::string& model, std::int64_t version);

Status put_alias(sql::Connection& tx, const std::string& model, const std::string& alias, std::int64_t version);
Status remove_alias(sql::Connection& tx, const std::string& model, const std::string& alias);
StatusOr<std::optional<std::int64_t>> find_alias(sql::Connection& connection, const std::string& model,
                                                 const std::string& alias);

// `version` 0 is the model itself.
Status put_tag(sql::Connection& tx, const std::string& model, std::int64_t version, const std::string& key,
               const std::string& value);
Status remove_tag(sql::Connection& tx, const std::string& model, std::int64_t version, const std::string& key);

}  // namespace treadle::registry::store

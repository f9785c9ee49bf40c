#include "storage/table/duckdb_api.h"

#include <string_view>

#include "base/shared_library.h"

namespace treadle::table::duckdb {
namespace {

constexpr std::string_view kVersion = "v1.5.6";

StatusOr<Api> load_symbols() {
  ASSIGN_OR_RETURN(const SharedLibrary library,
                   SharedLibrary::open({"DuckDB", "TREADLE_DUCKDB", "duckdb/libduckdb.so"}));
  Api api{};
  Status status;
  const auto take = [&](auto& function, const char* name) {
    if (!status.ok()) return;
    auto found = library.symbol<std::remove_reference_t<decltype(function)>>(name);
    if (found.ok()) {
      function = *found;
    } else {
      status = found.status();
    }
  };
  take(api.library_version, "duckdb_library_version");
  RETURN_IF_ERROR(status);
  if (const std::string_view version = api.library_version(); version != kVersion) {
    return unavailable(library.path().string(), " is DuckDB ", version, ", but ", kVersion,
                       " is needed; run script/bootstrap");
  }
  take(api.create_config, "duckdb_create_config");
  take(api.set_config, "duckdb_set_config");
  take(api.destroy_config, "duckdb_destroy_config");
  take(api.open_ext, "duckdb_open_ext");
  take(api.connect, "duckdb_connect");
  take(api.disconnect, "duckdb_disconnect");
  take(api.query, "duckdb_query");
  take(api.result_error, "duckdb_result_error");
  take(api.destroy_result, "duckdb_destroy_result");
  take(api.column_count, "duckdb_column_count");
  take(api.column_name, "duckdb_column_name");
  take(api.column_type, "duckdb_column_type");
  take(api.fetch_chunk, "duckdb_fetch_chunk");
  take(api.chunk_size, "duckdb_data_chunk_get_size");
  take(api.chunk_vector, "duckdb_data_chunk_get_vector");
  take(api.destroy_chunk, "duckdb_destroy_data_chunk");
  take(api.vector_data, "duckdb_vector_get_data");
  take(api.vector_validity, "duckdb_vector_get_validity");
  take(api.vector_size, "duckdb_vector_size");
  take(api.ensure_validity, "duckdb_vector_ensure_validity_writable");
  take(api.assign_string, "duckdb_vector_assign_string_element_len");
  take(api.create_logical_type, "duckdb_create_logical_type");
  take(api.destroy_logical_type, "duckdb_destroy_logical_type");
  take(api.create_chunk, "duckdb_create_data_chunk");
  take(api.reset_chunk, "duckdb_data_chunk_reset");
  take(api.set_chunk_size, "duckdb_data_chunk_set_size");
  take(api.create_appender, "duckdb_appender_create");
  take(api.append_chunk, "duckdb_append_data_chunk");
  take(api.appender_error, "duckdb_appender_error");
  take(api.destroy_appender, "duckdb_appender_destroy");
  take(api.free, "duckdb_free");
  RETURN_IF_ERROR(status);
  return api;
}

StatusOr<Handle> open_database(const Api& api) {
  Handle config = nullptr;
  if (api.create_config(&config) != kSuccess) return internal_error("DuckDB: cannot make a configuration");
  for (const auto& [name, value] :
       {std::pair("threads", "2"), std::pair("memory_limit", "1GiB"),
        std::pair("autoinstall_known_extensions", "false"), std::pair("autoload_known_extensions", "false")}) {
    if (api.set_config(config, name, value) != kSuccess) {
      api.destroy_config(&config);
      return internal_error("DuckDB: refused the setting ", name);
    }
  }
  Handle database = nullptr;
  char* error = nullptr;
  const State state = api.open_ext(nullptr, &database, config, &error);
  api.destroy_config(&config);
  if (state == kSuccess) return database;
  const std::string message = error == nullptr ? "" : error;
  if (error != nullptr) api.free(error);
  return internal_error("DuckDB: cannot open: ", message);
}

}  // namespace

StatusOr<const Api*> load() {
  static const StatusOr<Api> api = load_symbols();
  if (!api.ok()) return api.status();
  return &*api;
}

StatusOr<Connection> Connection::create() {
  ASSIGN_OR_RETURN(const Api* const api, load());
  // Lives as long as the process: closing it at exit would only cost time.
  static const StatusOr<Handle> database = open_database(*api);
  RETURN_IF_ERROR(database.status());
  Handle handle = nullptr;
  if (api->connect(*database, &handle) != kSuccess) return internal_error("DuckDB: cannot connect");
  return Connection(api, handle);
}

Connection::~Connection() {
  if (handle_ != nullptr) api_->disconnect(&handle_);
}

Status Connection::execute(const std::string& sql) const {
  Query query(*api_);
  return query.run(*this, sql);
}

Status Query::run(const Connection& connection, const std::string& sql) {
  if (api_.query(connection.handle(), sql.c_str(), &result_) == kSuccess) return {};
  const char* const error = api_.result_error(&result_);
  return invalid(error == nullptr ? "DuckDB failed without a message" : error);
}

}  // namespace treadle::table::duckdb

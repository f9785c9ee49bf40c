// A heavy engine (DuckDB, XGBoost) opened with dlopen when first needed, so that a process that needs none stays small.
//
//   ASSIGN_OR_RETURN(const SharedLibrary library, SharedLibrary::open({"DuckDB", "TREADLE_DUCKDB",
//   "duckdb/libduckdb.so"})); ASSIGN_OR_RETURN(api.query, library.symbol<duckdb_query_function>("duckdb_query"));
#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"

namespace treadle {

class SharedLibrary {
 public:
  struct Where {
    std::string name;         // for messages
    std::string environment;  // a variable that holds the file's path; when set, nothing else is tried
    std::string in_deps;      // below the checkout's .deps/
  };
  // Looks at $environment, beside the running program, then in `.deps/` of every folder above the program. The library
  // stays loaded until the process ends. Errors: kUnavailable, with the places tried and the fix.
  static StatusOr<SharedLibrary> open(const Where& where);

  template <typename Function>
  StatusOr<Function> symbol(const char* name) const {
    ASSIGN_OR_RETURN(void* const address, find(name));
    return reinterpret_cast<Function>(address);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  SharedLibrary(void* handle, std::filesystem::path path) : handle_(handle), path_(std::move(path)) {}
  StatusOr<void*> find(const char* name) const;

  void* handle_ = nullptr;
  std::filesystem::path path_;
};

}  // namespace treadle

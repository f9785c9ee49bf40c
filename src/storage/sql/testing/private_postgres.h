// A PostgreSQL server for one test program.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/files.h"
#include "base/status.h"

namespace treadle::sql::testing {

class PrivatePostgres {
 public:
  // The newest of /usr/lib/postgresql/*/bin; empty when there is none.
  static std::filesystem::path find_binaries();
  // Makes and starts one, listening on a socket in its folder only. Runs as user `postgres` when we are root, because
  // the server refuses root.
  static StatusOr<std::unique_ptr<PrivatePostgres>> start();
  ~PrivatePostgres();
  const std::string& url() const { return url_; }

 private:
  PrivatePostgres(TempDir folder, std::filesystem::path binaries);
  Status run(const std::vector<std::string>& command) const;

  TempDir folder_;
  std::filesystem::path binaries_;
  std::string url_;
};

}  // namespace treadle::sql::testing

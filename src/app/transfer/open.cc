#include "app/transfer/folder_source.h"
#include "app/transfer/rest_source.h"
#include "app/transfer/sqlite_source.h"
#include "base/strings.h"

namespace treadle::app::transfer {

StatusOr<std::unique_ptr<Source>> open_source(const std::string& where, const SourceOptions& options,
                                              Problems problems) {
  if (where.starts_with("http://") || where.starts_with("https://"))
    return RestSource::open(where, std::move(problems));
  constexpr std::string_view kSqlite = "sqlite:///", kFile = "file://";
  if (where.starts_with(kSqlite)) return SqliteSource::open(where.substr(kSqlite.size()), options, std::move(problems));
  if (where.starts_with(kFile)) return FolderSource::open(where.substr(kFile.size()), options, std::move(problems));
  if (where.find("://") != std::string::npos) {
    return invalid_field("source", "must be http(s)://host:port, sqlite:///path/mlflow.db or a folder, got \"", where,
                         "\"");
  }
  if (std::filesystem::is_regular_file(where)) return SqliteSource::open(where, options, std::move(problems));
  return FolderSource::open(where, options, std::move(problems));
}

}  // namespace treadle::app::transfer

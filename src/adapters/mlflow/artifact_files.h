// Paths and files of artifacts as MLflow's clients see them.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "net/http.h"
#include "storage/blob/blob_store.h"

namespace treadle::mlflow {

// `path` without empty and "." segments; may be empty. "Invalid path" when it leads elsewhere, also after decoding it
// again: an absolute path, "..", a '#', a file URI.
StatusOr<std::string> safe_path(std::string_view path);
// "folder/path", or `folder` itself for an empty path.
StatusOr<std::string> key_under(std::string_view folder, std::string_view path);

// The direct children of a folder as MLflow's FileInfo; paths are told as under `shown`.
StatusOr<Json> list_files(const blob::BlobStore& blobs, const std::string& folder, const std::string& shown);

// As a download, never as a page: whoever logged the file must not speak with this server's rights.
StatusOr<net::Response> attachment(const blob::BlobStore& blobs, const std::string& key);

}  // namespace treadle::mlflow

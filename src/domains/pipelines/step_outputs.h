// What a finished step left behind, as typed outputs with hashes.
#pragma once

#include <filesystem>

#include "base/json.h"

namespace treadle::pipelines {

// sha256 of a file, or of the sorted listing (path and hash of every file) of a folder.
StatusOr<std::string> hash_content(const std::filesystem::path& path);
// `executor_input` is what the step got; its metadata file wins over parameter files. A missing parameter is an error
// that names it; a missing artifact is allowed and has no hash.
StatusOr<Json> read_outputs(const Json& component, const Json& executor_input);
std::string artifact_path(const Json& artifact);  // its URI as a local path; empty when it is not local

}  // namespace treadle::pipelines

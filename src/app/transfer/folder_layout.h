// Names and small files of an `mlruns` folder, for reading and for writing it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "domains/tracking/types.h"

namespace treadle::app::transfer {

inline constexpr const char* kMeta = "meta.yaml";
inline constexpr const char* kTrash = ".trash";
inline constexpr const char* kModels = "models";
inline constexpr const char* kTags = "tags";
inline constexpr const char* kParams = "params";
inline constexpr const char* kMetrics = "metrics";
inline constexpr const char* kArtifacts = "artifacts";

// The folders directly in `folder` by name; an absent folder has none.
std::vector<std::filesystem::path> folders_in(const std::filesystem::path& folder);
// One file per key, which may have slashes; its content is the value.
StatusOr<tracking::Tags> read_texts(const std::filesystem::path& folder);

}  // namespace treadle::app::transfer

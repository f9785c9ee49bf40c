// A full segment of the prediction log as Parquet: a row per prediction, its features as columns named "feature.NAME".
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "domains/monitoring/types.h"

namespace treadle::monitoring {

// Writes `lines` (the newline-delimited file) as `parquet`, all or nothing, then removes `lines`. Done again after a
// crash in between, it ends the same.
Status archive_segment(const std::filesystem::path& lines, const std::filesystem::path& parquet);
// nullopt when the file does not hold it.
StatusOr<std::optional<LoggedPrediction>> find_in_archive(const std::filesystem::path& parquet, std::string_view id);

}  // namespace treadle::monitoring

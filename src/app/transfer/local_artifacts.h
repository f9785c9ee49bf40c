// Artifacts that lie on this machine.
#pragma once

#include <filesystem>
#include <string>

#include "app/transfer/source.h"

namespace treadle::app::transfer {

// The folder that an artifact URI means: "/path", "path" (below `base`), "file:///path", and "mlflow-artifacts:/path"
// below `artifacts_root` when that is given. kUnimplemented for others, which names the kind.
StatusOr<std::filesystem::path> local_folder(const std::string& uri, const std::filesystem::path& base,
                                             const std::filesystem::path& artifacts_root);
// Files at any depth by path; an absent folder is empty. Links that lead out of the folder are left out.
StatusOr<std::vector<ArtifactFile>> files_below(const std::filesystem::path& folder);

}  // namespace treadle::app::transfer

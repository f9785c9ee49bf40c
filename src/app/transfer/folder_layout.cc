#include "app/transfer/folder_layout.h"

#include <algorithm>

#include "app/transfer/local_artifacts.h"
#include "base/files.h"

namespace treadle::app::transfer {

namespace fs = std::filesystem;

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code error;
  fs::directory_iterator it(folder, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    if (it->is_directory(error)) folders.push_back(it->path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

StatusOr<tracking::Tags> read_texts(const fs::path& folder) {
  tracking::Tags texts;
  ASSIGN_OR_RETURN(const auto files, files_below(folder));
  for (const ArtifactFile& file : files) {
    ASSIGN_OR_RETURN(std::string value, read_file(folder / file.path, 16u << 20));
    texts.emplace_back(file.path, std::move(value));
  }
  return texts;
}

}  // namespace treadle::app::transfer

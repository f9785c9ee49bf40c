#include "app/transfer/local_artifacts.h"

#include <algorithm>

#include "base/strings.h"
#include "net/http.h"

namespace treadle::app::transfer {

namespace fs = std::filesystem;

StatusOr<fs::path> local_folder(const std::string& uri, const fs::path& base, const fs::path& artifacts_root) {
  constexpr std::string_view kProxied = "mlflow-artifacts:";
  if (uri.starts_with(kProxied) && !artifacts_root.empty()) {
    std::string_view rest = std::string_view(uri).substr(kProxied.size());
    if (rest.starts_with("//")) rest.remove_prefix(std::min(rest.size(), rest.find('/', 2)));
    while (rest.starts_with('/')) rest.remove_prefix(1);
    return artifacts_root / rest;
  }
  if (uri.starts_with("file:")) {
    std::string path = net::percent_decode(std::string_view(uri).substr(5));
    if (path.starts_with("//")) path.erase(0, std::min(path.size(), path.find('/', 2)));
    return fs::path(path);
  }
  const std::size_t colon = uri.find(':');
  if (colon != std::string::npos && uri.find('/') > colon) {
    const std::string kind = uri.substr(0, colon);
    if (kind == "mlflow-artifacts") {
      return Status(StatusCode::kUnimplemented,
                    "its files are kept by the server: give --artifacts with the server's artifact folder, or import "
                    "from the running server");
    }
    return unimplemented("its files are at ", kind, "://, which can only be read through a running server");
  }
  if (uri.empty()) return unimplemented("it does not say where its files are");
  return fs::path(uri).is_absolute() ? fs::path(uri) : base / uri;
}

StatusOr<std::vector<ArtifactFile>> files_below(const fs::path& folder) {
  std::vector<ArtifactFile> files;
  std::error_code error;
  if (!fs::is_directory(folder, error)) return files;
  fs::recursive_directory_iterator it(folder, fs::directory_options::none, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (it->is_symlink(error) || !it->is_regular_file(error)) continue;
    files.push_back({it->path().lexically_relative(folder).generic_string(), it->file_size(error)});
  }
  if (error) return failed_precondition("cannot read ", folder.string(), ": ", error.message());
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

}  // namespace treadle::app::transfer

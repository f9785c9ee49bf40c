#include <cstdlib>

#include "app/demo/forecast.h"

namespace treadle::app::demo {
namespace {

// The first folder above the binary that holds examples/energy.
std::filesystem::path checkout() {
  std::error_code error;
  auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  while (!error && folder != folder.root_path()) {
    if (std::filesystem::exists(folder / "examples/energy/compiled")) return folder;
    folder = folder.parent_path();
  }
  return std::filesystem::current_path(error);
}

}  // namespace

StatusOr<Files> find_files(const Args& args) {
  const auto root = checkout();
  const std::filesystem::path pipelines = args.get("pipelines", (root / "examples/energy/compiled").string());
  Files files{pipelines / "energy-training.yaml",
              pipelines / "energy-inference.yaml",
              std::filesystem::absolute(args.get("csv", (root / ".deps/data/elecdemand.csv").string())),
              {}};
  for (const auto& path : {files.training, files.inference}) {
    if (!std::filesystem::exists(path)) {
      return not_found("no compiled pipeline at ", path.string(), "; name its folder with --pipelines");
    }
  }
  if (!std::filesystem::exists(files.data)) {
    return not_found("no demand data at ", files.data.string(),
                     "; `script/bootstrap run` fetches it, or name a CSV with --csv");
  }
  const char* const wheels = std::getenv("TREADLE_WHEELS");
  if (wheels != nullptr && *wheels != '\0') {
    files.wheels = wheels;
    if (!std::filesystem::is_directory(files.wheels)) {
      return not_found("TREADLE_WHEELS names ", files.wheels.string(),
                       ", which is no folder; `script/bootstrap run` makes .deps/wheels");
    }
  } else if (std::filesystem::is_directory(root / ".deps/wheels")) {
    files.wheels = root / ".deps/wheels";
  }
  return files;
}

}  // namespace treadle::app::demo

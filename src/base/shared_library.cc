#include "base/shared_library.h"

#include <dlfcn.h>

#include <cstdlib>
#include <vector>

namespace treadle {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> candidates(const SharedLibrary::Where& where) {
  if (const char* value = std::getenv(where.environment.c_str()); value != nullptr && *value != '\0') return {value};
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  std::vector<fs::path> paths;
  paths.push_back(program.parent_path() / fs::path(where.in_deps).filename());
  for (fs::path folder = program.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    paths.push_back(folder / ".deps" / where.in_deps);
    if (folder == folder.root_path()) break;
  }
  return paths;
}

}  // namespace

StatusOr<SharedLibrary> SharedLibrary::open(const Where& where) {
  const std::vector<fs::path> paths = candidates(where);
  for (const fs::path& path : paths) {
    std::error_code error;
    if (!fs::exists(path, error)) continue;
    void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return unavailable("cannot load ", where.name, ": ", dlerror());
    return SharedLibrary(handle, path);
  }
  return unavailable(where.name, " is not installed: no file ", paths.front().string(), " and no .deps/", where.in_deps,
                     " above it; run script/bootstrap, or set ", where.environment, " to the library's path");
}

StatusOr<void*> SharedLibrary::find(const char* name) const {
  void* const address = dlsym(handle_, name);
  if (address == nullptr) return unavailable(path_.string(), " has no function ", name, "; is it another version?");
  return address;
}

}  // namespace treadle

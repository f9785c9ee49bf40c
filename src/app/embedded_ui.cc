#include "app/embedded_ui.h"

#include <cstddef>

namespace treadle::app {
namespace {

struct UiFile {
  const char* path = nullptr;
  const char* raw = nullptr;
  const char* raw_end = nullptr;
  const char* gzip = nullptr;
  const char* gzip_end = nullptr;
  const char* etag = nullptr;
};

}  // namespace
}  // namespace treadle::app

using treadle::app::UiFile;
#include "embedded_ui_table.h"

namespace treadle::app {

net::StaticFiles embedded_ui() {
  net::StaticFiles files;
  for (std::size_t i = 0; i < kUiFileCount; ++i) {
    const UiFile& file = kUiFiles[i];
    const std::string_view raw(file.raw, static_cast<std::size_t>(file.raw_end - file.raw));
    const std::string_view packed(file.gzip, static_cast<std::size_t>(file.gzip_end - file.gzip));
    // The builder puts a hash of the content into the names under /assets/.
    const bool immutable = std::string_view(file.path).starts_with("/assets/");
    files.add(file.path, {raw, packed.size() < raw.size() ? packed : std::string_view(),
                          net::content_type_for(file.path), immutable, file.etag});
  }
  return files;
}

}  // namespace treadle::app

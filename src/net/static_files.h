// Files that live in the program (the page): served with an entity tag and, compressed ahead of time, without work.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "net/http.h"

namespace treadle::net {

struct StaticFile {
  std::string_view bytes;
  std::string_view gzip_bytes;  // empty when compressing does not pay
  std::string_view content_type;
  bool immutable = false;  // its name changes with its content
  std::string etag;
};

class StaticFiles {
 public:
  // `path` like "/assets/index.js". The bytes must outlive this object.
  void add(std::string path, StaticFile file) { files_[std::move(path)] = std::move(file); }
  bool empty() const { return files_.empty(); }
  // The file; for a path that names none and looks like a page of the application, index.html; else 404.
  Response answer(const Request& request) const;

 private:
  std::map<std::string, StaticFile, std::less<>> files_;
};

}  // namespace treadle::net

#include "adapters/mlflow/artifact_files.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace treadle::mlflow {
namespace {

// A path may be encoded more than once on its way here; deeper nesting than this is nobody's file name.
constexpr int kDecodings = 8;

Status invalid_path() { return {StatusCode::kInvalidArgument, "Invalid path", "path"}; }

bool leads_elsewhere(std::string_view path) {
  if (path.starts_with('/') || path.starts_with("file:") || path.find_first_of("#\\") != std::string_view::npos) {
    return true;
  }
  if (path.size() > 2 && path[1] == ':' && path[2] == '/') return true;  // C:/
  const auto segments = split(path, '/');
  return std::find(segments.begin(), segments.end(), "..") != segments.end();
}

// What MLflow calls a file of that name. Text is plain text, so that no browser runs it.
std::string_view type_of(const std::string& name) {
  static constexpr std::array<std::string_view, 26> kText = {
      "txt", "log", "err",  "cfg", "conf", "cnf", "cf",  "ini", "properties", "prop", "hocon", "toml",    "yaml",
      "yml", "xml", "json", "js",  "py",   "py3", "csv", "tsv", "md",         "rst",  "ipynb", "MLmodel", "mlproject"};
  const std::size_t dot = name.rfind('.');
  const std::string_view ending =
      dot == std::string::npos ? std::string_view(name) : std::string_view(name).substr(dot + 1);
  if (std::find(kText.begin(), kText.end(), ending) != kText.end()) return "text/plain";
  const std::string_view type = net::content_type_for(name);
  return type.substr(0, type.find(';'));
}

// RFC 6266: a plain name as it is, another one in quotes, and one that is not ASCII also encoded.
std::string disposition(const std::string& name) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("!#$%&+-.^_`|~").find(c) != std::string_view::npos;
  };
  if (std::all_of(name.begin(), name.end(), plain)) return str_cat("attachment; filename=", name);
  std::string ascii;
  bool is_ascii = true;
  for (const char c : name) {
    if ((c & 0x80) != 0)
      is_ascii = false;
    else if (c == '"' || c == '\\')
      str_append(&ascii, "\\", c);
    else
      ascii += c;
  }
  if (is_ascii) return str_cat("attachment; filename=\"", ascii, "\"");
  return str_cat("attachment; filename=\"", ascii.empty() ? "download" : ascii, "\"; filename*=UTF-8''",
                 net::percent_encode(name));
}

}  // namespace

StatusOr<std::string> safe_path(std::string_view path) {
  std::string decoded(path);
  for (int i = 0;; ++i) {
    if (leads_elsewhere(decoded) || i == kDecodings) return invalid_path();
    std::string again = net::percent_decode(decoded);
    if (again == decoded) break;
    decoded = std::move(again);
  }
  std::vector<std::string> kept;
  for (const std::string_view segment : split(path, '/')) {
    if (!segment.empty() && segment != ".") kept.emplace_back(segment);
  }
  std::string safe = join(kept, "/");
  if (!safe.empty() && !blob::check_key(safe).ok()) return invalid_path();
  return safe;
}

StatusOr<std::string> key_under(std::string_view folder, std::string_view path) {
  ASSIGN_OR_RETURN(const std::string safe, safe_path(path));
  return safe.empty() ? std::string(folder) : str_cat(folder, "/", safe);
}

StatusOr<Json> list_files(const blob::BlobStore& blobs, const std::string& folder, const std::string& shown) {
  ASSIGN_OR_RETURN(const auto entries, blobs.list(folder));
  Json files = Json::array();
  for (const auto& entry : entries) {
    Json file = {{"path", shown.empty() ? entry.name : str_cat(shown, "/", entry.name)}, {"is_dir", entry.is_folder}};
    if (!entry.is_folder) file["file_size"] = entry.size;
    files.push_back(std::move(file));
  }
  return files;
}

StatusOr<net::Response> attachment(const blob::BlobStore& blobs, const std::string& key) {
  if (const auto found = blobs.stat(key); !found.ok()) {
    ASSIGN_OR_RETURN(const auto inside, blobs.list(key));
    const std::string_view place = std::string_view(key).substr(key.find('/') + 1);  // below "artifacts/", as in URIs
    if (!inside.empty()) return invalid("Artifact path refers to a directory, not a file: '", place, "'");
    return found.status().code() == StatusCode::kNotFound ? not_found("No such artifact: '", place, "'")
                                                          : found.status();
  }
  ASSIGN_OR_RETURN(const auto path, blobs.local_path(key));
  const std::string name = path.filename().string();
  net::Response response = net::Response::file(path, type_of(name));
  response.headers.set("Content-Disposition", disposition(name));
  return response;
}

}  // namespace treadle::mlflow

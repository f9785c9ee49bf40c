#include "adapters/mlflow/version_source.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/strings.h"
#include "net/http.h"

namespace treadle::mlflow {
namespace {

struct Uri {
  std::string scheme, authority;
  std::vector<std::string> path;  // segments that are not empty, decoded
  bool is_local() const { return scheme.empty() || scheme == "file"; }
};

std::string decoded(std::string text) {
  for (int i = 0; i < 16; ++i) {
    std::string again = net::percent_decode(text);
    if (again == text) break;
    text = std::move(again);
  }
  return text;
}

Uri parse_uri(const std::string& text) {
  Uri uri;
  std::string_view rest = text;
  const std::size_t colon = rest.find(':');
  if (colon != std::string_view::npos && rest.substr(0, colon).find('/') == std::string_view::npos) {
    uri.scheme = to_lower(rest.substr(0, colon));
    rest.remove_prefix(colon + 1);
  }
  if (rest.starts_with("//")) {
    const std::size_t end = std::min(rest.find('/', 2), rest.size());
    uri.authority = to_lower(rest.substr(2, end - 2));
    rest.remove_prefix(end);
  }
  for (const std::string_view segment : split(rest.substr(0, rest.find_first_of("?#")), '/')) {
    if (!segment.empty()) uri.path.push_back(decoded(std::string(segment)));
  }
  return uri;
}

Status refused(const std::string& source, std::string_view why) {
  return {StatusCode::kInvalidArgument, str_cat("Invalid model version source: '", source, "'. ", why), "source"};
}

Status not_inside(const std::string& source, std::string_view parameter) {
  return refused(source,
                 str_cat("The ", parameter, " request parameter must identify the resource that contains the source."));
}

bool is_relative(const std::string& source, const Uri& uri) {
  const std::string plain = decoded(source);
  const auto segments = split(plain, '/');
  // Below the proxy's own root there is always something; elsewhere a bucket alone is no place for a model.
  const bool from_root = uri.scheme == "mlflow-artifacts" ||
                         (!uri.path.empty() && std::string_view(source).substr(uri.scheme.size() + 1).starts_with('/'));
  return plain.find('\0') != std::string::npos || !from_root ||
         std::any_of(segments.begin(), segments.end(), [](std::string_view s) { return s == ".." || s == "."; });
}

bool within(const Uri& source, const Uri& root) {
  return source.scheme == root.scheme && source.authority == root.authority && source.path.size() >= root.path.size() &&
         std::equal(root.path.begin(), root.path.end(), source.path.begin());
}

// The proxy's own addresses: "mlflow-artifacts:…" and what it is behind http.
bool is_proxied(const Uri& uri) {
  if (uri.scheme == "mlflow-artifacts") return true;
  static const std::vector<std::string> kRoute = {"api", "2.0", "mlflow-artifacts", "artifacts"};
  return (uri.scheme == "http" || uri.scheme == "https") &&
         std::search(uri.path.begin(), uri.path.end(), kRoute.begin(), kRoute.end()) != uri.path.end();
}

// The artifacts of the run or logged model that the client names; empty when there is none.
std::string root_of(const registry::NewVersion& version, tracking::Service& tracking) {
  if (!version.model_id.empty()) {
    const auto model = tracking.get_logged_model(version.model_id);
    return model.ok() ? tracking::Service::artifact_uri(*model) : "";
  }
  if (version.run_id.empty()) return "";
  const auto run = tracking.get_run(version.run_id);
  return run.ok() ? tracking::Service::artifact_uri(*run) : "";
}

// A path of the client's machine without "." and ".."; nullopt when the URI names none, or not from the root.
std::optional<std::filesystem::path> local_path(const Uri& uri) {
  if (!uri.is_local() || !uri.authority.empty()) return std::nullopt;
  std::filesystem::path path("/");
  for (const std::string& segment : uri.path) path /= std::filesystem::path(segment).relative_path();
  return path.lexically_normal();
}

// A local path is kept as a name for clients of the same machine; this server never opens it.
Status check_local(const std::string& source, const Uri& uri, const std::string& root, std::string_view parameter) {
  if (!uri.authority.empty() && uri.authority != "localhost") {
    // MLflow's server counts this as an error of its own (500), and clients look for these words.
    return internal_error(source, " is not a valid remote uri: this server has no way to another machine's files. ",
                          "Give a path of the run's own artifacts.");
  }
  const auto path = local_path(uri), home = local_path(parse_uri(root));
  if (path && home && source.find('\0') == std::string::npos && (uri.scheme == "file" || source.starts_with('/'))) {
    const auto [rest, _] = std::mismatch(home->begin(), home->end(), path->begin(), path->end());
    if (rest == home->end() && !root.empty()) return ok_status();
  }
  return refused(source, str_cat("To use a local path as a model version source, the ", parameter,
                                 " request parameter has to be specified and the local path has to be contained"
                                 " within the artifact directory of the run specified by the ",
                                 parameter, "."));
}

bool is_prompt(const registry::NewVersion& version) {
  bool prompt = false;  // of a key that comes twice the last one counts
  for (const auto& [key, value] : version.tags) {
    if (key == "mlflow.prompt.is_prompt") prompt = equals_ignore_case(value, "true");
  }
  return prompt;
}

}  // namespace

Status check_source(const registry::NewVersion& version, tracking::Service& tracking) {
  const std::string& source = version.source;
  if (is_prompt(version)) {
    if (source == "dummy-source" || source == "prompt-template") return ok_status();
    return {StatusCode::kInvalidArgument,
            str_cat("Invalid prompt source: '", source, "'. Prompt sources must use an MLflow placeholder."), "source"};
  }
  const Uri uri = parse_uri(source);
  const std::string_view parameter = version.model_id.empty() ? "run_id" : "model_id";
  if (uri.is_local()) return check_local(source, uri, root_of(version, tracking), parameter);
  if (is_relative(source, uri)) {
    return refused(source,
                   "If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts"
                   " uri, an absolute path must be provided without relative path references present. Please provide"
                   " an absolute path.");
  }
  if (uri.scheme == "runs") {
    const bool same =
        version.model_id.empty() && uri.authority.empty() && !uri.path.empty() && uri.path.front() == version.run_id;
    return same ? ok_status() : not_inside(source, parameter);
  }
  if (uri.scheme == "models") {
    if (!uri.authority.empty() || uri.path.empty()) return not_inside(source, "model_id");
    const bool logged_model = uri.path.size() == 1 && uri.path.front().find('@') == std::string::npos;
    // Kinder than MLflow, which wants the id of a logged model twice: the source names it, and it must be there.
    if (logged_model && !version.model_id.empty() && uri.path.front() != version.model_id)
      return not_inside(source, "model_id");
    if (uri.path.size() > 2) return not_inside(source, "model_id");
    return ok_status();
  }
  if (!is_proxied(uri)) return ok_status();  // kept elsewhere: only a name here
  const std::string root = root_of(version, tracking);
  return !root.empty() && within(uri, parse_uri(root)) ? ok_status() : not_inside(source, parameter);
}

}  // namespace treadle::mlflow

#include "domains/components/server.h"

#include <cctype>
#include <cstdlib>

#include "base/files.h"

namespace treadle::components {
namespace {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string encode_path(std::string_view path) {
  std::vector<std::string> pieces;
  for (const std::string_view piece : split(path, '/')) pieces.push_back(encode_segment(piece));
  return join(pieces, "/");
}

Status check(const net::ClientResponse& response, std::string_view what) {
  if (response.status < 300) return {};
  return internal_error(what, ": the server answered ", response.status, ": ",
                        std::string_view(response.body).substr(0, 500));
}

}  // namespace

std::string encode_segment(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out.push_back(c);
    } else {
      str_append(&out, '%', hex_encode(std::string_view(&c, 1)));
    }
  }
  return out;
}

StatusOr<Server> Server::from_environment() {
  Server server;
  server.run_id_ = environment("TREADLE_RUN_ID");
  const std::string url = environment("TREADLE_URL");
  if (!url.empty()) {
    ASSIGN_OR_RETURN(net::Client client, net::Client::create(url));
    const std::string token = environment("TREADLE_TOKEN");
    if (!token.empty()) client.set_authorization(str_cat("Bearer ", token));
    server.client_.emplace(std::move(client));
  }
  return server;
}

StatusOr<net::Client*> Server::client() {
  if (client_) return &*client_;
  return failed_precondition("this step needs its server, but TREADLE_URL is not set; start it with `treadle up`");
}

Status Server::log(const Json& body) {
  if (!client_ || run_id_.empty()) return {};
  return client_->send_json(net::Method::kPost, str_cat("/api/v1/runs/", run_id_, "/log"), body).status();
}

Status Server::upload(std::string_view path, std::string_view content) {
  if (!client_ || run_id_.empty()) return {};
  ASSIGN_OR_RETURN(const net::ClientResponse response,
                   client_->request(net::Method::kPut,
                                    str_cat("/api/v1/runs/", run_id_, "/artifacts/", encode_path(path)), content));
  return check(response, path);
}

Status Server::upload_folder(std::string_view path, const std::filesystem::path& folder) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (!entry->is_regular_file()) continue;
    ASSIGN_OR_RETURN(const std::string content, read_file(entry->path()));
    RETURN_IF_ERROR(upload(str_cat(path, "/", entry->path().filename().string()), content));
  }
  return error ? not_found("cannot read ", folder.string(), ": ", error.message()) : ok_status();
}

StatusOr<Json> Server::get(std::string_view target) {
  ASSIGN_OR_RETURN(net::Client* const http, client());
  return http->get_json(target);
}

StatusOr<Json> Server::send(net::Method method, std::string_view target, const Json& body) {
  ASSIGN_OR_RETURN(net::Client* const http, client());
  return http->send_json(method, target, body);
}

StatusOr<std::string> Server::model_file(std::string_view model, std::int64_t version, std::string_view file) {
  ASSIGN_OR_RETURN(net::Client* const http, client());
  ASSIGN_OR_RETURN(const Json shown, http->get_json(str_cat("/api/v1/models/", encode_segment(model))));
  ASSIGN_OR_RETURN(const Json* const versions, optional_array(shown, "versions"));
  for (const Json& item : versions == nullptr ? Json(Json::array()) : *versions) {
    ASSIGN_OR_RETURN(const std::int64_t number, required_int(item, "version"));
    if (number != version) continue;
    ASSIGN_OR_RETURN(const std::string source, required_string(item, "source"));
    ASSIGN_OR_RETURN(const std::string run, required_string(item, "run_id"));
    constexpr std::string_view marker = "/artifacts/";
    const std::size_t at = source.find(marker);
    if (at == std::string::npos)
      return failed_precondition("model ", model, " ", version, " lies at ", source, ", not in a run");
    const std::string target = str_cat("/api/v1/runs/", run, "/artifacts/",
                                       encode_path(source.substr(at + marker.size())), "/", encode_path(file));
    ASSIGN_OR_RETURN(net::ClientResponse response, http->request(net::Method::kGet, target));
    RETURN_IF_ERROR(check(response, str_cat(file, " of model ", model, " ", version)));
    return std::move(response.body);
  }
  return not_found("model ", model, " has no version ", version);
}

}  // namespace treadle::components

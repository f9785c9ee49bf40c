// Artifacts past the proxy's plain upload and download: in parts, and by signed URLs. The URLs are this server's own.
#include "adapters/mlflow/artifact_files.h"
#include "adapters/mlflow/groups.h"
#include "adapters/mlflow/signed_urls.h"
#include "base/strings.h"
#include "storage/blob/multipart.h"

namespace treadle::mlflow {
namespace {

using net::Method;
using net::Request;
using net::Response;

constexpr std::uint64_t kMaxPart = 5ull << 30;  // as S3
constexpr std::uint64_t kMaxSigned = 64ull << 30;
constexpr std::int64_t kPartSeconds = 24 * 3600;  // as long as an upload may take
constexpr std::int64_t kUrlSeconds = 900;
constexpr std::string_view kParts = "/api/2.0/mlflow-artifacts/mpu/part";
constexpr std::string_view kSigned = "/api/2.0/mlflow-artifacts/signed";

class Transfers {
 public:
  explicit Transfers(tracking::Service& tracking)
      : tracking_(tracking),
        blobs_(tracking.blobs()),
        uploads_(tracking.blobs(), clock_),
        urls_(tracking.blobs(), clock_) {}

  StatusOr<Response> create(const Request& request) {
    ASSIGN_OR_RETURN(const Json body, request.json());
    ASSIGN_OR_RETURN(const std::string key, target(request, body));
    ASSIGN_OR_RETURN(const std::int64_t parts, optional_int(body, "num_parts", 1));
    ASSIGN_OR_RETURN(const std::string id, uploads_.begin(key, parts));
    Json credentials = Json::array();
    for (std::int64_t part = 1; part <= parts; ++part) {
      ASSIGN_OR_RETURN(const std::string url,
                       urls_.make(request, Method::kPut, str_cat(kParts, "/", id, "/", part), kPartSeconds));
      credentials.push_back({{"url", url}, {"part_number", part}, {"headers", Json::object()}});
    }
    return Response::json({{"upload_id", id}, {"credentials", credentials}});
  }

  StatusOr<Response> put_part(Request& request) {
    RETURN_IF_ERROR(urls_.check(request));
    const auto part = parse_int(request.param("part"));
    if (!part) return wrong_parameter("part", std::string(request.param("part")), "it must be an integer");
    ASSIGN_OR_RETURN(const std::string hash, uploads_.put(std::string(request.param("id")), *part, reader(request)));
    Response response = Response::json(Json::object());
    response.headers.set("ETag", str_cat("\"", hash, "\""));
    return response;
  }

  StatusOr<Response> complete(const Request& request) {
    ASSIGN_OR_RETURN(const Json body, request.json());
    ASSIGN_OR_RETURN(const std::string key, target(request, body));
    ASSIGN_OR_RETURN(const std::string id, upload_id(body));
    ASSIGN_OR_RETURN(const Json* list, optional_array(body, "parts"));
    if (list == nullptr || list->empty()) return missing_parameter("parts");
    std::vector<blob::MultipartUploads::Part> parts;
    for (const Json& item : *list) {
      ASSIGN_OR_RETURN(const std::int64_t number, required_int(item, "part_number"));
      ASSIGN_OR_RETURN(const std::string etag, required_string(item, "etag"));
      parts.push_back({number, replace_all(etag, "\"", "")});
    }
    RETURN_IF_ERROR(uploads_.complete(id, key, parts));
    return Response::json(Json::object());
  }

  StatusOr<Response> abort(const Request& request) {
    ASSIGN_OR_RETURN(const Json body, request.json());
    ASSIGN_OR_RETURN(const std::string key, target(request, body));
    ASSIGN_OR_RETURN(const std::string id, upload_id(body));
    RETURN_IF_ERROR(uploads_.abort(id, key));
    return Response::json(Json::object());
  }

  // What a client needs to fetch an artifact in ranges.
  StatusOr<Response> presign(const Request& request) {
    ASSIGN_OR_RETURN(const std::string path, file_path(request.param("path")));
    ASSIGN_OR_RETURN(const auto info, blobs_.stat(str_cat("artifacts/", path)));
    ASSIGN_OR_RETURN(const std::string url,
                     urls_.make(request, Method::kGet, str_cat(kSigned, "/", path), kUrlSeconds));
    return Response::json({{"url", url}, {"headers", Json::object()}, {"file_size", info.size}});
  }

  // "presigned-upload-url" and "presigned-download-url" of a run's artifact, or a logged model's.
  StatusOr<Response> presign_of(const Request& request, Method method) {
    ASSIGN_OR_RETURN(const Json body, arguments(request));
    ASSIGN_OR_RETURN(const std::string given, optional_string(body, "path"));
    if (given.empty()) return missing_parameter("path");
    ASSIGN_OR_RETURN(const std::string path, file_path(given));
    ASSIGN_OR_RETURN(const std::int64_t seconds, optional_int(body, "expiration", kUrlSeconds));
    ASSIGN_OR_RETURN(const std::string root, root_of(body, method));
    const std::string key = str_cat(root, "/", path);
    ASSIGN_OR_RETURN(const std::string url,
                     urls_.make(request, method, str_cat(kSigned, key.substr(key.find('/'))), seconds));
    Json answer = {{"presigned_url", url}, {"headers", Json::object()}};
    if (method == Method::kGet) {
      ASSIGN_OR_RETURN(const auto info, blobs_.stat(key));
      answer["file_size"] = info.size;
    }
    return Response::json(answer);
  }

  StatusOr<Response> download(const Request& request) {
    RETURN_IF_ERROR(urls_.check(request));
    ASSIGN_OR_RETURN(const std::string path, file_path(request.param("path")));
    return attachment(blobs_, str_cat("artifacts/", path));
  }

  StatusOr<Response> upload(Request& request) {
    RETURN_IF_ERROR(urls_.check(request));
    ASSIGN_OR_RETURN(const std::string path, file_path(request.param("path")));
    ASSIGN_OR_RETURN(const auto info, blobs_.receive(str_cat("artifacts/", path), reader(request)));
    Response response = Response::json(Json::object());
    response.headers.set("ETag", str_cat("\"", info.sha256, "\""));
    return response;
  }

 private:
  static std::function<StatusOr<std::size_t>(char*, std::size_t)> reader(Request& request) {
    return [&request](char* buffer, std::size_t size) { return request.stream->read(buffer, size); };
  }

  static StatusOr<std::string> file_path(std::string_view given) {
    ASSIGN_OR_RETURN(std::string path, safe_path(given));
    if (path.empty()) return missing_parameter("path");
    return path;
  }

  static StatusOr<std::string> upload_id(const Json& body) {
    ASSIGN_OR_RETURN(std::string id, optional_string(body, "upload_id"));
    if (id.empty()) return missing_parameter("upload_id");
    return id;
  }

  // The folder is in the URL, the name in "path", which is the file's path on the client's machine.
  static StatusOr<std::string> target(const Request& request, const Json& body) {
    ASSIGN_OR_RETURN(const std::string local, optional_string(body, "path"));
    const std::string name = local.substr(local.find_last_of("/\\") + 1);
    if (name.empty()) return missing_parameter("path");
    ASSIGN_OR_RETURN(const std::string path, file_path(str_cat(request.param("folder"), "/", name)));
    return str_cat("artifacts/", path);
  }

  StatusOr<std::string> root_of(const Json& body, Method method) {
    ASSIGN_OR_RETURN(const std::string run_id, optional_string(body, "run_id"));
    ASSIGN_OR_RETURN(const std::string model_id, optional_string(body, "model_id"));
    if (method == Method::kGet && run_id.empty()) return missing_parameter("run_id");
    if (run_id.empty() == model_id.empty()) return invalid("Exactly one of run_id and model_id must be provided.");
    if (!run_id.empty()) {
      ASSIGN_OR_RETURN(const auto run, tracking_.get_run(run_id));
      RETURN_IF_ERROR(tracking::Service::artifacts_are_here(run));
      return tracking::Service::artifact_root(run);
    }
    ASSIGN_OR_RETURN(const auto model, tracking_.get_logged_model(model_id));
    return tracking::Service::artifact_root(model);
  }

  tracking::Service& tracking_;
  blob::BlobStore& blobs_;
  const SystemClock clock_;
  blob::MultipartUploads uploads_;
  SignedUrls urls_;
};

}  // namespace

void add_transfer_routes(net::Router& router, tracking::Service& tracking) {
  const auto transfers = std::make_shared<Transfers>(tracking);  // shared by the handlers of its routes
  const auto add = [&](Method method, std::string_view path, auto work, net::RouteOptions options = {}) {
    router.add(
        method, path,
        [transfers, work](Request& request) {
          StatusOr<Response> response = work(*transfers, request);
          return response.ok() ? std::move(*response) : error_response(response.status());
        },
        options);
  };
  for (const char* api : {"/api/2.0", "/ajax-api/2.0"}) {
    const std::string proxy = str_cat(api, "/mlflow-artifacts");
    add(Method::kPost, str_cat(proxy, "/mpu/create/{folder...}"), [](Transfers& t, Request& r) { return t.create(r); });
    add(Method::kPost, str_cat(proxy, "/mpu/complete/{folder...}"),
        [](Transfers& t, Request& r) { return t.complete(r); }, {.max_body = 8u << 20});
    add(Method::kPost, str_cat(proxy, "/mpu/abort/{folder...}"), [](Transfers& t, Request& r) { return t.abort(r); });
    add(Method::kGet, str_cat(proxy, "/presigned/{path...}"), [](Transfers& t, Request& r) { return t.presign(r); });
    add(Method::kPost, str_cat(api, "/mlflow/artifacts/presigned-upload-url"),
        [](Transfers& t, Request& r) { return t.presign_of(r, Method::kPut); });
    add(Method::kPost, str_cat(api, "/mlflow/artifacts/presigned-download-url"),
        [](Transfers& t, Request& r) { return t.presign_of(r, Method::kGet); });
  }
  add(Method::kPut, str_cat(kParts, "/{id}/{part}"), [](Transfers& t, Request& r) { return t.put_part(r); },
      {.max_body = kMaxPart, .stream_body = true});
  add(Method::kGet, str_cat(kSigned, "/{path...}"), [](Transfers& t, Request& r) { return t.download(r); });
  add(Method::kPut, str_cat(kSigned, "/{path...}"), [](Transfers& t, Request& r) { return t.upload(r); },
      {.max_body = kMaxSigned, .stream_body = true});
}

}  // namespace treadle::mlflow

// Stored pipelines and their versions, uploaded as the compiler's YAML or as JSON.
#include "adapters/kfp/request.h"
#include "adapters/kfp/wire.h"
#include "net/multipart.h"

namespace treadle::kfp {
namespace {

using net::Method;
using net::Request;
using net::Response;

// The spec in the form's field `uploadfile`.
StatusOr<Json> uploaded_spec(const Request& request) {
  ASSIGN_OR_RETURN(const auto parts, net::parse_multipart(request.headers.get("Content-Type"), request.body));
  for (const net::Part& part : parts) {
    if (part.name != "uploadfile") continue;
    if (part.content.starts_with("PK\x03\x04") || part.content.starts_with("\x1f\x8b")) {
      return invalid_field("uploadfile", "is an archive; upload the YAML or JSON file in it");
    }
    auto spec = pipelines::parse_spec_text(part.content);
    return spec.ok() ? std::move(spec) : invalid_field("uploadfile", spec.status().message());
  }
  return invalid_field("uploadfile", "is missing in the form");
}

std::string query_text(const Request& request, std::string_view name) {
  return std::string(request.query.get(name).value_or(""));
}

// An upload's name; newer clients may say display_name.
std::string uploaded_name(const Request& request) {
  std::string name = query_text(request, "name");
  return name.empty() ? query_text(request, "display_name") : name;
}

// The spec is checked before anything is made: a refused one leaves no pipeline without a version behind.
StatusOr<Response> upload(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const Json spec, uploaded_spec(request));
  const std::string name = uploaded_name(request);
  if (name.empty()) return invalid_field("name", "is missing in the query");
  if (services.pipelines.get_pipeline(name).ok()) {
    return already_exists("a pipeline named ", name, " exists: upload a new version of it, or choose another name");
  }
  ASSIGN_OR_RETURN(const auto version, services.pipelines.put_pipeline(name, query_text(request, "description"), spec));
  ASSIGN_OR_RETURN(const auto pipeline, services.pipelines.get_pipeline(version.pipeline_id));
  return Response::json(pipeline_json(pipeline));
}

StatusOr<Response> upload_version(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const Json spec, uploaded_spec(request));
  const std::string id = query_text(request, "pipelineid");
  if (id.empty()) return invalid_field("pipelineid", "is missing in the query");
  ASSIGN_OR_RETURN(const auto pipeline, services.pipelines.get_pipeline(id));
  ASSIGN_OR_RETURN(const auto version, services.pipelines.create_version(pipeline.id, uploaded_name(request),
                                                                         query_text(request, "description"), spec));
  return Response::json(version_json(version));
}

StatusOr<Response> create(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const Json body, request.json());
  ASSIGN_OR_RETURN(const std::string shown, optional_string(body, "display_name"));
  ASSIGN_OR_RETURN(const std::string name, optional_string(body, "name", shown));
  ASSIGN_OR_RETURN(const std::string description, optional_string(body, "description"));
  if (name.empty()) return invalid_field("display_name", "is missing");
  ASSIGN_OR_RETURN(const auto pipeline,
                   services.pipelines.create_pipeline(name, shown.empty() ? name : shown, description));
  return Response::json(pipeline_json(pipeline));
}

StatusOr<Response> get(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const auto pipeline, services.pipelines.get_pipeline(param(request, "id")));
  return Response::json(pipeline_json(pipeline));
}

StatusOr<Response> list(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const Paging at, paging(request));
  ASSIGN_OR_RETURN(const Filter wanted, filter(request));
  if (!wanted.name_contains.empty() || !wanted.state.empty() || wanted.archived) {
    return invalid_field("filter", "pipelines are found by EQUALS on display_name");
  }
  ASSIGN_OR_RETURN(const auto page, services.pipelines.list_pipelines(at.limit, at.offset, wanted.name));
  return list_answer("pipelines", page.items, page.total, page.more, at, pipeline_json);
}

StatusOr<Response> remove(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const bool cascade, request.query.get_bool("cascade", false));
  RETURN_IF_ERROR(services.pipelines.delete_pipeline(param(request, "id"), cascade));
  return Response::json(Json::object());
}

// A version belongs to the pipeline in its address, or is not there.
StatusOr<pipelines::PipelineVersion> find_version(const Request& request, const Services& services) {
  ASSIGN_OR_RETURN(auto version, services.pipelines.get_version(param(request, "version")));
  if (version.pipeline_id != request.param("id")) {
    return not_found("pipeline ", request.param("id"), " has no version ", request.param("version"));
  }
  return version;
}

StatusOr<Response> get_version(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const auto version, find_version(request, services));
  return Response::json(version_json(version));
}

StatusOr<Response> list_versions(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const Paging at, paging(request));
  ASSIGN_OR_RETURN(const auto pipeline, services.pipelines.get_pipeline(param(request, "id")));
  ASSIGN_OR_RETURN(const auto page, services.pipelines.list_versions(pipeline.id, at.limit, at.offset));
  return list_answer("pipeline_versions", page.items, page.total, page.more, at, version_json);
}

StatusOr<Response> remove_version(Request& request, const Services& services) {
  ASSIGN_OR_RETURN(const auto version, find_version(request, services));
  RETURN_IF_ERROR(services.pipelines.delete_version(version.id));
  return Response::json(Json::object());
}

}  // namespace

void add_pipeline_routes(net::Router& router, Services services) {
  const std::string all = str_cat(kBase, "pipelines"), one = str_cat(all, "/{id}"), versions = one + "/versions";
  router.add(Method::kPost, all + "/upload", handle(upload, services), {.max_body = kMaxSpec});
  router.add(Method::kPost, all + "/upload_version", handle(upload_version, services), {.max_body = kMaxSpec});
  router.add(Method::kPost, all, handle(create, services));
  router.add(Method::kGet, all, handle(list, services));
  router.add(Method::kGet, all + "/names/{id}", handle(get, services));
  router.add(Method::kGet, one, handle(get, services));
  router.add(Method::kDelete, one, handle(remove, services));
  router.add(Method::kGet, versions, handle(list_versions, services));
  router.add(Method::kGet, versions + "/{version}", handle(get_version, services));
  router.add(Method::kDelete, versions + "/{version}", handle(remove_version, services));
}

}  // namespace treadle::kfp

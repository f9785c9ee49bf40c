#include "adapters/mlflow/versioned_routes.h"

namespace treadle::mlflow {

void add_versioned_route(net::Router& router, net::Method method, std::string_view version, std::string_view path,
                         const Schema& schema, std::uint64_t max_body, const Call& call) {
  for (const char* api : {"/api/", "/ajax-api/"}) {
    router.add(method, str_cat(api, version, "/mlflow/", path),
               [call, schema](net::Request& request) {
                 const auto given = arguments(request, &schema);
                 if (!given.ok()) return error_response(given.status());
                 const auto answer = call(*given);
                 return answer.ok() ? net::Response::json(*answer) : error_response(answer.status());
               },
               {.max_body = max_body});
  }
}

}  // namespace treadle::mlflow

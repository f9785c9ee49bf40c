#include "adapters/mlflow/v3_routes.h"

namespace treadle::mlflow {

void add_v3_route(net::Router& router, net::Method method, std::string_view path, const Schema& schema,
                  std::uint64_t max_body, const Call& call) {
  for (const char* prefix : {"/api/3.0/mlflow/", "/ajax-api/3.0/mlflow/"}) {
    router.add(method, str_cat(prefix, path),
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

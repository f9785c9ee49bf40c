#include "adapters/oip/routes.h"

#include "adapters/oip/errors.h"

namespace treadle::oip {

void add_routes(net::Router& router, serving::Service& serving) {
  add_v2_routes(router, serving);
  add_v2_infer_routes(router, serving);
  add_v2_repository_routes(router, serving);
  add_kserve_v1_routes(router, serving);
  add_scoring_routes(router, serving);
  for (const char* prefix : {"/v2", "/v1/models"}) router.add_error_form(prefix, v2_error);
  for (const char* prefix : {"/invocations", "/deployments/"}) router.add_error_form(prefix, scoring_error);
  router.add_fallback("/v2/",
                      [](net::Request& request) { return v2_error(not_found("there is nothing at ", request.path)); });
}

}  // namespace treadle::oip

#include "adapters/oip/routes.h"

namespace treadle::oip {

void add_routes(net::Router& router, serving::Service& serving) {
  add_v2_routes(router, serving);
  add_v2_infer_routes(router, serving);
  add_v2_repository_routes(router, serving);
  add_kserve_v1_routes(router, serving);
  add_scoring_routes(router, serving);
}

}  // namespace treadle::oip

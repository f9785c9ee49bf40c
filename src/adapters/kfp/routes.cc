#include "adapters/kfp/routes.h"

#include "adapters/kfp/request.h"
#include "adapters/kfp/wire.h"

namespace treadle::kfp {

void add_routes(net::Router& router, pipelines::Service& pipelines, tracking::Service& tracking) {
  const Services services{pipelines, tracking};
  // The client's constructor asks for it.
  router.add(net::Method::kGet, str_cat(kBase, "healthz"), [](net::Request&) {
    return net::Response::json({{"multi_user", false}});
  });
  router.add_error_form("/apis/", error);
  add_experiment_routes(router, services);
  add_run_routes(router, services);
  add_pipeline_routes(router, services);
}

}  // namespace treadle::kfp

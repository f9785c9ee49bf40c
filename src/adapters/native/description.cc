#include "adapters/native/description.h"

#include <string>

// Put into the program by cmake/EmbedUi.cmake.
extern "C" {
extern const char treadle_openapi[], treadle_openapi_end[];
}

namespace treadle::native {

void add_description_routes(net::Router& router) {
  router.add(net::Method::kGet, "/api/v1/openapi.yaml",
             [](net::Request&) {
               return net::Response::text(200, std::string(treadle_openapi, treadle_openapi_end), "application/yaml");
             },
             {.execution = net::Execution::kInline});
}

}  // namespace treadle::native

// What every KFP route reads from a request: its page, its filter, its services.
#pragma once

#include <optional>
#include <string>

#include "domains/pipelines/service.h"
#include "domains/tracking/service.h"
#include "net/router.h"

namespace treadle::kfp {

struct Services {
  pipelines::Service& pipelines;
  tracking::Service& tracking;
};

struct Paging {
  std::int64_t limit, offset;
};
// page_size (20 unless told, at most 200) and page_token.
StatusOr<Paging> paging(const net::Request& request);
// {FIELD: […], "total_size", "next_page_token" when there is more}, each item in the form that `form` gives it.
template <typename Items, typename Form>
net::Response list_answer(const char* field, const Items& items, std::int64_t total, bool more, const Paging& page,
                          Form form) {
  Json out = {{field, Json::array()}, {"total_size", total}};
  for (const auto& item : items) out[field].push_back(form(item));
  if (more) out["next_page_token"] = std::to_string(page.offset + page.limit);
  return net::Response::json(out);
}

// KFP's filter: {"predicates":[{"operation":1,"key":"display_name","stringValue":"…"}]}, all of which must hold.
// Understood are name and display_name (EQUALS, IS_SUBSTRING), state (EQUALS) and storage_state (EQUALS, NOT_EQUALS);
// anything else is refused by name, not ignored.
struct Filter {
  std::string name, name_contains, state;
  std::optional<bool> archived;
};
StatusOr<Filter> filter(const net::Request& request);

std::string param(const net::Request& request, std::string_view name);

using Operation = StatusOr<net::Response> (*)(net::Request&, const Services&);
// A handler that answers errors in KFP's form.
net::Handler handle(Operation operation, Services services);

inline constexpr std::string_view kBase = "/apis/v2beta1/";
inline constexpr std::uint64_t kMaxSpec = 32u << 20;

void add_experiment_routes(net::Router& router, Services services);
void add_run_routes(net::Router& router, Services services);
void add_pipeline_routes(net::Router& router, Services services);

}  // namespace treadle::kfp

// Lets a handler return a Status: ok values become JSON, errors the native error form.
#pragma once

#include <utility>

#include "domains/tracking/types.h"
#include "net/caller.h"
#include "net/router.h"

namespace treadle::native {

// `work(Request&) -> StatusOr<Json>`.
template <typename Work>
net::Handler json_handler(Work work) {
  return [work = std::move(work)](net::Request& request) {
    const net::AsCaller acting(request);
    StatusOr<Json> result = work(request);
    return result.ok() ? net::Response::json(*result) : net::error_response(result.status());
  };
}

// What is wrong with one item of a list, named with its place: "metrics[3].key: is required".
inline Status in_item(const Status& status, std::string_view list, std::size_t at) {
  const std::string item = str_cat(list, "[", at, "]");
  return {status.code(), str_cat(item, ".", status.message()),
          status.field().empty() ? item : str_cat(item, ".", status.field())};
}

// A page token is the offset of the next page; clients treat it as opaque.
inline StatusOr<std::int64_t> page_offset(const net::Query& query) {
  return query.get_int("page_token", 0, 0, INT64_MAX / 2);
}

// ?view=active (the default), deleted or all.
inline StatusOr<tracking::View> view_of(const net::Query& query) {
  const std::string_view view = query.get("view").value_or("active");
  if (view == "active") return tracking::View::kActive;
  if (view == "deleted") return tracking::View::kDeleted;
  if (view == "all") return tracking::View::kAll;
  return invalid_field("view", "must be active, deleted or all, got \"", view, "\"");
}

}  // namespace treadle::native

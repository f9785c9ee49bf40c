// Turning what came on the wire into a Request, refusing what no handler should see.
#pragma once

#include <optional>
#include <string_view>

#include "net/http.h"

namespace treadle::net {

std::optional<Method> parse_method(std::string_view name);
// Fills path and query; kInvalidArgument for ".." segments, NUL, backslashes or a target that is no path.
Status parse_target(std::string_view target, Request& request);
// Refuses what a foreign web page could make a browser send to a server on this machine: a Host that is a name somebody
// else controls, and a changing request whose Origin is another site.
Status check_origin(const Request& request, bool loopback);
// The client's own id when it is short and plain, else a new one.
std::string request_id(const Headers& headers);

}  // namespace treadle::net

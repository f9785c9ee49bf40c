// Who a request says it comes from, where no access control has made sure of it.
#pragma once

#include "base/actor.h"
#include "net/http.h"

namespace treadle::net {

// How our own programs name their user to a server without access control.
inline constexpr std::string_view kUserHeader = "X-Treadle-User";

// The name of HTTP Basic, else of kUserHeader; the program of User-Agent. Never verified.
Actor caller_of(const Request& request);

// Runs a handler's service calls as who the guard found, else as who the request says.
class AsCaller {
 public:
  explicit AsCaller(const Request& request)
      : acting_(current_actor().verified ? current_actor() : caller_of(request)) {}

 private:
  ActingAs acting_;
};

}  // namespace treadle::net

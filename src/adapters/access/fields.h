// The values of a request's fields, wherever a handler might read them: what was checked must be what is used, so a
// field that is given twice with different values is refused.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace treadle::access {

class Fields {
 public:
  // Reads nothing yet.
  Fields(const net::Request& request, bool raw_body) : request_(request), raw_body_(raw_body) {}

  // Not ok when what was asked for cannot be known: the body is not JSON, or a value is longer than any id.
  const Status& trouble() const { return trouble_; }
  // All values of `field` ("a|b", "a.b", "a[]", see rules.h; without its "?"). Parameters of the path hide the rest.
  std::vector<std::string> all(std::string_view field);
  // The one value; nullopt when there is none, kInvalidArgument when there are different ones, or in trouble.
  StatusOr<std::optional<std::string>> one(std::string_view field);

 private:
  void read_body();

  const net::Request& request_;
  const bool raw_body_;
  bool read_ = false;
  Status trouble_;
  std::set<std::string, std::less<>> too_long_;  // fields with a value that was not kept
  std::map<std::string, std::set<std::string>, std::less<>> body_;
};

// What is said about a missing one.
Status missing_field(std::string_view field);

}  // namespace treadle::access

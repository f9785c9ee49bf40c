// Leaves out of answers what the caller may not read: items of lists, events of streams.
#pragma once

#include <functional>
#include <memory>

#include "adapters/access/rules.h"

namespace treadle::access {

// Whether what `value` names may be read.
using MayRead = std::function<bool(Of of, const std::string& value)>;

bool is_visible(const Keep& keep, const MayRead& may_read, const Json& item);
// `keeps` of a rule applied to a JSON answer; other bodies stay as they are.
void hide_items(const std::vector<Keep>& keeps, const MayRead& may_read, net::Response& response);
// Server-sent events with JSON data; those go on whose `field` may be read. Comments always do.
std::unique_ptr<net::StreamSource> visible_events(std::unique_ptr<net::StreamSource> source, const Keep& keep,
                                                  MayRead may_read);
// The stream until `may_go_on` says no, which is asked before each piece goes out.
std::unique_ptr<net::StreamSource> while_allowed(std::unique_ptr<net::StreamSource> source,
                                                 std::function<bool()> may_go_on);

}  // namespace treadle::access

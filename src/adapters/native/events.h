// The native API over the event log: /api/v1/events and its live stream.
#pragma once

#include "domains/events/event_log.h"
#include "net/router.h"

namespace treadle::native {

void add_event_routes(net::Router& router, events::EventLog& events);

}  // namespace treadle::native

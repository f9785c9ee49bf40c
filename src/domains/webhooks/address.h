// Which addresses and URLs may be sent to: a webhook must not make the server talk to what only the server can reach.
#pragma once

#include <string>
#include <string_view>

#include "domains/webhooks/types.h"

namespace treadle::webhooks {

// Of the public internet: not this machine, not a private or link-local network, not shared, reserved, documentation or
// multicast space; addresses of IPv4 within IPv6 count as what they carry.
bool is_public_address(const std::string& address);

// Scheme and host are there and allowed; a host that is an address must be a public one unless `options` says
// otherwise. What a name resolves to is checked when it is connected to.
Status check_url(std::string_view url, const Options& options);

}  // namespace treadle::webhooks

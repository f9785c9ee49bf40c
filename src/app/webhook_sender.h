// How webhooks reach the network, and what the settings allow them.
#pragma once

#include "app/config.h"
#include "domains/webhooks/types.h"

namespace treadle::app {

StatusOr<webhooks::Options> webhook_options(const Config& config);
webhooks::Post webhook_sender(const webhooks::Options& options);

}  // namespace treadle::app

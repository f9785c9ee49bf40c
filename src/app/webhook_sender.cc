#include "app/webhook_sender.h"

#include <cstdlib>

#include "domains/webhooks/address.h"
#include "net/post_once.h"

namespace treadle::app {
namespace {

// Our setting, else the variable that MLflow's server reads for the same.
std::string setting(const Config& config, const std::string& name, const char* mlflow_variable) {
  if (config.origin(name) == "default") {
    if (const char* value = std::getenv(mlflow_variable); value != nullptr && *value != 0) return value;
  }
  return config.get(name);
}

}  // namespace

StatusOr<webhooks::Options> webhook_options(const Config& config) {
  webhooks::Options options;
  options.schemes.clear();
  const std::string schemes = setting(config, "webhook-schemes", "MLFLOW_WEBHOOK_ALLOWED_SCHEMES");
  for (const std::string_view scheme : split(schemes, ',')) {
    const std::string name = to_lower(trim(scheme));
    if (name != "http" && name != "https") {
      return invalid_field("webhook-schemes", "must be https, http or both with a comma, got \"", schemes, "\"");
    }
    options.schemes.push_back(name);
  }
  const std::string local = to_lower(setting(config, "webhook-private-addresses", "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS"));
  if (local != "true" && local != "false" && local != "1" && local != "0") {
    return invalid_field("webhook-private-addresses", "must be true or false, got \"", local, "\"");
  }
  options.private_addresses = local == "true" || local == "1";
  return options;
}

webhooks::Post webhook_sender(const webhooks::Options& options) {
  return [private_addresses =
              options.private_addresses](const webhooks::Outgoing& outgoing) -> StatusOr<webhooks::Answer> {
    net::Headers headers;
    for (const auto& [name, value] : outgoing.headers) headers.set(name, value);
    net::PostOptions post;
    post.may_connect = [&](const std::string& address) -> Status {
      if (private_addresses || webhooks::is_public_address(address)) return ok_status();
      return invalid_field("url", address, " is not a public address; see the setting webhook-private-addresses");
    };
    ASSIGN_OR_RETURN(net::ClientResponse response, net::post_once(outgoing.url, outgoing.body, headers, post));
    return webhooks::Answer{response.status, std::move(response.body)};
  };
}

}  // namespace treadle::app

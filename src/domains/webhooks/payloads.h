// From events of the log to what MLflow's webhooks say, and how that is signed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "domains/events/event_log.h"

namespace treadle::webhooks {

// As in MLflow's deliveries the order of fields is part of the form: receivers print, sort and hash bodies as they
// come.
using OrderedJson = nlohmann::ordered_json;

struct Message {
  std::string event;  // "model_version_tag.set"
  OrderedJson data;
};

// All there are: "registered_model.created" …
const std::vector<std::string>& known_events();
// nullopt for events that webhooks do not tell of.
std::optional<Message> message_of(const events::Event& event);
// What a test sends for that event.
OrderedJson example_data(std::string_view event);
// {"entity", "action", "timestamp", "data"}.
std::string body_of(std::string_view event, const OrderedJson& data, std::int64_t time_ms);
// "v1," and the base64 of the HMAC-SHA256 over "ID.TIMESTAMP.BODY".
std::string signature(std::string_view secret, std::string_view id, std::string_view timestamp, std::string_view body);

}  // namespace treadle::webhooks

#include "domains/webhooks/service.h"

#include <algorithm>
#include <cctype>

#include "base/ids.h"
#include "domains/webhooks/address.h"
#include "domains/webhooks/payloads.h"
#include "domains/webhooks/store.h"

namespace treadle::webhooks {
namespace {

constexpr std::size_t kLongestDescription = 10'000, kLongestSecret = 1000;

Status refused(std::string_view field, std::string message) {
  return {StatusCode::kInvalidArgument, std::move(message), std::string(field)};
}

Status check_name(const std::string& name) {
  const auto alnum = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  const auto allowed = [&](char c) { return alnum(c) || c == '.' || c == '_' || c == '-'; };
  const bool fine = !name.empty() && name.size() <= 63 && alnum(name.front()) && alnum(name.back()) &&
                    std::all_of(name.begin(), name.end(), allowed);
  if (fine) return ok_status();
  return refused("name", str_cat("Webhook name '", std::string_view(name).substr(0, 200),
                                 "' is invalid. It must start and end with a letter or digit, be less than 63 "
                                 "characters long, and contain only letters, digits, dots (.), underscores (_), and "
                                 "hyphens (-)."));
}

// "registered_model." is the beginning of what can happen to that.
Status unknown_event(const std::string& event) {
  const std::string entity = event.substr(0, event.find('.') + 1);
  std::vector<std::string> actions;
  for (const std::string& known : known_events()) {
    if (!entity.empty() && known.starts_with(entity)) actions.push_back(str_cat("'", known.substr(entity.size()), "'"));
  }
  if (actions.empty()) {
    return refused("events", str_cat("Invalid entity or action in event: '", std::string_view(event).substr(0, 200),
                                     "'. Valid events are: ", join(known_events(), ", ")));
  }
  return refused("events",
                 str_cat("Invalid action '", std::string_view(event).substr(entity.size(), 200), "' for entity '",
                         entity.substr(0, entity.size() - 1), "'. Valid actions are: [", join(actions, ", "), "]"));
}

Status check_events(const std::vector<std::string>& events) {
  if (events.empty()) return refused("events", "Webhook events must be a non-empty list of WebhookEvent objects: [].");
  for (const std::string& event : events) {
    if (std::find(known_events().begin(), known_events().end(), event) == known_events().end())
      return unknown_event(event);
  }
  return ok_status();
}

std::vector<std::string> without_repeats(const std::vector<std::string>& events) {
  std::vector<std::string> kept;
  for (const std::string& event : events) {
    if (std::find(kept.begin(), kept.end(), event) == kept.end()) kept.push_back(event);
  }
  return kept;
}

}  // namespace

Service::Service(sql::Database& database, events::EventLog& events, const Clock& clock, Post post, const Sealer& sealer,
                 Options options)
    : database_(database),
      events_(events),
      clock_(clock),
      post_(std::move(post)),
      sealer_(sealer),
      options_(std::move(options)) {}

Service::~Service() { stop(); }

Status Service::open() {
  RETURN_IF_ERROR(sql::migrate(database_, "webhooks", store::migrations()));
  // Those of earlier versions, which kept them as they came.
  return database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(auto plain, store::webhooks_with_plain_secrets(tx));
    for (Webhook& webhook : plain) {
      ASSIGN_OR_RETURN(webhook.secret, sealed(webhook.id, webhook.secret));
      RETURN_IF_ERROR(store::update_webhook(tx, webhook));
    }
    return ok_status();
  });
}

StatusOr<std::string> Service::sealed(const std::string& id, const std::string& secret) const {
  if (secret.empty()) return std::string();
  if (secret.size() > kLongestSecret) {
    return refused("secret", str_cat("'secret' exceeds the maximum length of ", kLongestSecret, " bytes"));
  }
  return sealer_.seal(secret, id);
}

Status Service::check(const Webhook& webhook) const {
  RETURN_IF_ERROR(check_name(webhook.name));
  RETURN_IF_ERROR(check_url(webhook.url, options_));
  RETURN_IF_ERROR(check_events(webhook.events));
  if (webhook.description.size() > kLongestDescription) {
    return refused("description",
                   str_cat("'description' exceeds the maximum length of ", kLongestDescription, " bytes"));
  }
  return ok_status();
}

StatusOr<Webhook> Service::create(Webhook webhook) {
  RETURN_IF_ERROR(check(webhook));
  webhook.id = hex_to_uuid(new_hex_id());
  ASSIGN_OR_RETURN(webhook.secret, sealed(webhook.id, webhook.secret));
  webhook.events = without_repeats(webhook.events);
  webhook.created_ms = webhook.updated_ms = clock_.now_ms();
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const std::int64_t count, store::count_webhooks(tx));
    if (count >= kMostWebhooks) return resource_exhausted("there are ", kMostWebhooks, " webhooks already");
    ASSIGN_OR_RETURN(const auto last, tx.query_integer("SELECT MAX(sequence) FROM events"));
    return store::put_webhook(tx, webhook, last.value_or(0));
  }));
  return webhook;
}

StatusOr<Webhook> Service::get(const std::string& id) {
  StatusOr<Webhook> found = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    found = store::load_webhook(connection, id);
    return ok_status();
  }));
  return found;
}

StatusOr<Page> Service::list(std::int64_t limit, std::int64_t offset) {
  StatusOr<Page> page = internal_error("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    page = store::list_webhooks(connection, limit, offset);
    return ok_status();
  }));
  return page;
}

StatusOr<Webhook> Service::update(const std::string& id, const Change& change) {
  Webhook updated;
  RETURN_IF_ERROR(database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(updated, store::load_webhook(tx, id));
    updated.name = change.name.value_or(updated.name);
    updated.url = change.url.value_or(updated.url);
    updated.description = change.description.value_or(updated.description);
    if (change.secret) {
      ASSIGN_OR_RETURN(updated.secret, sealed(id, *change.secret));
    }
    updated.active = change.active.value_or(updated.active);
    if (change.events) updated.events = without_repeats(*change.events);
    RETURN_IF_ERROR(check(updated));
    updated.updated_ms = clock_.now_ms();
    return store::update_webhook(tx, updated);
  }));
  return updated;
}

Status Service::remove(const std::string& id) {
  return database_.write([&](sql::Connection& tx) { return store::delete_webhook(tx, id); });
}

StatusOr<Answer> Service::test(const std::string& id, const std::string& event) {
  ASSIGN_OR_RETURN(const Webhook webhook, get(id));
  if (!event.empty()) RETURN_IF_ERROR(check_events({event}));
  Delivery delivery{.id = hex_to_uuid(new_hex_id()), .webhook_id = id, .event = event};
  if (event.empty()) delivery.event = webhook.events.front();
  delivery.body = body_of(delivery.event, example_data(delivery.event), clock_.now_ms());
  auto answer = send(webhook, delivery);
  // What went wrong out there is the result of the test, not an error of ours.
  if (!answer.ok()) return Answer{0, str_cat("Failed to test webhook: ", answer.status().message())};
  return answer;
}

StatusOr<Answer> Service::send(const Webhook& webhook, const Delivery& delivery) {
  RETURN_IF_ERROR(check_url(webhook.url, options_));  // what is allowed may have changed since
  const std::string timestamp = str_cat(clock_.now_ms() / 1000);
  Outgoing outgoing{
      webhook.url,
      delivery.body,
      {{"Content-Type", "application/json"}, {"X-MLflow-Delivery-Id", delivery.id}, {"X-MLflow-Timestamp", timestamp}}};
  if (!webhook.secret.empty()) {
    const auto secret = sealer_.open(webhook.secret, webhook.id);
    if (!secret.ok()) {
      return failed_precondition("the secret of webhook ", webhook.name,
                                 " was sealed with another key; put webhook.key back in the data directory, or give the"
                                 " webhook a secret again");
    }
    outgoing.headers.emplace_back("X-MLflow-Signature", signature(*secret, delivery.id, timestamp, delivery.body));
  }
  return post_(outgoing);
}

}  // namespace treadle::webhooks

// The tables of webhooks. Every function runs inside the caller's read or transaction.
#pragma once

#include "domains/webhooks/types.h"
#include "storage/sql/database.h"

namespace treadle::webhooks::store {

const std::vector<sql::Migration>& migrations();

Status put_webhook(sql::Connection& tx, const Webhook& webhook, std::int64_t after_sequence);
Status update_webhook(sql::Connection& tx, const Webhook& webhook);
StatusOr<Webhook> load_webhook(sql::Connection& connection, const std::string& id);
// The newest first.
StatusOr<Page> list_webhooks(sql::Connection& connection, std::int64_t limit, std::int64_t offset);
// With what waits for it.
Status delete_webhook(sql::Connection& tx, const std::string& id);
StatusOr<std::int64_t> count_webhooks(sql::Connection& connection);
StatusOr<std::vector<Webhook>> webhooks_with_plain_secrets(sql::Connection& connection);
// The active ones that are older than the event.
StatusOr<std::vector<Webhook>> webhooks_for(sql::Connection& connection, std::int64_t sequence);

Status insert_delivery(sql::Connection& tx, const Delivery& delivery, std::int64_t due_ms);
StatusOr<std::int64_t> count_deliveries(sql::Connection& connection);
// The delivery that is due longest, taken until `lease_ms`: nobody else gets it before then.
StatusOr<std::optional<Delivery>> take_due(sql::Connection& tx, std::int64_t now_ms, std::int64_t lease_ms);
StatusOr<std::optional<std::int64_t>> next_due(sql::Connection& connection);
Status postpone(sql::Connection& tx, const std::string& id, int attempts, std::int64_t due_ms);
Status delete_delivery(sql::Connection& tx, const std::string& id);

}  // namespace treadle::webhooks::store

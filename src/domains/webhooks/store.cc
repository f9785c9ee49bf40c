#include "domains/webhooks/store.h"

namespace treadle::webhooks::store {
namespace {

constexpr std::string_view kColumns = "id, name, url, description, events, secret, active, created_ms, updated_ms";

// Event names have no spaces.
std::string events_text(const std::vector<std::string>& events) { return join(events, " "); }

Webhook read_webhook(const sql::Row& row) {
  Webhook webhook{.id = row.string(0), .name = row.string(1), .url = row.string(2), .description = row.string(3)};
  for (const std::string_view event : split(row.text(4), ' ')) webhook.events.emplace_back(event);
  webhook.secret = row.string(5);
  webhook.active = row.integer(6) != 0;
  webhook.created_ms = row.integer(7);
  webhook.updated_ms = row.integer(8);
  return webhook;
}

StatusOr<std::vector<Webhook>> query(sql::Connection& connection, std::string_view rest, const sql::Values& values) {
  std::vector<Webhook> found;
  RETURN_IF_ERROR(
      connection.query(str_cat("SELECT ", kColumns, " FROM webhooks ", rest), values, [&](const sql::Row& row) {
        found.push_back(read_webhook(row));
        return ok_status();
      }));
  return found;
}

}  // namespace

const std::vector<sql::Migration>& migrations() {
  static const std::vector<sql::Migration> list = {
      {1,
       "CREATE TABLE webhooks(id TEXT PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL, description TEXT NOT NULL,"
       " events TEXT NOT NULL, secret TEXT NOT NULL, active BIGINT NOT NULL, created_ms BIGINT NOT NULL,"
       " updated_ms BIGINT NOT NULL, after_sequence BIGINT NOT NULL);"
       "CREATE TABLE webhook_deliveries(id TEXT PRIMARY KEY, webhook_id TEXT NOT NULL, event TEXT NOT NULL,"
       " body TEXT NOT NULL, attempts BIGINT NOT NULL, due_ms BIGINT NOT NULL);"
       "CREATE INDEX webhook_deliveries_due ON webhook_deliveries(due_ms)"},
      {2, "ALTER TABLE webhooks ADD COLUMN sealed BIGINT NOT NULL DEFAULT 0"}};
  return list;
}

Status put_webhook(sql::Connection& tx, const Webhook& webhook, std::int64_t after_sequence) {
  return tx
      .execute(str_cat("INSERT INTO webhooks(", kColumns,
                       ", sealed, after_sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)"),
               {webhook.id, webhook.name, webhook.url, webhook.description, events_text(webhook.events), webhook.secret,
                webhook.active, webhook.created_ms, webhook.updated_ms, after_sequence})
      .status();
}

Status update_webhook(sql::Connection& tx, const Webhook& webhook) {
  return tx
      .execute(
          "UPDATE webhooks SET name = ?, url = ?, description = ?, events = ?, secret = ?, sealed = 1, active = ?, "
          "updated_ms = ?"
          " WHERE id = ?",
          {webhook.name, webhook.url, webhook.description, events_text(webhook.events), webhook.secret, webhook.active,
           webhook.updated_ms, webhook.id})
      .status();
}

StatusOr<Webhook> load_webhook(sql::Connection& connection, const std::string& id) {
  ASSIGN_OR_RETURN(auto found, query(connection, "WHERE id = ?", {id}));
  if (found.empty()) return not_found("Webhook with ID ", id, " not found.");
  return std::move(found.front());
}

StatusOr<Page> list_webhooks(sql::Connection& connection, std::int64_t limit, std::int64_t offset) {
  Page page;
  ASSIGN_OR_RETURN(page.items, query(connection, "ORDER BY created_ms DESC, id LIMIT ? OFFSET ?", {limit + 1, offset}));
  page.more = static_cast<std::int64_t>(page.items.size()) > limit;
  if (page.more) page.items.pop_back();
  return page;
}

Status delete_webhook(sql::Connection& tx, const std::string& id) {
  RETURN_IF_ERROR(load_webhook(tx, id));
  RETURN_IF_ERROR(tx.execute("DELETE FROM webhook_deliveries WHERE webhook_id = ?", {id}));
  return tx.execute("DELETE FROM webhooks WHERE id = ?", {id}).status();
}

StatusOr<std::int64_t> count_webhooks(sql::Connection& connection) {
  ASSIGN_OR_RETURN(const auto count, connection.query_integer("SELECT COUNT(*) FROM webhooks"));
  return count.value_or(0);
}

StatusOr<std::vector<Webhook>> webhooks_with_plain_secrets(sql::Connection& connection) {
  return query(connection, "WHERE sealed = 0", {});
}

StatusOr<std::vector<Webhook>> webhooks_for(sql::Connection& connection, std::int64_t sequence) {
  return query(connection, "WHERE active = 1 AND after_sequence < ?", {sequence});
}

Status insert_delivery(sql::Connection& tx, const Delivery& delivery, std::int64_t due_ms) {
  return tx
      .execute(
          "INSERT INTO webhook_deliveries(id, webhook_id, event, body, attempts, due_ms) VALUES (?, ?, ?, ?, ?, ?)",
          {delivery.id, delivery.webhook_id, delivery.event, delivery.body, delivery.attempts, due_ms})
      .status();
}

StatusOr<std::int64_t> count_deliveries(sql::Connection& connection) {
  ASSIGN_OR_RETURN(const auto count, connection.query_integer("SELECT COUNT(*) FROM webhook_deliveries"));
  return count.value_or(0);
}

StatusOr<std::optional<Delivery>> take_due(sql::Connection& tx, std::int64_t now_ms, std::int64_t lease_ms) {
  std::optional<Delivery> due;
  RETURN_IF_ERROR(tx.query(
      "SELECT id, webhook_id, event, body, attempts FROM webhook_deliveries WHERE due_ms <= ? ORDER BY due_ms LIMIT 1",
      {now_ms}, [&](const sql::Row& row) {
        due = Delivery{row.string(0), row.string(1), row.string(2), row.string(3), static_cast<int>(row.integer(4))};
        return ok_status();
      }));
  if (due) RETURN_IF_ERROR(postpone(tx, due->id, due->attempts, lease_ms));
  return due;
}

StatusOr<std::optional<std::int64_t>> next_due(sql::Connection& connection) {
  return connection.query_integer("SELECT due_ms FROM webhook_deliveries ORDER BY due_ms LIMIT 1");
}

Status postpone(sql::Connection& tx, const std::string& id, int attempts, std::int64_t due_ms) {
  return tx.execute("UPDATE webhook_deliveries SET attempts = ?, due_ms = ? WHERE id = ?", {attempts, due_ms, id})
      .status();
}

Status delete_delivery(sql::Connection& tx, const std::string& id) {
  return tx.execute("DELETE FROM webhook_deliveries WHERE id = ?", {id}).status();
}

}  // namespace treadle::webhooks::store

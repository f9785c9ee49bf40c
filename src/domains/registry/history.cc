#include "domains/registry/history.h"

#include "base/strings.h"

namespace treadle::registry {
namespace {

// At most `most` bytes, not in the middle of a UTF-8 character.
std::string cut(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  text.resize(most);
  return text + "…";
}

// The entries of a name from before its last deletion are another model's.
constexpr std::string_view kPresent =
    " AND id > COALESCE((SELECT MAX(d.id) FROM model_history d WHERE d.model = ? AND d.kind = 'model.deleted'"
    " AND EXISTS (SELECT 1 FROM models m WHERE m.name = d.model)), 0)";

HistoryEntry read_entry(const sql::Row& row) {
  HistoryEntry entry{.id = row.integer(0),
                     .model = row.string(1),
                     .version = row.integer(2),
                     .time_ms = row.integer(3),
                     .kind = row.string(4),
                     .target = row.string(5),
                     .before = row.string(6),
                     .after = row.string(7),
                     .reason = row.string(8),
                     .by = {.user = row.string(9),
                            .verified = row.integer(10) != 0,
                            .admin = row.integer(11) != 0,
                            .client = row.string(12)}};
  auto details = parse_json_object(row.text(13));
  if (details.ok()) entry.details = *std::move(details);
  return entry;
}

}  // namespace

Status check_reason(const std::string& reason) {
  if (reason.size() > Scribe::kLongestReason) {
    return invalid_field("reason", "is longer than ", Scribe::kLongestReason, " bytes");
  }
  if (reason.find('\0') != std::string::npos) return invalid_field("reason", "must not contain the character NUL");
  return ok_status();
}

Status Scribe::note(sql::Connection& tx, HistoryEntry entry) const {
  return tx
      .execute(
          "INSERT INTO model_history(model, version, time_ms, kind, target, before_value, after_value, reason,"
          " user_name, verified, admin, client, details) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          {entry.model, entry.version, now_ms_, entry.kind, entry.target, cut(std::move(entry.before), kLongest),
           cut(std::move(entry.after), kLongest), entry.reason.empty() ? reason_ : entry.reason, actor_.user,
           static_cast<int>(actor_.verified), static_cast<int>(actor_.admin), actor_.client, to_text(entry.details)})
      .status();
}

namespace store {

StatusOr<Page<HistoryEntry>> load_history(sql::Connection& connection, const HistoryQuery& query) {
  sql::Values values = {query.model, query.model};
  std::string sql = str_cat(
      "SELECT id, model, version, time_ms, kind, target, before_value, after_value, reason, user_name, verified, admin,"
      " client, details FROM model_history WHERE model = ?",
      kPresent);
  if (query.version != 0) {
    sql += " AND version = ?";
    values.emplace_back(query.version);
  }
  if (query.before_id != 0) {
    sql += " AND id < ?";
    values.emplace_back(query.before_id);
  }
  values.emplace_back(query.limit + 1);
  Page<HistoryEntry> page;
  RETURN_IF_ERROR(connection.query(sql + " ORDER BY id DESC LIMIT ?", values, [&](const sql::Row& row) {
    page.items.push_back(read_entry(row));
    return ok_status();
  }));
  page.more = page.items.size() > static_cast<std::size_t>(query.limit);
  if (page.more) page.items.pop_back();
  return page;
}

Status rename_history(sql::Connection& tx, const std::string& name, const std::string& new_name) {
  // Called after the model's own row has the new name, so the deletion is looked for without it.
  return tx
      .execute(
          "UPDATE model_history SET model = ? WHERE model = ? AND id > COALESCE((SELECT MAX(d.id) FROM model_history d"
          " WHERE d.model = ? AND d.kind = 'model.deleted'), 0)",
          {new_name, name, name})
      .status();
}

StatusOr<std::string> maker_of(sql::Connection& connection, const std::string& model, std::int64_t version) {
  ASSIGN_OR_RETURN(const auto user,
                   connection.query_text(str_cat("SELECT user_name FROM model_history WHERE model = ?", kPresent,
                                                 " AND version = ? AND kind IN ('version.created', 'version.imported')"
                                                 " ORDER BY id LIMIT 1"),
                                         {model, model, version}));
  return user.value_or("");
}

}  // namespace store
}  // namespace treadle::registry

// Traces stored before their spans had columns for name, type, status and costs.
#include <map>

#include "base/strings.h"
#include "domains/traces/span_facts.h"
#include "domains/traces/store.h"
#include "storage/sql/in_list.h"

namespace treadle::traces::store {
namespace {

constexpr std::size_t kAtOnce = 10;  // traces of up to thousands of spans each

Status upgrade_spans(sql::Connection& tx, const sql::InList& ids) {
  std::vector<Span> spans;
  RETURN_IF_ERROR(
      tx.query(str_cat("SELECT trace_id, span_id, body, start_ns FROM trace_spans WHERE trace_id IN (", ids.marks, ")"),
               ids.values, [&](const sql::Row& row) {
                 spans.push_back(span_of(row.string(0), row.string(1), row.text(2)));
                 spans.back().start_ns = row.integer(3);
                 return ok_status();
               }));
  const auto facts = translate(spans);
  return put_spans(tx, span_rows(spans, facts));
}

Status upgrade_numbers(sql::Connection& tx, const sql::InList& ids) {
  std::map<std::string, std::string> usages;
  sql::Values values = ids.values;
  values.emplace_back(kTokenUsage);
  RETURN_IF_ERROR(
      tx.query(str_cat("SELECT trace_id, value FROM trace_metadata WHERE trace_id IN (", ids.marks, ") AND key = ?"),
               values, [&](const sql::Row& row) {
                 usages[row.string(0)] = row.string(1);
                 return ok_status();
               }));
  for (const auto& [id, usage] : usages) RETURN_IF_ERROR(put_token_counts(tx, id, {{std::string(kTokenUsage), usage}}));
  return ok_status();
}

}  // namespace

Status upgrade(sql::Database& database) {
  for (bool more = true; more;) {
    RETURN_IF_ERROR(database.write([&](sql::Connection& tx) -> Status {
      std::vector<std::string> found;
      RETURN_IF_ERROR(tx.query("SELECT id FROM traces_to_upgrade LIMIT ?", {static_cast<std::int64_t>(kAtOnce)},
                               [&](const sql::Row& row) {
                                 found.push_back(row.string(0));
                                 return ok_status();
                               }));
      more = !found.empty();
      if (!more) return ok_status();
      const sql::InList ids = sql::in_list(found);
      RETURN_IF_ERROR(upgrade_spans(tx, ids));
      RETURN_IF_ERROR(upgrade_numbers(tx, ids));
      return tx.execute(str_cat("DELETE FROM traces_to_upgrade WHERE id IN (", ids.marks, ")"), ids.values).status();
    }));
  }
  return ok_status();
}

}  // namespace treadle::traces::store

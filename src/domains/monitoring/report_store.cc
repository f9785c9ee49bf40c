#include "domains/monitoring/store.h"

namespace treadle::monitoring {
namespace {

StatusOr<Report> report_of(const sql::Row& row) {
  ASSIGN_OR_RETURN(Json body, parse_json(row.text(7)));
  Report report{row.string(0), row.string(1), row.string(2), row.integer(3), row.string(4), row.integer(5), {}, {}};
  if (!row.is_null(6)) report.share = row.real(6);
  report.body = std::move(body);
  return report;
}

}  // namespace

Status put_report(sql::Connection& tx, Report& report) {
  RETURN_IF_ERROR(tx.execute(
      "INSERT INTO reports(id, deployment, kind, day_ms, run_id, created_ms, share, body) VALUES (?, ?, ?, ?, ?, ?, ?, "
      "?)"
      " ON CONFLICT(deployment, kind, day_ms, run_id) DO UPDATE SET share = excluded.share, body = excluded.body",
      {report.id, report.deployment, report.kind, report.day_ms, report.run_id, report.created_ms, report.share,
       to_text(report.body)}));
  ASSIGN_OR_RETURN(
      const auto id,
      tx.query_text("SELECT id FROM reports WHERE deployment = ? AND kind = ? AND day_ms = ? AND run_id = ?",
                    {report.deployment, report.kind, report.day_ms, report.run_id}));
  report.id = id.value_or(report.id);
  return ok_status();
}

StatusOr<std::optional<Report>> get_report(sql::Connection& connection, std::string_view id) {
  std::optional<Report> found;
  RETURN_IF_ERROR(
      connection.query("SELECT id, deployment, kind, day_ms, run_id, created_ms, share, body FROM reports WHERE id = ?",
                       {id}, [&](const sql::Row& row) -> Status {
                         ASSIGN_OR_RETURN(found, report_of(row));
                         return ok_status();
                       }));
  return found;
}

StatusOr<std::vector<Report>> load_drift_series(sql::Connection& connection, std::string_view deployment,
                                                std::int64_t from_ms, std::int64_t to_ms) {
  std::vector<Report> series;
  RETURN_IF_ERROR(connection.query(
      "SELECT id, deployment, kind, day_ms, run_id, created_ms, share, body FROM reports"
      " WHERE deployment = ? AND kind = 'drift' AND day_ms >= ? AND day_ms <= ? ORDER BY day_ms, created_ms, id",
      {deployment, from_ms, to_ms}, [&](const sql::Row& row) -> Status {
        ASSIGN_OR_RETURN(Report report, report_of(row));
        if (!series.empty() && series.back().day_ms == report.day_ms) series.pop_back();
        series.push_back(std::move(report));
        return ok_status();
      }));
  return series;
}

}  // namespace treadle::monitoring

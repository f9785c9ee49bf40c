#include <cmath>

#include "base/time.h"
#include "domains/monitoring/store.h"

namespace treadle::monitoring {
namespace {

// With the truth of the day before, by time: what "the same as yesterday" would have said. Left out where several
// series share a time, because then it is not clear whose yesterday it was.
constexpr std::string_view kDayRows =
    "SELECT p.value, t.value, (SELECT CASE WHEN COUNT(*) = 1 THEN MIN(y.value) END FROM truths y"
    "  WHERE y.deployment = p.deployment AND y.event_ms = p.event_ms - 86400000), p.model, p.model_version"
    " FROM predictions p LEFT JOIN truths t ON t.deployment = p.deployment AND t.key = p.key"
    " WHERE p.deployment = ? AND p.superseded = 0 AND p.event_ms >= ? AND p.event_ms < ? ORDER BY p.time_ms, p.id";

StatusOr<DaySums> measure_day(sql::Connection& tx, std::string_view deployment, std::int64_t day_ms) {
  DaySums day;
  day.day_ms = day_ms;
  RETURN_IF_ERROR(tx.query(kDayRows, {deployment, day_ms, day_ms + kDayMs}, [&](const sql::Row& row) {
    ++day.predictions;
    day.model = row.string(3);
    day.model_version = row.integer(4);
    if (row.is_null(1)) return ok_status();
    const double truth = row.real(1), error = row.real(0) - truth;
    ++day.count;
    day.absolute += std::abs(error);
    day.squared += error * error;
    if (truth != 0) {
      day.relative += std::abs(error / truth);
      ++day.relative_count;
    }
    if (!row.is_null(2)) {
      day.naive_absolute += std::abs(row.real(2) - truth);
      ++day.naive_count;
    }
    return ok_status();
  }));
  return day;
}

Status store_day(sql::Connection& tx, std::string_view deployment, const DaySums& day) {
  return tx
      .execute(
          "INSERT INTO performance_days(deployment, day_ms, predictions, count, absolute, squared, relative,"
          " relative_count, naive_absolute, naive_count, model, model_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
          " ?) ON CONFLICT(deployment, day_ms) DO UPDATE SET predictions = excluded.predictions, count = "
          "excluded.count,"
          " absolute = excluded.absolute, squared = excluded.squared, relative = excluded.relative,"
          " relative_count = excluded.relative_count, naive_absolute = excluded.naive_absolute,"
          " naive_count = excluded.naive_count, model = excluded.model, model_version = excluded.model_version",
          {deployment, day.day_ms, day.predictions, day.count, day.absolute, day.squared, day.relative,
           day.relative_count, day.naive_absolute, day.naive_count, day.model, day.model_version})
      .status();
}

}  // namespace

StatusOr<std::vector<DaySums>> measure_days(sql::Connection& tx, std::string_view deployment,
                                            const std::set<std::int64_t>& days) {
  std::set<std::int64_t> all = days;
  for (const std::int64_t day : days) {
    ASSIGN_OR_RETURN(const auto next,
                     tx.query_integer("SELECT day_ms FROM performance_days WHERE deployment = ? AND day_ms = ?",
                                      {deployment, day + kDayMs}));
    if (next) all.insert(*next);
  }
  std::vector<DaySums> measured;
  for (const std::int64_t day_ms : all) {
    ASSIGN_OR_RETURN(DaySums day, measure_day(tx, deployment, day_ms));
    if (day.count == 0) continue;
    RETURN_IF_ERROR(store_day(tx, deployment, day));
    measured.push_back(std::move(day));
  }
  return measured;
}

StatusOr<std::vector<DaySums>> load_days(sql::Connection& connection, std::string_view deployment, std::int64_t from_ms,
                                         std::int64_t to_ms) {
  std::vector<DaySums> days;
  RETURN_IF_ERROR(connection.query(
      "SELECT day_ms, predictions, count, absolute, squared, relative, relative_count, naive_absolute, naive_count,"
      " model, model_version FROM performance_days WHERE deployment = ? AND day_ms >= ? AND day_ms <= ?"
      " ORDER BY day_ms",
      {deployment, from_ms, to_ms}, [&](const sql::Row& row) {
        DaySums day;
        day.day_ms = row.integer(0);
        day.predictions = row.integer(1);
        day.count = row.integer(2);
        day.absolute = row.real(3);
        day.squared = row.real(4);
        day.relative = row.real(5);
        day.relative_count = row.integer(6);
        day.naive_absolute = row.real(7);
        day.naive_count = row.integer(8);
        day.model = row.string(9);
        day.model_version = row.integer(10);
        days.push_back(std::move(day));
        return ok_status();
      }));
  return days;
}

}  // namespace treadle::monitoring

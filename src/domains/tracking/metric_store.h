// Where metric points are kept. Every call that logs adds one segment to its run (key ''), with all its series; when a
// run has many, they are packed together: into one while they are small, else into segments of one key each. So writing
// is one insert whatever the batch holds, and reading a key never touches more than its own points and a bounded rest.
#pragma once

#include <string>
#include <vector>

#include "domains/tracking/metric_points.h"
#include "domains/tracking/types.h"
#include "storage/sql/database.h"

namespace treadle::tracking::store {

// Adds the points, and what is now the newest of each key (by step, then time, then value) to `latest_metrics`.
// Infinities become the largest double. Repeating a point changes nothing.
Status append_metrics(sql::Connection& tx, const std::string& run, const std::vector<Metric>& metrics);

// Packs what the run's calls left into few segments, however little it is: for a run that has ended.
Status pack_metrics(sql::Connection& tx, const std::string& run);

// In order, each point once. Reads only the segments the page needs where they do not overlap.
StatusOr<Page<Point>> read_points(sql::Connection& connection, const PointQuery& query);

// Points that a release before segments kept as rows move into segments, some runs per call; true while there are more.
StatusOr<bool> convert_point_rows(sql::Connection& tx);

}  // namespace treadle::tracking::store

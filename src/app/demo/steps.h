// The demo's single steps against the API, each safe to repeat.
#pragma once

#include <string>
#include <vector>

#include "app/demo/forecast.h"

namespace treadle::app::demo {

// Stores both pipelines with the commit they come from; a repetition changes nothing.
Status store_pipelines(net::Client& client, const Files& files);
// True when a model is deployed already.
StatusOr<bool> is_deployed(net::Client& client);
// The first training: submits, waits, fails with the run's own error.
Status train(net::Client& client, const Files& files, Io& io);
// The alert rules of the deployment, and the trigger that answers an alert with a retrain.
Status set_rules(net::Client& client, const Files& files);
// How many of the days are done: forecast made and truths known.
StatusOr<int> finished_days(net::Client& client, int days);
// Report, features and forecast of one day.
Status forecast_day(net::Client& client, const Files& files, std::int64_t day_ms, Io& io);
// The truths of one day arrive. Returns the messages of the alerts that raised.
StatusOr<std::vector<std::string>> deliver_truths(net::Client& client, const Series& series, std::int64_t day_ms);
// Waits on the event stream until every alert has become a firing of the trigger and every firing has an outcome.
Status wait_for_retrain(net::Client& client, Io& io);

// What an interrupted demonstration left running goes on to its end first, so that nothing happens twice or out of
// order.
Status finish_left_runs(net::Client& client, Io& io);

}  // namespace treadle::app::demo

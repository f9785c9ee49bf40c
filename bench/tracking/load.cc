// A client of MLflow's REST API that measures: the same calls against this server and against `mlflow server`.
//   tracking_load URL log-metric|log-batch-keys|log-batch-steps|create SECONDS CONNECTIONS
//   tracking_load URL static SECONDS CONNECTIONS     an answer that is only text: what the server could answer at most
//   tracking_load URL search|page TIMES EXPERIMENT
//   tracking_load FOLDER raw SECONDS                 rows in SQLite without us, 1000 a durable transaction
//   tracking_load DATA-FOLDER seed RUNS              fills a data directory while no server runs on it
// Prints one line: calls (or metrics, points) a second, and the 50th and 99th percentile of a call in ms.
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "base/clock.h"
#include "base/strings.h"
#include "domains/tracking/service.h"
#include "net/client.h"

namespace treadle {
namespace {

constexpr int kBatch = 1000;  // metrics of a log-batch: what MLflow accepts at once

template <typename T>
T must(StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "tracking_load: %s\n", value.status().to_string().c_str());
  std::exit(1);
}
void must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "tracking_load: %s\n", status.to_string().c_str());
  std::exit(1);
}

class Api {
 public:
  explicit Api(const std::string& url) : client_(must(net::Client::create(url))) {}
  // The answer's size; any refusal ends the program.
  std::string post(std::string_view path, std::string_view body) {
    static const net::Headers kJson = [] {
      net::Headers headers;
      headers.set("Content-Type", "application/json");
      return headers;
    }();
    auto answer = must(
        client_.request(net::Method::kPost, str_cat("/api/2.0/mlflow/", path), body, kJson, std::chrono::seconds(120)));
    if (answer.status == 200) return std::move(answer.body);
    std::fprintf(stderr, "tracking_load: %s answered %d: %s\n", std::string(path).c_str(), answer.status,
                 answer.body.c_str());
    std::exit(1);
  }
  void get(std::string_view path) {
    const auto answer = must(client_.request(net::Method::kGet, path, {}, {}, std::chrono::seconds(120)));
    if (answer.status != 200) must(internal_error(path, " answered ", answer.status));
  }
  std::string create_run() {
    const Json run = must(parse_json(post("runs/create", R"({"experiment_id":"0","start_time":1700000000000})")));
    return run["run"]["info"]["run_id"].get<std::string>();
  }

 private:
  net::Client client_;
};

struct Latencies {
  std::vector<double> ms;
  void print(double seconds, double per_call) {
    std::sort(ms.begin(), ms.end());
    const auto at = [&](double share) {
      return ms.empty() ? 0 : ms[std::min(ms.size() - 1, std::size_t(share * double(ms.size())))];
    };
    std::printf("%.1f %.2f %.2f\n", static_cast<double>(ms.size()) * per_call / seconds, at(0.5), at(0.99));
  }
};

std::string metric_json(std::string_view key, std::int64_t step) {
  return str_cat(R"({"key":")", key, R"(","value":)", 0.001 * static_cast<double>(step % 997), R"(,"timestamp":)",
                 1'700'000'000'000 + step, R"(,"step":)", step, "}");
}

// The body of call `call`: `keys` keys, each with as many steps as the batch has room for.
std::string batch_body(const std::string& run, std::int64_t call, int keys) {
  std::string body = str_cat(R"({"run_id":")", run, R"(","metrics":[)");
  for (int i = 0; i < kBatch; ++i) {
    const std::int64_t step = call * (kBatch / keys) + i / keys;
    str_append(&body, i == 0 ? "" : ",", metric_json(str_cat("metric-", i % keys), step));
  }
  return body + "]}";
}

using Work = std::function<void(Api&, const std::string& run, std::int64_t call)>;

void measure(const std::string& url, double seconds, int connections, double per_call, const Work& work) {
  std::vector<Latencies> each(static_cast<std::size_t>(connections));
  std::atomic<int> ready = 0;
  std::int64_t begin = 0;
  {
    std::vector<std::jthread> threads;
    for (auto& latencies : each) {
      threads.emplace_back([&] {
        Api api(url);
        const std::string run = api.create_run();
        ++ready;
        while (ready < connections) std::this_thread::yield();
        const std::int64_t end = monotonic_ns() + static_cast<std::int64_t>(seconds * 1e9);
        for (std::int64_t call = 0; monotonic_ns() < end; ++call) {
          const std::int64_t start = monotonic_ns();
          work(api, run, call);
          latencies.ms.push_back(static_cast<double>(monotonic_ns() - start) / 1e6);
        }
      });
    }
    while (ready < connections) std::this_thread::yield();
    begin = monotonic_ns();
  }
  const double took = static_cast<double>(monotonic_ns() - begin) / 1e9;
  Latencies all;
  for (const auto& latencies : each) all.ms.insert(all.ms.end(), latencies.ms.begin(), latencies.ms.end());
  all.print(took, per_call);
}

void create_and_log(Api& api, std::int64_t call) {
  const std::string run = api.create_run();
  std::string body = str_cat(R"({"run_id":")", run, R"(","params":[)");
  for (int i = 0; i < 5; ++i) str_append(&body, i ? "," : "", R"({"key":"p)", i, R"(","value":"v)", call % 50, "\"}");
  body += R"(],"metrics":[)";
  for (int i = 0; i < 5; ++i) str_append(&body, i ? "," : "", metric_json(str_cat("m", i), call));
  api.post("runs/log-batch", body + R"(],"tags":[{"key":"team","value":"grid"}]})");
}

void load(const std::string& url, const std::string& mode, double seconds, int connections) {
  if (mode == "log-metric") {
    measure(url, seconds, connections, 1, [](Api& api, const std::string& run, std::int64_t call) {
      const std::string metric = metric_json("loss", call);
      api.post("runs/log-metric", str_cat(R"({"run_id":")", run, "\",", std::string_view(metric).substr(1)));
    });
  } else if (mode == "log-batch-keys" || mode == "log-batch-steps") {
    const int keys = mode == "log-batch-keys" ? kBatch : 10;
    measure(url, seconds, connections, kBatch, [keys](Api& api, const std::string& run, std::int64_t call) {
      api.post("runs/log-batch", batch_body(run, call, keys));
    });
  } else if (mode == "static") {
    measure(url, seconds, connections, 1, [](Api& api, const std::string&, std::int64_t) { api.get("/health"); });
  } else {
    measure(url, seconds, connections, 1,
            [](Api& api, const std::string&, std::int64_t call) { create_and_log(api, call); });
  }
}

void check_sqlite(int code, sqlite3* handle) {
  if (code != SQLITE_OK && code != SQLITE_DONE) must(internal_error("SQLite: ", sqlite3_errmsg(handle)));
}

// Points as rows, as quickly as SQLite takes them: one connection, a prepared statement, no index, log ahead and
// synced.
void raw_inserts(const std::string& folder, double seconds) {
  sqlite3* handle = nullptr;
  check_sqlite(sqlite3_open((folder + "/raw.db").c_str(), &handle), handle);
  const auto run = [&](const char* sql) { check_sqlite(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), handle); };
  run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
      "CREATE TABLE points(run TEXT, key TEXT, value REAL, step INTEGER, time_ms INTEGER)");
  sqlite3_stmt* insert = nullptr;
  check_sqlite(sqlite3_prepare_v2(handle, "INSERT INTO points VALUES (?, ?, ?, ?, ?)", -1, &insert, nullptr), handle);
  const std::string id(32, 'a');
  Latencies latencies;
  const std::int64_t begin = monotonic_ns(), end = begin + static_cast<std::int64_t>(seconds * 1e9);
  for (std::int64_t call = 0; monotonic_ns() < end; ++call) {
    const std::int64_t start = monotonic_ns();
    run("BEGIN");
    for (int i = 0; i < kBatch; ++i) {
      const std::string key = str_cat("metric-", i);
      sqlite3_bind_text(insert, 1, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
      sqlite3_bind_text(insert, 2, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
      sqlite3_bind_double(insert, 3, 0.001 * i);
      sqlite3_bind_int64(insert, 4, call);
      sqlite3_bind_int64(insert, 5, 1'700'000'000'000 + call);
      check_sqlite(sqlite3_step(insert), handle);
      sqlite3_reset(insert);
    }
    run("COMMIT");
    latencies.ms.push_back(static_cast<double>(monotonic_ns() - start) / 1e6);
  }
  sqlite3_finalize(insert);
  sqlite3_close(handle);
  latencies.print(static_cast<double>(monotonic_ns() - begin) / 1e9, kBatch);
}

void ask(const std::string& url, const std::string& mode, int times, const std::string& experiment) {
  // A filter over a metric and a param that a tenth of the runs passes, in order of another metric.
  const std::string body =
      mode == "search"
          ? str_cat(
                R"({"experiment_ids":[")", experiment,
                R"("],"filter":"metrics.m0 < 0.5 and params.p1 = 'v8'","order_by":["metrics.m1 DESC"],"max_results":100})")
          : str_cat(R"({"experiment_ids":[")", experiment, R"("],"max_results":1000})");
  Api api(url);
  Latencies latencies;
  const std::int64_t begin = monotonic_ns();
  std::size_t bytes = 0;
  for (int i = 0; i < times; ++i) {
    const std::int64_t start = monotonic_ns();
    bytes = api.post("runs/search", body).size();
    latencies.ms.push_back(static_cast<double>(monotonic_ns() - start) / 1e6);
  }
  if (bytes < 1000) must(internal_error("the search found nothing"));
  latencies.print(static_cast<double>(monotonic_ns() - begin) / 1e9, 1);
}

// Runs as `create` makes them, through the tracking service itself: quicker than over HTTP, the same rows.
void seed(const std::string& folder, std::int64_t runs) {
  const auto database = must(sql::open_sqlite({.path = folder + "/treadle.db"}));
  const auto blobs = must(blob::open_local(folder + "/blobs"));
  const SystemClock clock;
  events::EventLog events(*database, clock);
  lineage::Graph graph(*database, clock);
  tracking::Service tracking(*database, events, graph, clock, *blobs);
  must(events.open());
  must(graph.open());
  must(tracking.open());
  std::atomic<std::int64_t> next = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 64; ++t) {
    threads.emplace_back([&] {
      for (std::int64_t i = next++; i < runs; i = next++) {
        const auto run = must(tracking.create_run({.start_ms = 1'700'000'000'000 + i}));
        tracking::Batch batch{.tags = {{"team", "grid"}}};
        for (int n = 0; n < 5; ++n) {
          batch.params.emplace_back(str_cat("p", n), str_cat("v", (i * (n + 1)) % 50));
          batch.metrics.push_back({str_cat("m", n), static_cast<double>((i * 7919 * (n + 1)) % 10'007) / 10'007, i, 0});
        }
        must(tracking.log_batch(run.id, batch));
      }
    });
  }
}

}  // namespace
}  // namespace treadle

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: see the head of bench/tracking/load.cc\n");
    return 2;
  }
  const std::string where = argv[1], mode = argv[2], last = argc > 4 ? argv[4] : "";
  if (mode == "seed")
    treadle::seed(where, std::atoll(argv[3]));
  else if (mode == "raw")
    treadle::raw_inserts(where, std::atof(argv[3]));
  else if (mode == "search" || mode == "page")
    treadle::ask(where, mode, std::atoi(argv[3]), last);
  else
    treadle::load(where, mode, std::atof(argv[3]), std::atoi(last.c_str()));
  return 0;
}

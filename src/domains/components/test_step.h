// For tests of the steps: each runs as the executor would run it, from KFP's ExecutorInput to the files it writes, with
// a scripted server in the place of Treadle's.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <random>

#include "base/files.h"
#include "base/time.h"
#include "domains/components/registry.h"
#include "net/server.h"
#include "storage/table/table.h"

namespace treadle::components::testing {

constexpr std::int64_t kStep = 30 * kMinuteMs;
inline const std::int64_t kStart = *parse_time("2014-01-01");

// `days` days of half-hours with a daily and weekly shape and a little noise.
inline table::Table made_rows(std::size_t days, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> noise(0, 0.2);
  table::Column time{.name = "timestamp", .type = table::ColumnType::kTime};
  std::vector<double> demand, temperature, workday;
  for (std::size_t i = 0; i < days * 48; ++i) {
    const double slot = static_cast<double>(i % 48), weekday = static_cast<double>(i / 48 % 7);
    time.integers.push_back(kStart + static_cast<std::int64_t>(i) * kStep);
    demand.push_back(4 + std::sin(slot / 48 * 6.28) + (weekday < 5 ? 0.5 : 0) + noise(random));
    temperature.push_back(15 + 5 * std::sin(slot / 48 * 6.28) + 10 * noise(random));
    workday.push_back(weekday < 5 ? 1 : 0);
  }
  table::Table rows;
  EXPECT_TRUE(rows.add(std::move(time)).ok());
  EXPECT_TRUE(rows.add_doubles("demand", std::move(demand)).ok());
  EXPECT_TRUE(rows.add_doubles("temperature", std::move(temperature)).ok());
  EXPECT_TRUE(rows.add_doubles("workday", std::move(workday)).ok());
  return rows;
}

inline table::Column& column_of(table::Table& rows, std::string_view name) {
  for (table::Column& column : rows.columns()) {
    if (column.name == name) return column;
  }
  ADD_FAILURE() << "no column " << name;
  return rows.columns().front();
}

inline Json small_config() {
  return {{"target", "demand"},
          {"time", "timestamp"},
          {"step_minutes", 30},
          {"horizon", 48},
          {"lags", {48, 336}},
          {"calendar", {"half_hour", "weekday"}},
          {"inputs", {"temperature", "workday"}},
          {"input_lags", {{"temperature", {2}}}}};
}

class StepTest : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("TREADLE_URL");
    unsetenv("TREADLE_RUN_ID");
    unsetenv("TREADLE_PROJECT_COMMIT");
    setenv("OMP_NUM_THREADS", "1", 1);
  }
  void TearDown() override { SetUp(); }

  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  std::filesystem::path put(const std::string& name, const table::Table& rows) {
    const Status written = table::write_table(rows, path(name), table::Format::kParquet);
    EXPECT_TRUE(written.ok()) << written.to_string();
    return path(name);
  }
  std::filesystem::path put_text(const std::string& name, std::string_view text) {
    EXPECT_TRUE(write_file_atomic(path(name), text).ok());
    return path(name);
  }
  table::Table rows_of(const std::string& name) const {
    auto rows = table::read_table(path(name), table::Format::kParquet);
    EXPECT_TRUE(rows.ok()) << rows.status().to_string();
    return rows.ok() ? std::move(*rows) : table::Table();
  }
  Json json_of(const std::string& name) const {
    return parse_json(read_file(path(name)).value_or("")).value_or(Json());
  }
  // An output parameter as its file holds it.
  std::string parameter(const std::string& name) const { return read_file(path("parameter-" + name)).value_or("?"); }

  // Outputs lie at path(name), for every output the component declares.
  Status run(const std::string& component, const Json& parameters,
             const std::map<std::string, std::filesystem::path>& inputs = {}, const Json& metadata = Json::object()) {
    const Component& described = **find_component(component);
    Json input = {{"inputs", {{"parameterValues", parameters}, {"artifacts", Json::object()}}},
                  {"outputs",
                   {{"parameters", Json::object()},
                    {"artifacts", Json::object()},
                    {"outputFile", path("executor_output.json").string()}}}};
    for (const auto& [name, file] : inputs) {
      input["inputs"]["artifacts"][name]["artifacts"] = {
          {{"name", name}, {"uri", file.string()}, {"metadata", metadata.value(name, Json::object())}}};
    }
    for (const Port& port : described.outputs) {
      const std::string name(port.name);
      if (port.type.starts_with("system.")) {
        input["outputs"]["artifacts"][name]["artifacts"] = {
            {{"name", name}, {"uri", path(name).string()}, {"metadata", Json::object()}}};
      } else {
        input["outputs"]["parameters"][name] = {{"outputFile", path("parameter-" + name).string()}};
      }
    }
    return run_component(component, to_text(input));
  }
  std::string error(const std::string& component, const Json& parameters,
                    const std::map<std::string, std::filesystem::path>& inputs = {}) {
    return run(component, parameters, inputs).to_string();
  }

  TempDir folder_ = TempDir::create().value();
};

// A server that answers what the test says and remembers what it was sent.
class ServerStepTest : public StepTest {
 protected:
  struct Sent {
    std::string method, path;
    Json body;
    std::string raw;
  };

  void SetUp() override {
    StepTest::SetUp();
    net::Router router;
    for (const net::Method method :
         {net::Method::kGet, net::Method::kPost, net::Method::kPut, net::Method::kPatch, net::Method::kDelete}) {
      router.add(method, "/{rest...}", [this](net::Request& request) { return answer(request); },
                 {.max_body = 64 << 20});
    }
    auto started = net::Server::start({}, std::move(router));
    ASSERT_TRUE(started.ok()) << started.status().to_string();
    server_ = std::move(*started);
    setenv("TREADLE_URL", str_cat("http://127.0.0.1:", server_->port()).c_str(), 1);
    setenv("TREADLE_RUN_ID", "0123456789abcdef0123456789abcdef", 1);
  }
  void TearDown() override {
    server_->stop(std::chrono::milliseconds(1000));
    StepTest::TearDown();
  }

  void on(const std::string& method_and_path, int status, const std::string& body) {
    answers_[method_and_path] = {status, body};
  }
  void on(const std::string& method_and_path, const Json& body) { on(method_and_path, 200, to_text(body)); }
  std::vector<Sent> sent(const std::string& method, const std::string& path_part) {
    const std::lock_guard lock(mutex_);
    std::vector<Sent> found;
    for (const Sent& one : sent_) {
      if (one.method == method && one.path.find(path_part) != std::string::npos) found.push_back(one);
    }
    return found;
  }
  // All that was logged to the run under "params", "tags" or "metrics" (as key -> value).
  Json logged(const std::string& what) {
    Json all = Json::object();
    for (const Sent& one : sent("POST", "/log")) {
      if (!one.body.contains(what)) continue;
      if (what == "metrics") {
        for (const Json& metric : one.body[what]) all[metric["key"].get<std::string>()] = metric["value"];
      } else {
        all.update(one.body[what]);
      }
    }
    return all;
  }

 private:
  net::Response answer(net::Request& request) {
    const std::string method(net::to_string(request.method));
    {
      const std::lock_guard lock(mutex_);
      sent_.push_back({method, request.path, parse_json(request.body).value_or(Json()), request.body});
    }
    const auto found = answers_.find(str_cat(method, " ", request.path));
    if (found != answers_.end()) {
      net::Response response = net::Response::text(found->second.first, found->second.second);
      return response;
    }
    if (request.path.find("/log") != std::string::npos || request.path.find("/artifacts/") != std::string::npos) {
      return net::Response::json(Json::object());
    }
    return net::error_response(not_found("nothing at ", request.path));
  }

  std::unique_ptr<net::Server> server_;
  std::mutex mutex_;
  std::map<std::string, std::pair<int, std::string>> answers_;
  std::vector<Sent> sent_;
};

}  // namespace treadle::components::testing

// `treadle demo forecast`: the whole loop once, on a year of real electricity demand, through the server's public API.
//
// The calendar runs at accelerated time: 61 days from 2014-11-01, each with a report, a forecast at midnight, and the
// truths a day later. Everything it does is on the server afterwards; run again, it goes on at the first day missing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "base/status.h"
#include "net/client.h"

namespace treadle::app::demo {

inline constexpr std::int64_t kFirstDayMs = 1414800000000;  // 2014-11-01
inline constexpr int kDays = 61;
inline constexpr int kSlotsPerDay = 48;
inline constexpr const char* kDeployment = "energy-demand";

// The half-hourly series as it lies in the CSV: slot i is at first_ms + i * 30 minutes.
struct Series {
  std::int64_t first_ms = 0;
  std::vector<double> demand;  // GW
  // The value at that time; NaN outside.
  double at(std::int64_t time_ms) const;
};
StatusOr<Series> read_series(const std::filesystem::path& csv);
// Refuses a series that lacks what so many days need.
Status check_series(const Series& series, const std::filesystem::path& csv, int days);

// Accuracy over pairs of forecast and truth, in GW; MAPE in percent of the truth.
struct Accuracy {
  double mae = 0, rmse = 0, mape = 0;
  int count = 0;
};
class AccuracySum {
 public:
  void add(double forecast, double truth);
  Accuracy result() const;

 private:
  double absolute_ = 0, squared_ = 0, relative_ = 0;
  int count_ = 0;
};

struct Stage {
  std::string name;
  double seconds = 0;
};

// The most that was ever resident; steps run `steps_at_once` beside the server.
struct Memory {
  std::int64_t server_bytes = 0, step_bytes = 0, steps_at_once = 1;
  std::int64_t at_most() const { return server_bytes + steps_at_once * step_bytes; }
};

struct Result {
  Accuracy model, naive_day, naive_week;
  int retrains = 0, promoted = 0, alerts = 0;
  std::string prediction_id;  // one real prediction, of the last day at noon
  std::vector<Stage> stages;
  Memory memory;
};

struct Files {
  std::filesystem::path training, inference, data;
  std::filesystem::path wheels;  // what the step written in Python is installed from; empty: pip's ordinary index
};
// The compiled pipelines and the data, beside the checkout the binary was built in or where the options say.
StatusOr<Files> find_files(const Args& args);

// Runs what is missing and measures all of it.
StatusOr<Result> run_forecast(net::Client& client, const Files& files, const Series& series, int days, Io& io);
void print_result(const Result& result, Io& io);
Json to_json(const Result& result, const std::string& url);

}  // namespace treadle::app::demo

// What Prometheus' client libraries report of every process, from /proc/self and getrusage.
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "adapters/prometheus/routes.h"
#include "base/strings.h"

namespace treadle::prometheus {
namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The n-th number of /proc/self/statm, in bytes: 0 is all of the address space, 1 what is in memory.
double memory_bytes(std::size_t n) {
  const std::string line = first_line("/proc/self/statm");
  const auto numbers = split(line, ' ');
  const auto pages = n < numbers.size() ? parse_int(numbers[n]) : std::nullopt;
  return static_cast<double>(pages.value_or(0)) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double open_handles() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end; it.increment(error)) {
    ++count;
  }
  return count > 0 ? count - 1 : 0;  // without the one that lists them
}

double handle_limit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

// Seconds since the epoch: the boot time plus field 22 of /proc/self/stat (proc(5)), in clock ticks.
std::optional<double> start_time() {
  constexpr std::size_t kStartAfterName = 19;  // counted from the field after the name, which may hold spaces
  const std::string stat = first_line("/proc/self/stat");
  const std::size_t name_end = stat.rfind(") ");
  if (name_end == std::string::npos) return std::nullopt;
  const auto fields = split(std::string_view(stat).substr(name_end + 2), ' ');
  const auto ticks = fields.size() > kStartAfterName ? parse_int(fields[kStartAfterName]) : std::nullopt;
  std::ifstream file("/proc/stat");
  for (std::string line; ticks && std::getline(file, line);) {
    if (!line.starts_with("btime ")) continue;
    const auto boot = parse_int(std::string_view(line).substr(6));
    if (boot)
      return static_cast<double>(*boot) + static_cast<double>(*ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  return std::nullopt;
}

}  // namespace

void add_process_metrics(MetricsRegistry& metrics) {
  metrics.add_collector([started = start_time()](MetricsWriter& out) {
    out.sample("process_cpu_seconds_total", "counter", "User and system CPU seconds spent.", cpu_seconds());
    out.sample("process_resident_memory_bytes", "gauge", "Bytes in memory.", memory_bytes(1));
    out.sample("process_virtual_memory_bytes", "gauge", "Bytes of address space.", memory_bytes(0));
    out.sample("process_open_fds", "gauge", "Open file descriptors.", open_handles());
    out.sample("process_max_fds", "gauge", "File descriptors that may be open.", handle_limit());
    if (started) out.sample("process_start_time_seconds", "gauge", "Start, in seconds since the epoch.", *started);
  });
}

}  // namespace treadle::prometheus

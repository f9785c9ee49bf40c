#include "domains/monitoring/prediction_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/disk_full.h"
#include "base/log.h"
#include "domains/monitoring/batch_line.h"
#include "domains/monitoring/segment_archive.h"

namespace treadle::monitoring {
namespace {

constexpr std::string_view kEnding = ".ndjson";
constexpr std::string_view kArchived = ".parquet";

std::string segment_name(std::int64_t segment, std::string_view ending = kEnding) {
  const std::string digits = str_cat(segment);
  return str_cat(std::string(digits.size() < 8 ? 8 - digits.size() : 0, '0'), digits, ending);
}

// Numbers of the segments with this ending in a deployment's folder, ascending.
std::vector<std::int64_t> list_segments(const std::filesystem::path& folder, std::string_view ending = kEnding) {
  std::vector<std::int64_t> segments;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(ending)) continue;
    const auto number = parse_int(std::string_view(name).substr(0, name.size() - ending.size()));
    if (number) segments.push_back(*number);
  }
  std::sort(segments.begin(), segments.end());
  return segments;
}

Status sync_folder(const std::filesystem::path& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || fsync(fd.get()) != 0) {
    return internal_error("cannot sync the folder ", folder.string(), ": ", errno_text());
  }
  return ok_status();
}

Status write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      if (errno == ENOSPC || errno == EDQUOT) return disk_full(str_cat("cannot write ", path.string()));
      return internal_error("cannot write ", path.string(), ": ", errno_text());
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return ok_status();
}

// The length of `content` up to the end of its last whole, readable line.
std::size_t good_length(std::string_view content) {
  while (!content.empty()) {
    const std::size_t end = content.rfind('\n');
    if (end == std::string_view::npos) return 0;
    const std::size_t before = end == 0 ? std::string_view::npos : content.rfind('\n', end - 1);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    if (decode_line(content.substr(begin, end - begin)).ok()) return end + 1;
    content = content.substr(0, begin);
  }
  return 0;
}

}  // namespace

struct PredictionLog::Writer {
  std::mutex mutex;
  std::filesystem::path folder;
  std::int64_t segment = 0;
  FileDescriptor file;
  std::int64_t bytes = 0;

  Status open_segment(std::int64_t number) {
    const std::filesystem::path path = folder / segment_name(number);
    FileDescriptor opened(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!opened.valid()) return internal_error("cannot open ", path.string(), ": ", errno_text());
    RETURN_IF_ERROR(sync_folder(folder));
    file = std::move(opened);
    segment = number;
    bytes = 0;
    return ok_status();
  }

  // Goes on where the newest segment ended well.
  Status resume() {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return internal_error("cannot make the folder ", folder.string(), ": ", error.message());
    RETURN_IF_ERROR(sync_folder(folder.parent_path()));
    const std::vector<std::int64_t> segments = list_segments(folder);
    if (segments.empty()) {
      const std::vector<std::int64_t> archived = list_segments(folder, kArchived);
      return open_segment(archived.empty() ? 1 : archived.back() + 1);
    }
    RETURN_IF_ERROR(open_segment(segments.back()));
    const std::filesystem::path path = folder / segment_name(segment);
    ASSIGN_OR_RETURN(const std::string content, read_file(path, std::size_t{1} << 30));
    bytes = static_cast<std::int64_t>(good_length(content));
    if (bytes == static_cast<std::int64_t>(content.size())) return ok_status();
    log_warning("cut an unfinished line off the prediction log",
                {{"file", path.string()}, {"bytes", static_cast<std::int64_t>(content.size()) - bytes}});
    return cut(bytes);
  }

  Status cut(std::int64_t length) {
    if (ftruncate(file.get(), length) != 0 || fdatasync(file.get()) != 0) {
      return internal_error("cannot shorten a segment in ", folder.string(), ": ", errno_text());
    }
    return ok_status();
  }

  // After a failed write nothing of it may stay: a later line would be glued to the rest.
  Status append(std::string_view lines) {
    Status status = write_all(file.get(), lines, folder / segment_name(segment));
    if (status.ok() && fdatasync(file.get()) != 0) {
      status = internal_error("cannot sync the prediction log in ", folder.string(), ": ", errno_text());
    }
    if (!status.ok()) {
      const Status undone = cut(bytes);
      if (!undone.ok()) log_error("the prediction log cannot be repaired", {{"error", undone.message()}});
      return status;
    }
    bytes += static_cast<std::int64_t>(lines.size());
    return ok_status();
  }
};

PredictionLog::PredictionLog(Options options) : options_(std::move(options)) {}
PredictionLog::~PredictionLog() = default;

Status PredictionLog::open() {
  std::error_code error;
  std::filesystem::create_directories(options_.folder, error);
  if (error) return internal_error("cannot make the folder ", options_.folder.string(), ": ", error.message());
  for (const auto& entry : std::filesystem::directory_iterator(options_.folder, error)) {
    if (entry.is_directory()) RETURN_IF_ERROR(writer(entry.path().filename().string()));
  }
  archiver_ = std::jthread([this](const std::stop_token& stop) { archive_full_segments(stop); });
  return ok_status();
}

StatusOr<PredictionLog::Writer*> PredictionLog::writer(const std::string& deployment) {
  if (deployment.empty() || deployment.front() == '.' || deployment.find('/') != std::string::npos) {
    return invalid_field("deployment", "\"", deployment, "\" cannot name a folder of the prediction log");
  }
  const std::lock_guard lock(mutex_);
  if (const auto it = writers_.find(deployment); it != writers_.end()) return it->second.get();
  auto made = std::make_unique<Writer>();
  made->folder = options_.folder / deployment;
  RETURN_IF_ERROR(made->resume());
  return writers_.emplace(deployment, std::move(made)).first->second.get();
}

std::filesystem::path PredictionLog::segment_path(std::string_view deployment, std::int64_t segment) const {
  return options_.folder / deployment / segment_name(segment);
}

StatusOr<std::vector<LogPlace>> PredictionLog::append(const std::vector<serving::PredictionBatch>& batches) {
  std::vector<LogPlace> places(batches.size());
  std::map<std::string_view, std::vector<std::size_t>> by_deployment;
  for (std::size_t i = 0; i < batches.size(); ++i) by_deployment[batches[i].deployment].push_back(i);
  for (const auto& [deployment, members] : by_deployment) {
    ASSIGN_OR_RETURN(Writer * writer, this->writer(std::string(deployment)));
    const std::lock_guard lock(writer->mutex);
    if (writer->bytes >= options_.bytes_per_segment) {
      RETURN_IF_ERROR(writer->open_segment(writer->segment + 1));
      {
        const std::lock_guard map_lock(mutex_);
        has_full_ = true;
      }
      segment_full_.notify_one();
    }
    std::string lines;
    for (const std::size_t i : members) {
      places[i] = {writer->segment, writer->bytes + static_cast<std::int64_t>(lines.size())};
      lines += encode_line(batches[i]);
    }
    RETURN_IF_ERROR(writer->append(lines));
  }
  return places;
}

StatusOr<LoggedPrediction> PredictionLog::read(std::string_view deployment, LogPlace place, std::string_view id) {
  const std::filesystem::path path = segment_path(deployment, place.segment);
  std::ifstream file(path, std::ios::binary);
  std::string line;
  if (!file.is_open()) {
    ASSIGN_OR_RETURN(auto found, find_in_archive(std::filesystem::path(path).replace_extension(kArchived), id));
    if (found) return std::move(*found);
  }
  if (!file.seekg(place.offset) || !std::getline(file, line)) {
    return Status(StatusCode::kDataLoss,
                  str_cat("the prediction log ", path.string(), " has no line at byte ", place.offset));
  }
  ASSIGN_OR_RETURN(const std::vector<LoggedPrediction> rows, decode_line(line));
  for (const LoggedPrediction& row : rows) {
    if (row.id == id) return row;
  }
  return Status(StatusCode::kDataLoss, str_cat("the prediction log ", path.string(), " does not hold ", id, " at byte ",
                                               place.offset, " where its index says"));
}

// Every segment but the newest of each deployment is full. One that cannot be archived is left for the next start.
void PredictionLog::archive_full_segments(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<std::filesystem::path> folders;
    {
      std::unique_lock lock(mutex_);
      if (!segment_full_.wait(lock, stop, [this] { return has_full_; })) return;
      has_full_ = false;
      for (const auto& [name, writer] : writers_) folders.push_back(writer->folder);
    }
    for (const std::filesystem::path& folder : folders) {
      std::vector<std::int64_t> full = list_segments(folder);
      if (!full.empty()) full.pop_back();
      for (const std::int64_t segment : full) {
        if (stop.stop_requested()) return;
        const Status status =
            archive_segment(folder / segment_name(segment), folder / segment_name(segment, kArchived));
        if (status.ok()) continue;
        log_warning("a full segment of the prediction log stays as it is", {{"error", status.message()}});
        break;
      }
    }
  }
}

StatusOr<LoggedPrediction> PredictionLog::find(std::string_view id) {
  std::vector<std::string> deployments;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, writer] : writers_) deployments.push_back(name);
  }
  const std::string quoted = str_cat("\"", id, "\"");
  for (const std::string& deployment : deployments) {
    const std::filesystem::path folder = options_.folder / deployment;
    std::vector<std::int64_t> segments = list_segments(folder);
    for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
      std::ifstream file(segment_path(deployment, *segment), std::ios::binary);
      std::string line;
      while (std::getline(file, line)) {
        if (line.find(quoted) == std::string::npos) continue;
        const auto rows = decode_line(line);
        if (!rows.ok()) continue;  // a line that is being written just now
        for (const LoggedPrediction& row : *rows) {
          if (row.id == id) return row;
        }
      }
    }
    // After the others: a segment that is archived meanwhile is seen in one form or the other.
    std::vector<std::int64_t> archived = list_segments(folder, kArchived);
    for (auto segment = archived.rbegin(); segment != archived.rend(); ++segment) {
      ASSIGN_OR_RETURN(auto found, find_in_archive(folder / segment_name(*segment, kArchived), id));
      if (found) return std::move(*found);
    }
  }
  return not_found("no prediction has the id \"", id, "\"; GET …/forecast lists ids");
}

}  // namespace treadle::monitoring

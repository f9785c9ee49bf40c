#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/commands/lookup.h"
#include "app/connection.h"
#include "app/transfer_meter.h"
#include "base/files.h"
#include "storage/blob/blob_store.h"

namespace treadle::app {
namespace {

namespace fs = std::filesystem;

struct Artifact {
  std::string path;
  std::uint64_t size = 0;
  bool is_folder = false;
};

std::string artifact_target(std::string_view run, std::string_view path) {
  return str_cat(run_path(run), "/artifacts/", net::percent_encode(path, "/"));
}

// The entries of a folder; with `deep` its files at any depth instead.
Status list_folder(net::Client& client, const std::string& run, const std::string& path, bool deep,
                   std::vector<Artifact>& found) {
  ASSIGN_OR_RETURN(const Json answer,
                   client.get_json(str_cat(run_path(run), "/artifacts?path=", net::percent_encode(path))));
  for (const Json& entry : list_of(answer, "artifacts")) {
    const Artifact artifact{entry.value("path", ""), entry.value("size", std::uint64_t{0}),
                            entry.value("is_folder", false)};
    if (deep && artifact.is_folder) {
      RETURN_IF_ERROR(list_folder(client, run, artifact.path, deep, found));
    } else {
      found.push_back(artifact);
    }
  }
  return ok_status();
}

Status list_artifacts(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const std::string run, run_id(client, args.get("run")));
  std::vector<Artifact> found;
  RETURN_IF_ERROR(list_folder(client, run, args.get("path"), args.has("recursive"), found));
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const Artifact& artifact : found) {
    list.push_back({{"path", artifact.path}, {"is_folder", artifact.is_folder}, {"size", artifact.size}});
    rows.push_back({artifact.path + (artifact.is_folder ? "/" : ""),
                    artifact.is_folder ? "-" : bytes_text(static_cast<double>(artifact.size))});
  }
  io.emit({{"artifacts", list}});
  io.table({"path", "size"}, rows, "no artifacts there");
  return ok_status();
}

// The artifact itself when `path` is one, else all files below it.
StatusOr<std::vector<Artifact>> wanted_files(net::Client& client, const std::string& run, const std::string& path) {
  std::vector<Artifact> files;
  const std::size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
  if (!path.empty()) {
    RETURN_IF_ERROR(list_folder(client, run, parent, false, files));
    std::erase_if(files, [&](const Artifact& entry) { return entry.path != path; });
    if (files.empty()) {
      return not_found("run ", run, " has no artifact \"", path, "\"; `treadle artifact list ", run,
                       parent.empty() ? "" : " ", parent, "` shows what is there");
    }
    if (!files.front().is_folder) return files;
    files.clear();
  }
  RETURN_IF_ERROR(list_folder(client, run, path, true, files));
  return files;
}

// Into a file beside it first, so that a broken download leaves no half file under the name.
Status download_file(net::Client& client, const std::string& target, const fs::path& to, TransferMeter& meter) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (error) return failed_precondition("cannot create ", to.parent_path().string(), ": ", error.message());
  const fs::path partial = to.string() + ".part";
  std::ofstream file(partial, std::ios::binary | std::ios::trunc);
  if (!file) return failed_precondition("cannot write ", partial.string(), ": ", errno_text());
  const auto answer = client.download(target, [&](std::string_view bytes) -> Status {
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file) return failed_precondition("cannot write ", partial.string(), ": ", errno_text());
    meter.add(bytes.size());
    return ok_status();
  });
  file.close();
  Status status = answer.ok() ? net::Client::status_of(*answer) : answer.status();
  if (status.ok() && !file) status = failed_precondition("cannot write ", partial.string(), ": ", errno_text());
  if (status.ok()) fs::rename(partial, to, error);
  if (status.ok() && error) status = failed_precondition("cannot write ", to.string(), ": ", error.message());
  if (!status.ok()) fs::remove(partial, error);
  return status;
}

Status download(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const std::string run, run_id(client, args.get("run")));
  const std::string path = args.get("path");
  ASSIGN_OR_RETURN(const auto files, wanted_files(client, run, path));
  const fs::path folder = args.get("to", ".");
  // "model" lands as ./model, "model/MLmodel" as ./MLmodel.
  const std::size_t above = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
  std::uint64_t total = 0;
  for (const Artifact& file : files) total += file.size;
  TransferMeter meter(io, "downloading", total);
  for (const Artifact& file : files) {
    RETURN_IF_ERROR(blob::check_key(file.path));  // nothing a server says may lead out of the folder
    RETURN_IF_ERROR(download_file(client, artifact_target(run, file.path), folder / file.path.substr(above), meter));
  }
  io.emit({{"files", files.size()}, {"bytes", meter.done()}, {"folder", folder.string()}});
  io.say(str_cat("downloaded ", files.size(), " files, ", meter.text(), ", to ", folder.string()));
  return ok_status();
}

Status upload_file(net::Client& client, const std::string& target, const fs::path& from, TransferMeter& meter) {
  const FileDescriptor file(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return invalid_field("file", "cannot read ", from.string(), ": ", errno_text());
  const std::uint64_t size = fs::file_size(from);
  const auto read = [&](char* buffer, std::size_t room) -> StatusOr<std::size_t> {
    const ssize_t count = ::read(file.get(), buffer, room);
    if (count < 0) return failed_precondition("cannot read ", from.string(), ": ", errno_text());
    meter.add(static_cast<std::size_t>(count));
    return static_cast<std::size_t>(count);
  };
  ASSIGN_OR_RETURN(const auto answer, client.upload(net::Method::kPut, target, size, read));
  return net::Client::status_of(answer);
}

StatusOr<std::vector<fs::path>> local_files(const fs::path& from) {
  std::error_code error;
  std::vector<fs::path> files;
  if (fs::is_regular_file(from, error)) return std::vector<fs::path>{from};
  if (!fs::is_directory(from, error)) return invalid_field("file", "there is no file or folder ", from.string());
  for (const auto& entry : fs::recursive_directory_iterator(from, error)) {
    if (entry.is_regular_file() && !entry.is_symlink()) files.push_back(entry.path());
  }
  if (error) return invalid_field("file", "cannot read ", from.string(), ": ", error.message());
  return files;
}

Status upload(const Args& args, Io& io) {
  fs::path from = fs::path(args.get("file")).lexically_normal();
  if (!from.has_filename()) from = from.parent_path();
  ASSIGN_OR_RETURN(const auto files, local_files(from));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const std::string run, run_id(client, args.get("run")));
  std::uint64_t total = 0;
  for (const fs::path& file : files) total += fs::file_size(file);
  const std::string into = args.get("path").empty() ? "" : args.get("path") + "/";
  TransferMeter meter(io, "uploading", total);
  for (const fs::path& file : files) {
    const std::string key = into + file.lexically_relative(from.parent_path()).generic_string();
    RETURN_IF_ERROR(upload_file(client, artifact_target(run, key), file, meter));
  }
  io.emit({{"files", files.size()}, {"bytes", meter.done()}, {"run", run}});
  io.say(str_cat("uploaded ", files.size(), " files, ", meter.text()));
  return ok_status();
}

}  // namespace

void add_artifact_commands(std::vector<Command>& commands) {
  const Positional which{"run", "the run's id, or the last digits of it"};
  commands.push_back({.path = "artifact list",
                      .summary = "List a run's artifacts",
                      .examples = {"treadle artifact list 3f0c", "treadle artifact list 3f0c model --recursive"},
                      .positionals = {which, {"path", "a folder of it", false}},
                      .options = {{"recursive", "", "every file at any depth"}},
                      .run = list_artifacts});
  commands.push_back({.path = "artifact download",
                      .summary = "Download a run's artifacts, or one file or folder of them",
                      .examples = {"treadle artifact download 3f0c", "treadle artifact download 3f0c model --to /tmp"},
                      .positionals = {which, {"path", "a file or folder of it (default: everything)", false}},
                      .options = {{"to", "DIR", "where to (default: this folder)"}},
                      .run = download});
  commands.push_back(
      {.path = "artifact upload",
       .summary = "Upload a file or a folder to a run",
       .examples = {"treadle artifact upload 3f0c report.html", "treadle artifact upload 3f0c plots --path eval"},
       .positionals = {which, {"file", "the file or folder on this machine"}},
       .options = {{"path", "FOLDER", "folder of the run to put it in"}},
       .run = upload});
}

}  // namespace treadle::app

#include "app/connection.h"

#include "app/config.h"
#include "app/data_dir.h"

namespace treadle::app {

StatusOr<std::string> server_url(const Args& args) {
  ASSIGN_OR_RETURN(const Config config, Config::load(args));
  if (!config.get("url").empty()) return config.get("url");
  if (std::filesystem::is_directory(config.get("data"))) {
    ASSIGN_OR_RETURN(const DataDir data, DataDir::open(config.get("data")));
    if (const auto note = data.running()) return note->url;
  }
  return str_cat("http://127.0.0.1:", config.get("port"));
}

StatusOr<net::Client> connect(const Args& args) {
  ASSIGN_OR_RETURN(const std::string url, server_url(args));
  ASSIGN_OR_RETURN(net::Client client, net::Client::create(url));
  const auto answer = client.request(net::Method::kGet, "/healthz", {}, {}, std::chrono::seconds(5));
  if (!answer.ok()) {
    return unavailable("no server answers at ", url, " (", answer.status().message(),
                       "); start one with `treadle up`, or name yours with --url");
  }
  return client;
}

}  // namespace treadle::app

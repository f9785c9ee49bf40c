#include "app/connection.h"

#include <pwd.h>
#include <unistd.h>

#include "app/config.h"
#include "app/data_dir.h"

namespace treadle::app {

namespace {

struct Place {
  std::string url, authorization;
};

// What the settings say, else what the server on this machine left for its owner: never sent to another server.
StatusOr<Place> find_server(const Args& args) {
  ASSIGN_OR_RETURN(const Config config, Config::load(args));
  Place place;
  if (!config.get("token").empty()) {
    place.authorization = str_cat("Bearer ", config.get("token"));
  } else if (!config.get("user").empty()) {
    place.authorization = basic_authorization(config.get("user"), config.get("password"));
  }
  place.url = config.get("url");
  if (!place.url.empty()) return place;
  place.url = str_cat("http://127.0.0.1:", config.get("port"));
  if (!std::filesystem::is_directory(config.get("data"))) return place;
  ASSIGN_OR_RETURN(const DataDir data, DataDir::open(config.get("data")));
  const auto note = data.running();
  if (!note) return place;
  place.url = note->url;
  if (place.authorization.empty() && !note->token.empty()) place.authorization = str_cat("Bearer ", note->token);
  return place;
}

// Whom this process runs as, for the records of a server without access control.
std::string local_user() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry == nullptr ? "" : entry->pw_name;
}

}  // namespace

std::string basic_authorization(std::string_view user, std::string_view password) {
  return str_cat("Basic ", base64_encode(str_cat(user, ":", password)));
}

StatusOr<std::string> server_url(const Args& args) {
  ASSIGN_OR_RETURN(Place place, find_server(args));
  return std::move(place.url);
}

StatusOr<net::Client> connect(const Args& args) {
  ASSIGN_OR_RETURN(const Place place, find_server(args));
  ASSIGN_OR_RETURN(net::Client client, net::Client::create(place.url));
  if (!place.authorization.empty()) client.set_authorization(place.authorization);
  client.set_user(local_user());
  const auto answer = client.request(net::Method::kGet, "/healthz", {}, {}, std::chrono::seconds(5));
  if (!answer.ok()) {
    return unavailable("no server answers at ", place.url, " (", answer.status().message(),
                       "); start one with `treadle up`, or name yours with --url");
  }
  return client;
}

}  // namespace treadle::app

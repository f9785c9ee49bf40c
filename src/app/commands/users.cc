#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/config.h"
#include "app/connection.h"

namespace treadle::app {
namespace {

using net::Method;

std::string path_of(const Args& args, std::string_view below = "") {
  return str_cat("/api/v1/users/", net::percent_encode(args.get("name")), below);
}

// A server without access control has no users to speak of.
StatusOr<net::Client> connect_to_users(const Args& args) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  const auto known = client.request(Method::kGet, "/api/v1/access/routes");
  if (known.ok() && known->status == 404) {
    return failed_precondition("access control is off on this server; start it with `treadle up --auth basic`");
  }
  return client;
}

// One line of standard input, not shown while it is typed.
StatusOr<std::string> read_password(std::string_view prompt, Io& io) {
  termios before{};
  const bool typed = ::isatty(STDIN_FILENO) != 0 && ::tcgetattr(STDIN_FILENO, &before) == 0;
  if (typed) {
    io.warn(prompt);
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  std::string line;
  const bool got = static_cast<bool>(std::getline(std::cin, line));
  if (typed) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  if (!got) return invalid("no password: type it, or send it to standard input");
  return line;
}

Status list_users(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect_to_users(args));
  ASSIGN_OR_RETURN(const Json answer, client.get_json("/api/v1/users"));
  io.emit(answer);
  std::vector<std::vector<std::string>> rows;
  for (const Json& user : list_of(answer, "users")) {
    rows.push_back({text_of(user, "name"), user.value("admin", false) ? "yes" : "", ago_of(user, "created_ms")});
  }
  io.table({"name", "administrator", "created"}, rows, "no users yet");
  return ok_status();
}

void print_user(const Json& user, Io& io) {
  io.emit(user);
  io.say(str_cat(text_of(user, "name"), user.value("admin", false) ? "  administrator" : ""));
  std::vector<std::vector<std::string>> rows;
  for (const Json& grant : list_of(user, "permissions")) {
    rows.push_back({text_of(grant, "resource_type"), text_of(grant, "resource_id"), text_of(grant, "permission")});
  }
  io.table({"kind", "id", "permission"}, rows, "nothing beyond the server's default permission");
}

Status show_user(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect_to_users(args));
  ASSIGN_OR_RETURN(const Json user, client.get_json(path_of(args)));
  print_user(user, io);
  return ok_status();
}

Status create_user(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect_to_users(args));
  ASSIGN_OR_RETURN(const std::string password, read_password(str_cat("Password for ", args.get("name"), ":"), io));
  ASSIGN_OR_RETURN(
      const Json user,
      client.send_json(Method::kPost, "/api/v1/users",
                       {{"name", args.get("name")}, {"password", password}, {"admin", args.has("admin")}}));
  io.emit(user);
  io.say(str_cat("created ", args.has("admin") ? "administrator " : "user ", text_of(user, "name")));
  return ok_status();
}

Status change_password(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect_to_users(args));
  ASSIGN_OR_RETURN(const std::string password, read_password(str_cat("New password for ", args.get("name"), ":"), io));
  if (password.empty()) return invalid_field("password", "must not be empty");
  ASSIGN_OR_RETURN(const Json user, client.send_json(Method::kPatch, path_of(args), {{"password", password}}));
  io.emit(user);
  io.say(str_cat("changed the password of ", text_of(user, "name")));
  return ok_status();
}

Status set_admin(const Args& args, Io& io) {
  const std::string state = args.get("state");
  if (state != "on" && state != "off") return invalid_field("state", "must be on or off, got \"", state, "\"");
  ASSIGN_OR_RETURN(net::Client client, connect_to_users(args));
  ASSIGN_OR_RETURN(const Json user, client.send_json(Method::kPatch, path_of(args), {{"admin", state == "on"}}));
  print_user(user, io);
  return ok_status();
}

Status delete_user(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect_to_users(args));
  RETURN_IF_ERROR(client.send_json(Method::kDelete, path_of(args), Json::object()));
  io.emit({{"deleted", args.get("name")}});
  io.say(str_cat("deleted user ", args.get("name")));
  return ok_status();
}

Status grant(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect_to_users(args));
  ASSIGN_OR_RETURN(const Json user, client.send_json(Method::kPut, path_of(args, "/permissions"),
                                                     {{"resource_type", args.get("kind")},
                                                      {"resource_id", args.get("id")},
                                                      {"permission", args.get("permission")}}));
  print_user(user, io);
  return ok_status();
}

Status revoke(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect_to_users(args));
  const std::string target =
      str_cat(path_of(args, "/permissions?resource_type="), net::percent_encode(args.get("kind")),
              "&resource_id=", net::percent_encode(args.get("id")));
  ASSIGN_OR_RETURN(const Json user, client.send_json(Method::kDelete, target, Json::object()));
  print_user(user, io);
  return ok_status();
}

Status create_token(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t days, args.integer("days", 0, 1, 3650));
  ASSIGN_OR_RETURN(net::Client client, connect_to_users(args));
  ASSIGN_OR_RETURN(const Json token, client.send_json(Method::kPost, path_of(args, "/tokens"),
                                                      {{"label", args.get("label")}, {"days", days}}));
  io.emit(token);
  io.say(str_cat(text_of(token, "token"),
                 "\n\nIt is shown only now. Clients: MLFLOW_TRACKING_TOKEN or TREADLE_TOKEN; "
                 "HTTP: Authorization: Bearer …"));
  return ok_status();
}

Status list_tokens(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect_to_users(args));
  ASSIGN_OR_RETURN(const Json answer, client.get_json(path_of(args, "/tokens")));
  io.emit(answer);
  std::vector<std::vector<std::string>> rows;
  for (const Json& token : list_of(answer, "tokens")) {
    rows.push_back({text_of(token, "id"), text_of(token, "label"), ago_of(token, "created_ms")});
  }
  io.table({"id", "label", "created"}, rows, "no tokens");
  return ok_status();
}

Status delete_token(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t id, args.integer("number", 0, 1, INT64_MAX));
  ASSIGN_OR_RETURN(net::Client client, connect_to_users(args));
  RETURN_IF_ERROR(client.send_json(Method::kDelete, path_of(args, str_cat("/tokens/", id)), Json::object()));
  io.emit({{"deleted", id}});
  io.say(str_cat("token ", id, " of ", args.get("name"), " no longer works"));
  return ok_status();
}

const Positional kName{"name", "the user's name"};
const Positional kKind{"kind", "experiment, registered_model or pipeline"};
const Positional kId{"id", "an experiment's id, a model's name, or '*' for all"};

}  // namespace

void add_user_commands(std::vector<Command>& commands) {
  const auto add = [&](std::string path, std::string summary, std::vector<std::string> examples,
                       std::vector<Positional> positionals, std::vector<Option> options, auto run) {
    commands.push_back(
        {std::move(path), std::move(summary), std::move(examples), std::move(positionals), std::move(options), run});
  };
  add("user list", "List users", {"treadle user list"}, {}, {}, list_users);
  add("user show", "Show a user and their permissions", {"treadle user show ada"}, {kName}, {}, show_user);
  add("user create", "Create a user; the password is typed, or read from standard input",
      {"treadle user create ada", "pass show treadle | treadle user create root --admin"}, {kName},
      {{"admin", "", "an administrator, who may do everything"}}, create_user);
  add("user password", "Give a user a new password, typed or read from standard input", {"treadle user password ada"},
      {kName}, {}, change_password);
  add("user admin", "Make a user an administrator, or no longer one", {"treadle user admin ada on"},
      {kName, {"state", "on or off"}}, {}, set_admin);
  add("user delete", "Delete a user with their permissions and tokens", {"treadle user delete ada"}, {kName}, {},
      delete_user);
  add("user grant", "Give a user a permission",
      {"treadle user grant ada experiment 7 EDIT", "treadle user grant ada pipeline '*' EDIT"},
      {kName, kKind, kId, {"permission", "READ, USE, EDIT, MANAGE or NO_PERMISSIONS"}}, {}, grant);
  add("user revoke", "Take back what was given", {"treadle user revoke ada experiment 7"}, {kName, kKind, kId}, {},
      revoke);
  add("user token", "Make a token for a user's programs", {"treadle user token ada laptop --days 90"},
      {kName, {"label", "what the token is for"}}, {{"days", "N", "it stops working after this (default: never)"}},
      create_token);
  add("user tokens", "List a user's tokens", {"treadle user tokens ada"}, {kName}, {}, list_tokens);
  add("user revoke-token", "End a token", {"treadle user revoke-token ada 3"},
      {kName, {"number", "the token's number, from `treadle user tokens`"}}, {}, delete_token);
}

}  // namespace treadle::app

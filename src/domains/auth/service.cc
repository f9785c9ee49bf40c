#include "domains/auth/service.h"

#include <algorithm>

#include "base/hash.h"
#include "domains/auth/password.h"
#include "domains/auth/store.h"

namespace treadle::auth {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kAccountLifeNs = 2 * kSecondNs, kPasswordLifeNs = 60 * kSecondNs;
constexpr std::size_t kCached = 4096;
constexpr std::size_t kMaxTokens = 100, kMaxLabel = 255, kMaxPattern = 500;

Status unauthenticated(std::string_view why) {
  return {StatusCode::kUnauthenticated, str_cat("You are not authenticated. ", why)};
}

Status no_user(std::string_view name) { return not_found("User with username=", name, " not found"); }

Identity server_identity() {
  auto account = std::make_shared<Account>();
  account->user.name = "treadle:server";  // the colon keeps users from having it
  account->user.admin = true;
  return account;
}

// "01" is experiment 1, for who grants as for who looks it up.
std::string canonical(std::string_view type, const std::string& pattern) {
  const auto number = type == kExperiment ? parse_int(pattern) : std::nullopt;
  return number ? str_cat(*number) : pattern;
}
Grant canonical(const Grant& grant) { return {grant.type, canonical(grant.type, grant.pattern), grant.permission}; }

Status check_grant(const Grant& grant) {
  if (!is_resource_type(grant.type)) {
    return invalid_field("resource_type", "Invalid resource type '", grant.type,
                         "'. Valid resource types are: ", kExperiment, ", ", kModel, ", ", kPipeline);
  }
  if (grant.pattern.empty() || grant.pattern.size() > kMaxPattern) {
    return invalid_field("resource_id", "must be an id or '*', of at most ", kMaxPattern, " bytes");
  }
  if (grant.type == kPipeline && grant.pattern != "*") {
    return invalid_field("resource_id", "permissions on pipelines are given on all of them: '*'");
  }
  return ok_status();
}

template <typename Map, typename Value>
void remember(Map& map, const std::string& key, Value value) {
  if (map.size() >= kCached) map.clear();
  map[key] = std::move(value);
}

}  // namespace

Status check_user_name(std::string_view name) {
  if (name.empty()) return {StatusCode::kInvalidArgument, "Username cannot be empty.", "username"};
  if (name.size() > 255) return invalid_field("username", "must be at most 255 bytes");
  for (const char c : name) {
    if (c == ':' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return invalid_field("username", "must not contain colons or control characters");
    }
  }
  return ok_status();
}

Service::Service(sql::Database& database, const Clock& clock, Permission fallback)
    : database_(database),
      clock_(clock),
      fallback_(fallback),
      own_token_(new_token()),
      own_identity_(server_identity()),
      guard_(clock) {}

Status Service::open() { return sql::migrate(database_, "auth", migrations()); }

StatusOr<Identity> Service::authenticate(std::string_view authorization, std::string_view address) {
  const std::size_t space = authorization.find(' ');
  const std::string_view scheme = authorization.substr(0, space);
  const std::string_view rest = space == std::string_view::npos ? "" : trim(authorization.substr(space + 1));
  if (equals_ignore_case(scheme, "Basic")) return by_password(rest, address);
  if (equals_ignore_case(scheme, "Bearer")) return by_token(rest);
  return unauthenticated("Send a user name and password (HTTP Basic) or a token (Authorization: Bearer).");
}

StatusOr<Identity> Service::by_password(std::string_view credentials, std::string_view address) {
  const auto text = base64_decode(credentials);
  const std::size_t colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) return unauthenticated("The Basic credentials are not base64 of NAME:PASSWORD.");
  const std::string name = text->substr(0, colon), password = text->substr(colon + 1);
  RETURN_IF_ERROR(guard_.check(address, name));
  const bool possible = check_user_name(name).ok() && password.size() <= PasswordRules::kLongest;
  Identity account;
  if (possible) {
    ASSIGN_OR_RETURN(account, find(name));
  }
  bool right = false;
  if (account) {
    ASSIGN_OR_RETURN(right, check_password_of(*account, password));
  } else {
    verify_nothing(password.substr(0, PasswordRules::kLongest));
  }
  if (right) return account;
  guard_.failed(address, name);
  return unauthenticated("The user name or the password is wrong.");
}

StatusOr<bool> Service::check_password_of(const Account& account, const std::string& password) {
  const std::string key = fingerprint(account.user.name, password);
  {
    const std::lock_guard lock(mutex_);
    const auto it = passwords_.find(key);
    // Bound to the stored hash, so that a changed password ends it at once.
    if (it != passwords_.end() && it->second.until_ns > monotonic_ns() && it->second.value == account.password_hash) {
      return true;
    }
  }
  ASSIGN_OR_RETURN(const bool right, verify_password(password, account.password_hash));
  if (right) {
    const std::lock_guard lock(mutex_);
    remember(passwords_, key, Cached{account.password_hash, monotonic_ns() + kPasswordLifeNs});
  }
  return right;
}

StatusOr<bool> Service::is_password(const std::string& name, const std::string& password, std::string_view address) {
  RETURN_IF_ERROR(guard_.check(address, name));
  ASSIGN_OR_RETURN(const Identity who, account(name));
  ASSIGN_OR_RETURN(const bool right, check_password_of(*who, password));
  if (!right) guard_.failed(address, name);
  return right;
}

StatusOr<Identity> Service::by_token(std::string_view token) {
  if (equal_in_constant_time(token, own_token_)) return own_identity_;
  // Not slowed down as passwords are: nobody guesses 256 random bits, and one stale token must not lock its neighbours.
  const std::string hash = sha256_hex(token);
  std::string owner;
  std::uint64_t seen = 0;
  {
    const std::lock_guard lock(mutex_);
    seen = generation_;
    const auto it = tokens_.find(hash);
    if (it != tokens_.end() && it->second.until_ns > monotonic_ns()) owner = it->second.value;
  }
  if (owner.empty()) {
    RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
      ASSIGN_OR_RETURN(const auto found, token_owner(connection, hash, clock_.now_ms()));
      owner = found.value_or("");
      return ok_status();
    }));
    if (owner.empty()) return unauthenticated("The token is not known or has expired.");
    const std::lock_guard lock(mutex_);
    if (seen == generation_) remember(tokens_, hash, Cached{owner, monotonic_ns() + kAccountLifeNs});
  }
  ASSIGN_OR_RETURN(Identity who, find(owner));
  if (!who) return unauthenticated("The token's owner is gone.");
  return who;
}

StatusOr<Identity> Service::find(const std::string& name) {
  std::uint64_t seen = 0;
  {
    const std::lock_guard lock(mutex_);
    seen = generation_;
    const auto it = accounts_.find(name);
    if (it != accounts_.end() && it->second.until_ns > monotonic_ns()) return it->second.account;
  }
  Identity found;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(auto account, find_account(connection, name));
    if (account) found = std::make_shared<const Account>(std::move(*account));
    return ok_status();
  }));
  const std::lock_guard lock(mutex_);
  if (found && seen == generation_) remember(accounts_, name, CachedAccount{found, monotonic_ns() + kAccountLifeNs});
  return found;
}

StatusOr<Identity> Service::account(const std::string& name) {
  if (name == own_identity_->user.name) return own_identity_;
  ASSIGN_OR_RETURN(Identity found, find(name));
  if (!found) return no_user(name);
  return found;
}

Permission Service::permission(const Account& account, std::string_view type, std::string_view id) const {
  if (account.user.admin) return Permission::kManage;
  // Nobody starts steps by default: a step is a process with the server's own rights.
  Permission best = type == kPipeline ? Permission::kNone : fallback_;
  for (const Grant& grant : account.grants) {
    if (grant.type != type || (grant.pattern != "*" && grant.pattern != id)) continue;
    if (grant.permission == Permission::kNone) return Permission::kNone;
    best = std::max(best, grant.permission);
  }
  return best;
}

bool Service::reads_all(const Account& account, std::string_view type) const {
  if (account.user.admin) return true;
  if (permission(account, type, "*") < Permission::kRead) return false;
  return std::none_of(account.grants.begin(), account.grants.end(),
                      [&](const Grant& grant) { return grant.type == type && grant.permission == Permission::kNone; });
}

void Service::forget_cached() {
  const std::lock_guard lock(mutex_);
  ++generation_;
  accounts_.clear();
  tokens_.clear();
}

Status Service::change(const std::string& name, const std::function<Status(sql::Connection&, const Account&)>& work) {
  Status status = database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto account, find_account(tx, name));
    if (!account) return no_user(name);
    return work(tx, *account);
  });
  forget_cached();
  return status;
}

StatusOr<User> Service::create_user(const std::string& name, const std::string& password, bool admin) {
  RETURN_IF_ERROR(check_user_name(name));
  RETURN_IF_ERROR(auth::check_password(password));
  ASSIGN_OR_RETURN(const std::string hash, hash_password(password));
  User made;
  Status status = database_.write([&](sql::Connection& tx) -> Status {
    ASSIGN_OR_RETURN(const auto existing, find_account(tx, name));
    if (existing) return already_exists("User (username=", name, ") already exists.");
    ASSIGN_OR_RETURN(made, insert_user(tx, {.name = name, .admin = admin, .created_ms = clock_.now_ms()}, hash));
    return ok_status();
  });
  forget_cached();
  RETURN_IF_ERROR(status);
  return made;
}

StatusOr<std::vector<User>> Service::users() {
  std::vector<User> users;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(users, load_users(connection));
    return ok_status();
  }));
  return users;
}

Status Service::set_password(const std::string& name, const std::string& password) {
  RETURN_IF_ERROR(auth::check_password(password));
  RETURN_IF_ERROR(account(name));
  ASSIGN_OR_RETURN(const std::string hash, hash_password(password));
  return change(
      name, [&](sql::Connection& tx, const Account& account) { return update_password(tx, account.user.id, hash); });
}

namespace {

Status keep_an_admin(sql::Connection& tx, const User& leaving) {
  if (!leaving.admin) return ok_status();
  ASSIGN_OR_RETURN(const std::int64_t admins, count_users(tx, true));
  if (admins > 1) return ok_status();
  return failed_precondition("\"", leaving.name, "\" is the last administrator; make somebody else one first");
}

}  // namespace

Status Service::set_admin(const std::string& name, bool admin) {
  return change(name, [&](sql::Connection& tx, const Account& account) -> Status {
    if (!admin) RETURN_IF_ERROR(keep_an_admin(tx, account.user));
    return update_admin(tx, account.user.id, admin);
  });
}

Status Service::delete_user(const std::string& name) {
  return change(name, [&](sql::Connection& tx, const Account& account) -> Status {
    RETURN_IF_ERROR(keep_an_admin(tx, account.user));
    return auth::delete_user(tx, account.user.id);
  });
}

Status Service::create_grant(const std::string& name, const Grant& given) {
  const Grant grant = canonical(given);
  RETURN_IF_ERROR(check_grant(grant));
  return change(name, [&](sql::Connection& tx, const Account& account) -> Status {
    ASSIGN_OR_RETURN(const auto existing, auth::find_grant(tx, account.user.id, grant.type, grant.pattern));
    if (existing) {
      return already_exists("Permission for user=", name, " on resource_type=", grant.type,
                            ", resource_id=", grant.pattern, " already exists.");
    }
    return put_grant(tx, account.user.id, grant);
  });
}

namespace {

Status no_grant(std::string_view name, std::string_view type, std::string_view pattern) {
  if (type == kExperiment) {
    return not_found("Experiment permission with experiment_id=", pattern, " and username=", name, " not found");
  }
  if (type == kModel) {
    return not_found("Registered model permission with workspace=default, name=", pattern, " and username=", name,
                     " not found");
  }
  return not_found("Permission for user=", name, " on resource_type=", type, ", resource_id=", pattern, " not found.");
}

}  // namespace

Status Service::update_grant(const std::string& name, const Grant& given) {
  const Grant grant = canonical(given);
  RETURN_IF_ERROR(check_grant(grant));
  return change(name, [&](sql::Connection& tx, const Account& account) -> Status {
    ASSIGN_OR_RETURN(const auto existing, auth::find_grant(tx, account.user.id, grant.type, grant.pattern));
    if (!existing) return no_grant(name, grant.type, grant.pattern);
    return put_grant(tx, account.user.id, grant);
  });
}

Status Service::delete_grant(const std::string& name, const std::string& type, const std::string& given) {
  const std::string pattern = canonical(type, given);
  return change(name, [&](sql::Connection& tx, const Account& account) -> Status {
    ASSIGN_OR_RETURN(const bool gone, auth::delete_grant(tx, account.user.id, type, pattern));
    return gone ? ok_status() : no_grant(name, type, pattern);
  });
}

StatusOr<Grant> Service::grant(const std::string& name, const std::string& type, const std::string& given) {
  const std::string pattern = canonical(type, given);
  ASSIGN_OR_RETURN(const Identity who, account(name));
  for (const Grant& grant : who->grants) {
    if (grant.type == type && grant.pattern == pattern) return grant;
  }
  return no_grant(name, type, pattern);
}

Status Service::give_to_creator(const std::string& name, std::string_view type, const std::string& id) {
  // A model called "*" would otherwise give rights on all of them.
  if (name == own_identity_->user.name || id == "*") return ok_status();
  return change(name, [&](sql::Connection& tx, const Account& account) -> Status {
    ASSIGN_OR_RETURN(const bool owned, has_owner(tx, type, id));
    if (owned) return ok_status();
    return put_grant(tx, account.user.id, {std::string(type), id, Permission::kManage});
  });
}

Status Service::forget(std::string_view type, const std::string& id) {
  Status status = database_.write([&](sql::Connection& tx) -> Status { return delete_grants_on(tx, type, id); });
  forget_cached();
  return status;
}

Status Service::rename(std::string_view type, const std::string& from, const std::string& to) {
  if (from == to) return ok_status();
  if (to == "*") return forget(type, from);
  Status status = database_.write([&](sql::Connection& tx) { return move_grants(tx, type, from, to); });
  forget_cached();
  return status;
}

StatusOr<Service::NewToken> Service::create_token(const std::string& name, const std::string& label,
                                                  std::optional<std::int64_t> lifetime_ms) {
  if (label.empty() || label.size() > kMaxLabel) {
    return invalid_field("name", "must be 1 to ", kMaxLabel, " bytes: what the token is for");
  }
  if (lifetime_ms && *lifetime_ms <= 0) return invalid_field("lifetime_ms", "must be more than 0");
  NewToken made{{.name = label, .created_ms = clock_.now_ms()}, new_token()};
  if (lifetime_ms) made.token.expires_ms = made.token.created_ms + *lifetime_ms;
  RETURN_IF_ERROR(change(name, [&](sql::Connection& tx, const Account& account) -> Status {
    ASSIGN_OR_RETURN(const auto existing, load_tokens(tx, account.user.id));
    if (existing.size() >= kMaxTokens) return resource_exhausted("a user may have at most ", kMaxTokens, " tokens");
    ASSIGN_OR_RETURN(made.token.id, insert_token(tx, account.user.id, made.token, sha256_hex(made.secret)));
    return ok_status();
  }));
  return made;
}

StatusOr<std::vector<Token>> Service::tokens(const std::string& name) {
  ASSIGN_OR_RETURN(const Identity who, account(name));
  std::vector<Token> tokens;
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) -> Status {
    ASSIGN_OR_RETURN(tokens, load_tokens(connection, who->user.id));
    return ok_status();
  }));
  return tokens;
}

Status Service::delete_token(const std::string& name, std::int64_t token) {
  return change(name, [&](sql::Connection& tx, const Account& account) -> Status {
    ASSIGN_OR_RETURN(const bool gone, auth::delete_token(tx, account.user.id, token));
    return gone ? ok_status() : not_found("user ", name, " has no token ", token);
  });
}

}  // namespace treadle::auth

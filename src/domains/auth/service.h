// Who is asking, and what they may do. Thread-safe; a change that returned ok is durable and counts from the next
// request on (two seconds later on other servers of the same database).
//
//   ASSIGN_OR_RETURN(const Identity who, auth.authenticate(header, address));
//   if (auth.permission(*who, kExperiment, "7") < Permission::kEdit) …
#pragma once

#include <map>
#include <mutex>

#include "base/clock.h"
#include "domains/auth/login_guard.h"
#include "domains/auth/types.h"
#include "storage/sql/database.h"

namespace treadle::auth {

class Service {
 public:
  // `fallback` is what everybody has on what nobody gave them anything on.
  Service(sql::Database& database, const Clock& clock, Permission fallback);
  Status open();

  // `authorization` is the header of HTTP: "Basic …" or "Bearer …". kUnauthenticated, or kResourceExhausted after too
  // many wrong passwords from that address.
  StatusOr<Identity> authenticate(std::string_view authorization, std::string_view address);
  // Whether that is the user's password; counts as a login for the guard.
  StatusOr<bool> is_password(const std::string& name, const std::string& password, std::string_view address);
  // kNotFound when there is no such user.
  StatusOr<Identity> account(const std::string& name);
  // The best of what was given on the thing and on all of its kind, at least the fallback; NO_PERMISSIONS given on
  // either wins. Administrators may do everything.
  Permission permission(const Account& account, std::string_view type, std::string_view id) const;
  // Nothing of the kind is hidden from them, so lists need not be looked through.
  bool reads_all(const Account& account, std::string_view type) const;

  // A password for the server's own helpers (pipeline steps, commands on this machine), new with every start; with the
  // rights of an administrator.
  const std::string& own_token() const { return own_token_; }

  StatusOr<User> create_user(const std::string& name, const std::string& password, bool admin = false);
  StatusOr<std::vector<User>> users();
  Status set_password(const std::string& name, const std::string& password);
  // The last administrator stays one.
  Status set_admin(const std::string& name, bool admin);
  Status delete_user(const std::string& name);

  // kAlreadyExists when something was given on exactly that already; kInvalidArgument for an unknown kind.
  Status create_grant(const std::string& name, const Grant& grant);
  // kNotFound when nothing was.
  Status update_grant(const std::string& name, const Grant& grant);
  Status delete_grant(const std::string& name, const std::string& type, const std::string& pattern);
  // What was given on exactly that; kNotFound when nothing was.
  StatusOr<Grant> grant(const std::string& name, const std::string& type, const std::string& pattern);
  // MANAGE for the creator of something new; nothing when somebody has that already.
  Status give_to_creator(const std::string& name, std::string_view type, const std::string& id);
  Status forget(std::string_view type, const std::string& id);
  Status rename(std::string_view type, const std::string& from, const std::string& to);

  struct NewToken {
    Token token;
    std::string secret;  // shown once
  };
  StatusOr<NewToken> create_token(const std::string& name, const std::string& label,
                                  std::optional<std::int64_t> lifetime_ms);
  StatusOr<std::vector<Token>> tokens(const std::string& name);
  Status delete_token(const std::string& name, std::int64_t token);

 private:
  struct Cached {
    std::string value;  // the password hash it was checked against, or the token's owner
    std::int64_t until_ns = 0;
  };
  struct CachedAccount {
    Identity account;
    std::int64_t until_ns = 0;
  };
  StatusOr<Identity> by_password(std::string_view credentials, std::string_view address);
  StatusOr<Identity> by_token(std::string_view token);
  StatusOr<bool> check_password_of(const Account& account, const std::string& password);
  // Null when there is no such user.
  StatusOr<Identity> find(const std::string& name);
  Status change(const std::string& name, const std::function<Status(sql::Connection&, const Account&)>& work);
  void forget_cached();

  sql::Database& database_;
  const Clock& clock_;
  const Permission fallback_;
  const std::string own_token_;
  const Identity own_identity_;
  LoginGuard guard_;
  std::mutex mutex_;
  std::uint64_t generation_ = 0;  // changes made; what was read before one is not cached after it
  std::map<std::string, CachedAccount, std::less<>> accounts_;
  std::map<std::string, Cached, std::less<>> passwords_, tokens_;
};

// What HTTP's Basic header may carry: 1 to 255 bytes, no colon, no control characters.
Status check_user_name(std::string_view name);

}  // namespace treadle::auth

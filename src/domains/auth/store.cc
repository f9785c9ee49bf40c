#include "domains/auth/store.h"

namespace treadle::auth {

const std::vector<sql::Migration>& migrations() {
  static const std::vector<sql::Migration> list = {
      {1,
       "CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
       " password_hash TEXT NOT NULL, admin INTEGER NOT NULL, created_ms INTEGER NOT NULL);"
       "CREATE TABLE user_grants(user_id INTEGER NOT NULL, type TEXT NOT NULL, pattern TEXT NOT NULL,"
       " permission TEXT NOT NULL, PRIMARY KEY(user_id, type, pattern));"
       "CREATE INDEX user_grants_on ON user_grants(type, pattern);"
       "CREATE TABLE user_tokens(id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL, name TEXT NOT NULL,"
       " hash TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL, expires_ms INTEGER);"
       "CREATE INDEX user_tokens_of ON user_tokens(user_id)",
       "CREATE TABLE users(id BIGSERIAL PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
       " password_hash TEXT NOT NULL, admin BIGINT NOT NULL, created_ms BIGINT NOT NULL);"
       "CREATE TABLE user_grants(user_id BIGINT NOT NULL, type TEXT NOT NULL, pattern TEXT NOT NULL,"
       " permission TEXT NOT NULL, PRIMARY KEY(user_id, type, pattern));"
       "CREATE INDEX user_grants_on ON user_grants(type, pattern);"
       "CREATE TABLE user_tokens(id BIGSERIAL PRIMARY KEY, user_id BIGINT NOT NULL, name TEXT NOT NULL,"
       " hash TEXT NOT NULL UNIQUE, created_ms BIGINT NOT NULL, expires_ms BIGINT);"
       "CREATE INDEX user_tokens_of ON user_tokens(user_id)"}};
  return list;
}

StatusOr<User> insert_user(sql::Connection& tx, const User& user, std::string_view password_hash) {
  RETURN_IF_ERROR(tx.execute("INSERT INTO users(name, password_hash, admin, created_ms) VALUES (?, ?, ?, ?)",
                             {user.name, password_hash, static_cast<std::int64_t>(user.admin), user.created_ms}));
  User made = user;
  ASSIGN_OR_RETURN(const auto id, tx.query_integer("SELECT id FROM users WHERE name = ?", {user.name}));
  made.id = id.value_or(0);
  return made;
}

StatusOr<std::optional<Account>> find_account(sql::Connection& connection, std::string_view name) {
  std::optional<Account> account;
  RETURN_IF_ERROR(connection.query(
      "SELECT id, name, admin, created_ms, password_hash FROM users WHERE name = ?", {name}, [&](const sql::Row& row) {
        account.emplace();
        account->user = {row.integer(0), row.string(1), row.integer(2) != 0, row.integer(3)};
        account->password_hash = row.string(4);
        return ok_status();
      }));
  if (!account) return account;
  RETURN_IF_ERROR(
      connection.query("SELECT type, pattern, permission FROM user_grants WHERE user_id = ? ORDER BY type, pattern",
                       {account->user.id}, [&](const sql::Row& row) {
                         // A word that a newer version wrote means nothing to us: it gives nothing.
                         account->grants.push_back(
                             {row.string(0), row.string(1), parse_permission(row.text(2)).value_or(Permission::kNone)});
                         return ok_status();
                       }));
  return account;
}

StatusOr<std::vector<User>> load_users(sql::Connection& connection) {
  std::vector<User> users;
  RETURN_IF_ERROR(
      connection.query("SELECT id, name, admin, created_ms FROM users ORDER BY name", {}, [&](const sql::Row& row) {
        users.push_back({row.integer(0), row.string(1), row.integer(2) != 0, row.integer(3)});
        return ok_status();
      }));
  return users;
}

Status update_password(sql::Connection& tx, std::int64_t user, std::string_view password_hash) {
  return tx.execute("UPDATE users SET password_hash = ? WHERE id = ?", {password_hash, user}).status();
}

Status update_admin(sql::Connection& tx, std::int64_t user, bool admin) {
  return tx.execute("UPDATE users SET admin = ? WHERE id = ?", {static_cast<std::int64_t>(admin), user}).status();
}

Status delete_user(sql::Connection& tx, std::int64_t user) {
  RETURN_IF_ERROR(tx.execute("DELETE FROM user_grants WHERE user_id = ?", {user}));
  RETURN_IF_ERROR(tx.execute("DELETE FROM user_tokens WHERE user_id = ?", {user}));
  return tx.execute("DELETE FROM users WHERE id = ?", {user}).status();
}

StatusOr<std::int64_t> count_users(sql::Connection& connection, bool only_admins) {
  ASSIGN_OR_RETURN(const auto count, connection.query_integer("SELECT COUNT(*) FROM users WHERE admin >= ?",
                                                              {static_cast<std::int64_t>(only_admins)}));
  return count.value_or(0);
}

StatusOr<std::optional<Grant>> find_grant(sql::Connection& connection, std::int64_t user, std::string_view type,
                                          std::string_view pattern) {
  std::optional<Grant> grant;
  RETURN_IF_ERROR(connection.query("SELECT permission FROM user_grants WHERE user_id = ? AND type = ? AND pattern = ?",
                                   {user, type, pattern}, [&](const sql::Row& row) {
                                     grant = Grant{std::string(type), std::string(pattern),
                                                   parse_permission(row.text(0)).value_or(Permission::kNone)};
                                     return ok_status();
                                   }));
  return grant;
}

Status put_grant(sql::Connection& tx, std::int64_t user, const Grant& grant) {
  return tx
      .execute(
          "INSERT INTO user_grants(user_id, type, pattern, permission) VALUES (?, ?, ?, ?)"
          " ON CONFLICT(user_id, type, pattern) DO UPDATE SET permission = excluded.permission",
          {user, grant.type, grant.pattern, to_string(grant.permission)})
      .status();
}

StatusOr<bool> delete_grant(sql::Connection& tx, std::int64_t user, std::string_view type, std::string_view pattern) {
  ASSIGN_OR_RETURN(
      const std::int64_t gone,
      tx.execute("DELETE FROM user_grants WHERE user_id = ? AND type = ? AND pattern = ?", {user, type, pattern}));
  return gone > 0;
}

Status delete_grants_on(sql::Connection& tx, std::string_view type, std::string_view pattern) {
  return tx.execute("DELETE FROM user_grants WHERE type = ? AND pattern = ?", {type, pattern}).status();
}

Status move_grants(sql::Connection& tx, std::string_view type, std::string_view from, std::string_view to) {
  // What was given on the new name before anything had it would otherwise stand in the way.
  RETURN_IF_ERROR(delete_grants_on(tx, type, to));
  return tx.execute("UPDATE user_grants SET pattern = ? WHERE type = ? AND pattern = ?", {to, type, from}).status();
}

StatusOr<bool> has_owner(sql::Connection& connection, std::string_view type, std::string_view pattern) {
  ASSIGN_OR_RETURN(
      const auto count,
      connection.query_integer("SELECT COUNT(*) FROM user_grants WHERE type = ? AND pattern = ? AND permission = ?",
                               {type, pattern, to_string(Permission::kManage)}));
  return count.value_or(0) > 0;
}

StatusOr<std::int64_t> insert_token(sql::Connection& tx, std::int64_t user, const Token& token, std::string_view hash) {
  RETURN_IF_ERROR(
      tx.execute("INSERT INTO user_tokens(user_id, name, hash, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?)",
                 {user, token.name, hash, token.created_ms, token.expires_ms}));
  ASSIGN_OR_RETURN(const auto id, tx.query_integer("SELECT id FROM user_tokens WHERE hash = ?", {hash}));
  return id.value_or(0);
}

StatusOr<std::vector<Token>> load_tokens(sql::Connection& connection, std::int64_t user) {
  std::vector<Token> tokens;
  RETURN_IF_ERROR(
      connection.query("SELECT id, name, created_ms, expires_ms FROM user_tokens WHERE user_id = ? ORDER BY id", {user},
                       [&](const sql::Row& row) {
                         tokens.push_back({row.integer(0), row.string(1), row.integer(2), row.optional_integer(3)});
                         return ok_status();
                       }));
  return tokens;
}

StatusOr<bool> delete_token(sql::Connection& tx, std::int64_t user, std::int64_t token) {
  ASSIGN_OR_RETURN(const std::int64_t gone,
                   tx.execute("DELETE FROM user_tokens WHERE user_id = ? AND id = ?", {user, token}));
  return gone > 0;
}

StatusOr<std::optional<std::string>> token_owner(sql::Connection& connection, std::string_view hash,
                                                 std::int64_t now_ms) {
  return connection.query_text(
      "SELECT u.name FROM user_tokens t JOIN users u ON u.id = t.user_id"
      " WHERE t.hash = ? AND (t.expires_ms IS NULL OR t.expires_ms > ?)",
      {hash, now_ms});
}

}  // namespace treadle::auth

// The tables of accounts. Every function runs inside the caller's read or transaction.
#pragma once

#include "domains/auth/types.h"
#include "storage/sql/database.h"

namespace treadle::auth {

const std::vector<sql::Migration>& migrations();

StatusOr<User> insert_user(sql::Connection& tx, const User& user, std::string_view password_hash);
// The user with their grants.
StatusOr<std::optional<Account>> find_account(sql::Connection& connection, std::string_view name);
// By name.
StatusOr<std::vector<User>> load_users(sql::Connection& connection);
Status update_password(sql::Connection& tx, std::int64_t user, std::string_view password_hash);
Status update_admin(sql::Connection& tx, std::int64_t user, bool admin);
// With their grants and tokens.
Status delete_user(sql::Connection& tx, std::int64_t user);
StatusOr<std::int64_t> count_users(sql::Connection& connection, bool only_admins);

StatusOr<std::optional<Grant>> find_grant(sql::Connection& connection, std::int64_t user, std::string_view type,
                                          std::string_view pattern);
// Adds or replaces.
Status put_grant(sql::Connection& tx, std::int64_t user, const Grant& grant);
StatusOr<bool> delete_grant(sql::Connection& tx, std::int64_t user, std::string_view type, std::string_view pattern);
Status delete_grants_on(sql::Connection& tx, std::string_view type, std::string_view pattern);
Status move_grants(sql::Connection& tx, std::string_view type, std::string_view from, std::string_view to);
// Whether anybody has MANAGE on exactly that.
StatusOr<bool> has_owner(sql::Connection& connection, std::string_view type, std::string_view pattern);

StatusOr<std::int64_t> insert_token(sql::Connection& tx, std::int64_t user, const Token& token, std::string_view hash);
StatusOr<std::vector<Token>> load_tokens(sql::Connection& connection, std::int64_t user);
StatusOr<bool> delete_token(sql::Connection& tx, std::int64_t user, std::int64_t token);
// The owner's name of a token that has not expired.
StatusOr<std::optional<std::string>> token_owner(sql::Connection& connection, std::string_view hash,
                                                 std::int64_t now_ms);

}  // namespace treadle::auth

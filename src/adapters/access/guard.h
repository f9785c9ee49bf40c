// The one check before every route of every adapter: who is asking (domains/auth), what the route needs (rules.h), what
// the request names (fields.h, resources.h), and what of the answer may be seen (visible.h).
//
//   access::Guard guard(auth, tracking, traces, datasets, registry, serving);
//   guard.protect(router);              // after all routes were added
//   options.admit = guard.admission();  // refuses who sends no credentials before their body is read
#pragma once

#include "adapters/access/fields.h"
#include "adapters/access/resources.h"
#include "adapters/access/rules.h"
#include "adapters/access/visible.h"
#include "base/sealed.h"
#include "domains/auth/service.h"

namespace treadle::access {

class Guard {
 public:
  // `sealer`: for the page tokens of those who do not read everything.
  Guard(auth::Service& auth, tracking::Service& tracking, traces::Service& traces, evaluation::Datasets& datasets,
        registry::Service& registry, serving::Service& serving, const Sealer& sealer)
      : auth_(auth), resources_(tracking, traces, datasets, registry, serving), sealer_(sealer) {}

  // Also adds GET /api/v1/access/routes, the table of routes and what each needs.
  void protect(net::Router& router);
  std::function<std::optional<net::Response>(const net::Request&, const net::Router::Route*)> admission() const;
  // For protocols without routes: whether the sender of these credentials has `level` on what `value` names; with ""
  // whether they are anybody at all.
  Status check(std::string_view authorization, std::string_view address, Of of, const std::string& value,
               auth::Permission level);

 private:
  net::Response answer(const Rule& rule, const net::Handler& handler, net::Request& request);
  // In the form that the clients of that path read. 401 also asks browsers for a password; 429 says when to come back.
  net::Response refusal(std::string_view path, const Status& status) const;
  // `fresh`: what the route makes did not exist before.
  Status check(const Rule& rule, const auth::Account& who, Fields& fields, bool& fresh);
  // As check(), and keeps others from making something until the request was answered when it may make something
  // itself: what was not there must not have become another one's before the handler looks.
  Status admit(const Rule& rule, const auth::Account& who, Fields& fields, bool& fresh,
               std::unique_lock<std::mutex>& making);
  bool names_something_new(const Rule& rule, Fields& fields);
  Status check_need(const Need& need, const auth::Account& who, Fields& fields, bool& fresh);
  Status check_target(Of of, const std::string& value, const auth::Account& who, auth::Permission level, bool& fresh);
  bool allows(const auth::Account& who, const Target& target, auth::Permission level) const;
  bool reads_all(const auth::Account& who) const;
  bool may_read(const auth::Account& who, Of of, const std::string& value);
  // Ends a stream when its reader loses the right to it.
  void watch(const Rule& rule, const net::Request& request, net::Response& response);
  void hide(const Rule& rule, const auth::Identity& who, net::Response& response);
  Status settle(Then then, const std::string& user, Fields& fields, const net::Response& response);

  auth::Service& auth_;
  Resources resources_;
  const Sealer sealer_;
  std::mutex making_;  // held by who makes experiments, models or deployments
  std::function<net::Response(std::string_view path, const Status& status)> write_error_;
};

}  // namespace treadle::access

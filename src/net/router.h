// Which handler answers which request.
//
//   router.add(Method::kGet, "/api/v1/runs/{run_id}", [&](Request& request) { … return Response::json(run); });
//   router.add(Method::kPut, "/files/{path...}", handler, {.stream_body = true, .max_body = 10_GiB});
//
// Patterns: literal segments win over `{name}`, which wins over the trailing `{name...}`; KFP-like verbs are written as
// part of the segment ("/runs/{id}:retry"). A known path with another method answers 405 with Allow. Built once before
// the server starts, then read by all threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace treadle::net {

// May throw nothing; errors become responses by the adapter's own error table. Runs on a worker thread, or on the I/O
// thread when the route says kInline (then it must not block).
using Handler = std::function<Response(Request&)>;

enum class Execution { kWorker, kInline };

struct RouteOptions {
  Execution execution = Execution::kWorker;
  std::uint64_t max_body = 1u << 20;          // bytes after decompression; more answers 413
  bool stream_body = false;                   // hand over Request::stream instead of Request::body; implies a worker
  std::chrono::milliseconds timeout{30'000};  // for reading the body, per read when it streams
  // A plain body of fewer bytes is handled on the I/O thread, which saves two thread switches: for handlers that never
  // block and whose work is in proportion to their body.
  std::size_t inline_below = 0;
};

class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  // Two handlers for one method and pattern are a programming error: aborts.
  void add(Method method, std::string_view pattern, Handler handler, RouteOptions options = {});
  // For paths that nothing matches (the embedded UI, or a protocol's own 404). The longest matching prefix wins.
  void add_fallback(std::string_view prefix, Handler handler);

  // How errors below `prefix` are written that no handler sees: a refused path, a wrong method, a body that is too
  // large. The status stays the server's own. The longest matching prefix wins; without one it is error_response().
  using ErrorForm = std::function<Response(const Status&)>;
  void add_error_form(std::string_view prefix, ErrorForm form);
  Response error(std::string_view path, const Status& status) const;
  // error() of the forms there are now, for who outlives the router's being moved.
  std::function<Response(std::string_view path, const Status& status)> error_writer() const;

  struct Route {
    Method method;
    std::string pattern;
    Handler handler;
    RouteOptions options;
    std::vector<std::string> param_names;  // of the pattern, in order
    bool fallback = false;                 // of any method; the pattern is a prefix
  };
  struct Match {
    const Route* route = nullptr;  // null: see `allowed`
    std::vector<std::pair<std::string, std::string>> params;
    std::vector<Method> allowed;  // methods the path knows when `route` is null; empty means 404
  };
  // `path` is still percent-encoded, so that an encoded slash stays inside its segment; params come out decoded.
  Match match(Method method, std::string_view path) const;
  // Every route in the order added; the API's documentation and metrics use it.
  std::vector<const Route*> routes() const;
  // Puts a guard before every handler, also of fallbacks: `wrap` gets each route with its handler and returns what is
  // called instead. Guarded handlers always run on a worker, because a guard may block. Call it last, once.
  void guard(const std::function<Handler(const Route&, Handler)>& wrap);

 private:
  struct Node;
  std::unique_ptr<Node> root_;
  std::vector<std::unique_ptr<Route>> routes_;
  std::vector<std::pair<std::string, std::unique_ptr<Route>>> fallbacks_;
  std::vector<std::pair<std::string, ErrorForm>> error_forms_;  // longest prefix first
};

}  // namespace treadle::net

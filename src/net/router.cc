#include "net/router.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/log.h"
#include "base/strings.h"

namespace treadle::net {

// A tree of segments. Parameter children are kept longest suffix first, so that "{id}:retry" is tried before "{id}".
struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> params;  // by what follows the '}'
  std::map<Method, const Route*> routes;                              // that end here
  std::map<Method, const Route*> rest_routes;                         // that take everything from here

  // The routes of the best match below this node; null when none. `found` holds the parameters' values then.
  const std::map<Method, const Route*>* find(const std::vector<std::string_view>& segments, std::size_t at,
                                             std::vector<std::string>& found) const {
    if (at == segments.size() && !routes.empty()) return &routes;
    if (at < segments.size()) {
      if (const auto it = literals.find(segments[at]); it != literals.end()) {
        if (const auto* match = it->second->find(segments, at + 1, found)) return match;
      }
      for (const auto& [suffix, child] : params) {
        std::string_view value = segments[at];
        if (!value.ends_with(suffix) || value.size() == suffix.size()) continue;
        value.remove_suffix(suffix.size());
        found.push_back(percent_decode(value));
        if (const auto* match = child->find(segments, at + 1, found)) return match;
        found.pop_back();
      }
    }
    if (rest_routes.empty()) return nullptr;
    std::string rest;
    for (std::size_t i = at; i < segments.size(); ++i)
      str_append(&rest, i == at ? "" : "/", percent_decode(segments[i]));
    found.push_back(std::move(rest));
    return &rest_routes;
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Method method, std::string_view pattern, Handler handler, RouteOptions options) {
  routes_.push_back(std::make_unique<Route>(Route{method, std::string(pattern), std::move(handler), options, {}}));
  const Route* route = routes_.back().get();
  Node* node = root_.get();
  std::map<Method, const Route*>* place = nullptr;
  std::vector<std::string> names;
  for (const std::string_view segment : split(pattern.substr(1), '/')) {
    if (segment.ends_with("...}")) {
      names.emplace_back(segment.substr(1, segment.size() - 5));
      place = &node->rest_routes;
      break;
    }
    if (!segment.starts_with('{')) {
      auto& child = node->literals[std::string(segment)];
      if (!child) child = std::make_unique<Node>();
      node = child.get();
      continue;
    }
    const std::size_t close = segment.find('}');
    names.emplace_back(segment.substr(1, close - 1));
    const std::string suffix(segment.substr(close + 1));
    const auto same = std::find_if(node->params.begin(), node->params.end(),
                                   [&](const auto& existing) { return existing.first == suffix; });
    if (same != node->params.end()) {
      node = same->second.get();
      continue;
    }
    const auto before = std::find_if(node->params.begin(), node->params.end(),
                                     [&](const auto& existing) { return existing.first.size() < suffix.size(); });
    node = node->params.insert(before, {suffix, std::make_unique<Node>()})->second.get();
  }
  routes_.back()->param_names = std::move(names);
  if (place == nullptr) place = &node->routes;
  if (!place->emplace(method, route).second) {
    log_error("two handlers for one route", {{"method", to_string(method)}, {"pattern", pattern}});
    std::abort();
  }
}

namespace {

template <typename Entries>
void longest_first(Entries& entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

}  // namespace

void Router::add_fallback(std::string_view prefix, Handler handler) {
  auto route = std::make_unique<Route>(Route{Method::kGet, std::string(prefix), std::move(handler), {}, {}, true});
  fallbacks_.emplace_back(prefix, std::move(route));
  longest_first(fallbacks_);
}

void Router::add_error_form(std::string_view prefix, ErrorForm form) {
  error_forms_.emplace_back(prefix, std::move(form));
  longest_first(error_forms_);
}

namespace {

Response write_error(const std::vector<std::pair<std::string, Router::ErrorForm>>& forms, std::string_view path,
                     const Status& status) {
  Response plain = error_response(status);
  for (const auto& [prefix, form] : forms) {
    if (!path.starts_with(prefix)) continue;
    Response formed = form(status);
    formed.status = plain.status;
    return formed;
  }
  return plain;
}

}  // namespace

Response Router::error(std::string_view path, const Status& status) const {
  return write_error(error_forms_, path, status);
}

std::function<Response(std::string_view, const Status&)> Router::error_writer() const {
  return
      [forms = error_forms_](std::string_view path, const Status& status) { return write_error(forms, path, status); };
}

Router::Match Router::match(Method method, std::string_view path) const {
  Match match;
  if (path.starts_with('/')) path.remove_prefix(1);
  const auto segments = split(path, '/');
  std::vector<std::string> values;
  const auto* routes = root_->find(segments, 0, values);
  if (routes != nullptr) {
    auto it = routes->find(method);
    if (it == routes->end() && method == Method::kHead) it = routes->find(Method::kGet);
    if (it != routes->end()) {
      match.route = it->second;
      for (std::size_t i = 0; i < values.size(); ++i) {
        match.params.emplace_back(match.route->param_names[i], std::move(values[i]));
      }
      return match;
    }
    for (const auto& [known, route] : *routes) match.allowed.push_back(known);
    return match;
  }
  const std::string whole = str_cat("/", path);
  for (const auto& [prefix, route] : fallbacks_) {
    if (whole.starts_with(prefix)) {
      match.route = route.get();
      return match;
    }
  }
  return match;
}

std::vector<const Router::Route*> Router::routes() const {
  std::vector<const Route*> routes;
  routes.reserve(routes_.size());
  for (const auto& route : routes_) routes.push_back(route.get());
  return routes;
}

void Router::guard(const std::function<Handler(const Route&, Handler)>& wrap) {
  const auto put_before = [&](Route& route) {
    route.handler = wrap(route, std::move(route.handler));
    route.options.execution = Execution::kWorker;
    route.options.inline_below = 0;
  };
  for (const auto& route : routes_) put_before(*route);
  for (const auto& [prefix, route] : fallbacks_) put_before(*route);
}

}  // namespace treadle::net

#include "net/router.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/log.h"
#include "base/strings.h"

namespace treadle::net {
namespace {

// One way to match a segment that has a parameter: "{id}" or "{id}:retry".
struct ParamPattern {
  std::string name;
  std::string suffix;
};

ParamPattern parse_param(std::string_view segment) {
  const std::size_t close = segment.find('}');
  return {std::string(segment.substr(1, close - 1)), std::string(segment.substr(close + 1))};
}

}  // namespace

// A tree of segments. Parameter children are kept longest suffix first, so that "{id}:retry" is tried before "{id}".
struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::vector<std::pair<ParamPattern, std::unique_ptr<Node>>> params;
  std::map<Method, const Route*> routes;       // that end here
  std::string rest_name;                       // of "{name...}"
  std::map<Method, const Route*> rest_routes;  // that take everything from here

  using Params = std::vector<std::pair<std::string, std::string>>;

  // The routes of the best match below this node; null when none. `params` holds its parameters then.
  const std::map<Method, const Route*>* find(const std::vector<std::string_view>& segments, std::size_t at,
                                             Params& found) const {
    if (at == segments.size() && !routes.empty()) return &routes;
    if (at < segments.size()) {
      if (const auto it = literals.find(segments[at]); it != literals.end()) {
        if (const auto* match = it->second->find(segments, at + 1, found)) return match;
      }
      for (const auto& [pattern, child] : params) {
        std::string_view value = segments[at];
        if (!value.ends_with(pattern.suffix) || value.size() == pattern.suffix.size()) continue;
        value.remove_suffix(pattern.suffix.size());
        found.emplace_back(pattern.name, percent_decode(value));
        if (const auto* match = child->find(segments, at + 1, found)) return match;
        found.pop_back();
      }
    }
    if (rest_routes.empty()) return nullptr;
    std::string rest;
    for (std::size_t i = at; i < segments.size(); ++i)
      str_append(&rest, i == at ? "" : "/", percent_decode(segments[i]));
    found.emplace_back(rest_name, std::move(rest));
    return &rest_routes;
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Method method, std::string_view pattern, Handler handler, RouteOptions options) {
  routes_.push_back(std::make_unique<Route>(Route{method, std::string(pattern), std::move(handler), options}));
  const Route* route = routes_.back().get();
  Node* node = root_.get();
  std::map<Method, const Route*>* place = nullptr;
  for (const std::string_view segment : split(pattern.substr(1), '/')) {
    if (segment.ends_with("...}")) {
      node->rest_name = std::string(segment.substr(1, segment.size() - 5));
      place = &node->rest_routes;
      break;
    }
    if (!segment.starts_with('{')) {
      auto& child = node->literals[std::string(segment)];
      if (!child) child = std::make_unique<Node>();
      node = child.get();
      continue;
    }
    const ParamPattern param = parse_param(segment);
    const auto same = std::find_if(node->params.begin(), node->params.end(), [&](const auto& existing) {
      return existing.first.suffix == param.suffix && existing.first.name == param.name;
    });
    if (same != node->params.end()) {
      node = same->second.get();
      continue;
    }
    const auto before = std::find_if(node->params.begin(), node->params.end(), [&](const auto& existing) {
      return existing.first.suffix.size() < param.suffix.size();
    });
    node = node->params.insert(before, {param, std::make_unique<Node>()})->second.get();
  }
  if (place == nullptr) place = &node->routes;
  if (!place->emplace(method, route).second) {
    log_error("two handlers for one route", {{"method", to_string(method)}, {"pattern", pattern}});
    std::abort();
  }
}

void Router::add_fallback(std::string_view prefix, Handler handler) {
  auto route = std::make_unique<Route>(Route{Method::kGet, std::string(prefix), std::move(handler), {}});
  fallbacks_.emplace_back(prefix, std::move(route));
  std::stable_sort(fallbacks_.begin(), fallbacks_.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

Router::Match Router::match(Method method, std::string_view path) const {
  Match match;
  if (path.starts_with('/')) path.remove_prefix(1);
  const auto segments = split(path, '/');
  const auto* routes = root_->find(segments, 0, match.params);
  if (routes != nullptr) {
    auto it = routes->find(method);
    if (it == routes->end() && method == Method::kHead) it = routes->find(Method::kGet);
    if (it != routes->end()) {
      match.route = it->second;
      return match;
    }
    for (const auto& [known, route] : *routes) match.allowed.push_back(known);
    return match;
  }
  match.params.clear();
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
  for (const auto& route : routes_) routes.push_back(route.get());
  return routes;
}

}  // namespace treadle::net

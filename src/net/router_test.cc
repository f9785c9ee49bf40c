#include "net/router.h"

#include <gtest/gtest.h>

namespace treadle::net {
namespace {

Response nothing(Request&) { return {}; }

TEST(Router, OnePathMayNameItsParametersDifferentlyPerMethod) {
  Router router;
  router.add(Method::kGet, "/runs/{id}", nothing);
  router.add(Method::kDelete, "/runs/{run_id}", nothing);
  router.add(Method::kGet, "/runs/{run}/logs", nothing);
  using Params = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(router.match(Method::kGet, "/runs/1").params, (Params{{"id", "1"}}));
  EXPECT_EQ(router.match(Method::kDelete, "/runs/1").params, (Params{{"run_id", "1"}}));
  EXPECT_EQ(router.match(Method::kGet, "/runs/1/logs").params, (Params{{"run", "1"}}));
  EXPECT_EQ(router.match(Method::kPut, "/runs/1").allowed, (std::vector<Method>{Method::kGet, Method::kDelete}));
}

TEST(Router, LiteralsWinOverParametersAndParametersOverTheRest) {
  Router router;
  router.add(Method::kGet, "/a/{x}/c", nothing);
  router.add(Method::kGet, "/a/b", nothing);
  router.add(Method::kGet, "/a/{rest...}", nothing);
  router.add(Method::kGet, "/a/{x}:go", nothing);
  EXPECT_EQ(router.match(Method::kGet, "/a/b").route->pattern, "/a/b");
  EXPECT_EQ(router.match(Method::kGet, "/a/b/c").route->pattern, "/a/{x}/c");
  EXPECT_EQ(router.match(Method::kGet, "/a/b/d").params.at(0).second, "b/d");
  EXPECT_EQ(router.match(Method::kGet, "/a/z:go").params.at(0).second, "z");
  EXPECT_EQ(router.match(Method::kGet, "/b").route, nullptr);
}

TEST(Router, AGuardStandsBeforeEveryRouteAndFallback) {
  Router router;
  router.add(Method::kGet, "/a", nothing, {.execution = Execution::kInline, .inline_below = 100});
  router.add_fallback("/", nothing);
  int fallbacks = 0;
  router.guard([&](const Router::Route& route, Handler handler) -> Handler {
    fallbacks += static_cast<int>(route.fallback);
    return [handler = std::move(handler)](Request& request) {
      return request.user.empty() ? Response::text(401, "") : handler(request);
    };
  });
  EXPECT_EQ(fallbacks, 1);
  for (const char* path : {"/a", "/anything"}) {
    const Router::Route* route = router.match(Method::kGet, path).route;
    Request request;
    EXPECT_EQ(route->handler(request).status, 401) << path;
    request.user = "ada";
    EXPECT_EQ(route->handler(request).status, 200) << path;
    // A guard may block, so no handler stays on the I/O thread.
    EXPECT_EQ(route->options.execution, Execution::kWorker);
    EXPECT_EQ(route->options.inline_below, 0u);
  }
}

TEST(RouterDeathTest, TwoHandlersForOneRouteAbortWhateverTheirParametersAreCalled) {
  Router router;
  router.add(Method::kGet, "/runs/{id}", nothing);
  EXPECT_DEATH(router.add(Method::kGet, "/runs/{run_id}", nothing), "two handlers");
}

}  // namespace
}  // namespace treadle::net

// What bench/http/run measures: the smallest answers through each way a request can take, and a large file.
//   http_bench_server FILE   prints its port, serves until standard input ends
#include "net/server.h"

#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
  using namespace treadle::net;
  if (argc != 2) {
    std::fputs("usage: http_bench_server FILE\n", stderr);
    return 2;
  }
  const std::string file = argv[1];
  Router router;
  router.add(Method::kGet, "/inline", [](Request&) { return Response::text(200, "hello\n"); },
             {.execution = Execution::kInline});
  router.add(Method::kGet, "/worker", [](Request&) { return Response::text(200, "hello\n"); });
  router.add(Method::kGet, "/file", [&](Request&) { return Response::file(file, "application/octet-stream"); });
  router.add(Method::kPut, "/upload",
             [](Request& request) {
               std::string buffer(1u << 18, '\0');
               while (true) {
                 const auto count = request.stream->read(buffer.data(), buffer.size());
                 if (!count.ok()) return error_response(count.status());
                 if (*count == 0) return Response::text(200, "stored\n");
               }
             },
             {.max_body = 16ull << 30, .stream_body = true});
  auto server = Server::start({}, std::move(router));
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().to_string().c_str());
    return 1;
  }
  std::printf("%u\n", static_cast<unsigned>((*server)->port()));
  std::fflush(stdout);
  while (std::cin.get() != EOF) {
  }
  (*server)->stop(std::chrono::seconds(1));
}

// The server as its clients see it, over real sockets.
#include "net/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/files.h"
#include "net/client.h"
#include "net/compress.h"

namespace treadle::net {
namespace {

using namespace std::chrono_literals;

class TwoEvents final : public StreamSource {
 public:
  State poll(std::string& out, const std::function<void()>& wake) override {
    if (sent_ == 2) return State::kEnd;
    if (waited_++ % 2 == 0) {
      waker_ = std::jthread([wake] { wake(); });
      return State::kWait;
    }
    out = str_cat("id: ", sent_, "\ndata: {\"n\":", sent_, "}\n\n");
    ++sent_;
    return State::kData;
  }

 private:
  int sent_ = 0, waited_ = 0;
  std::jthread waker_;
};

class HttpServer : public testing::Test {
 protected:
  void SetUp() override {
    Router router;
    router.add(Method::kGet, "/hello/{name}",
               [](Request& r) { return Response::text(200, str_cat("hello ", r.param("name"))); });
    router.add(Method::kGet, "/inline", [](Request&) { return Response::text(200, "quick"); },
               {.execution = Execution::kInline});
    router.add(Method::kPost, "/echo", [](Request& r) { return Response::text(200, r.body); }, {.max_body = 100'000});
    router.add(Method::kPost, "/runs/{id}:retry",
               [](Request& r) { return Response::text(200, str_cat("retry ", r.param("id"))); });
    router.add(Method::kGet, "/runs/{id}", [](Request& r) { return Response::text(200, std::string(r.param("id"))); });
    router.add(Method::kGet, "/big", [](Request&) { return Response::json({{"x", std::string(100'000, 'a')}}); });
    router.add(Method::kGet, "/throw", [](Request&) -> Response { throw std::runtime_error("secret"); });
    router.add(Method::kGet, "/slow", [this](Request&) {
      ++running_;
      while (!release_) std::this_thread::sleep_for(1ms);
      return Response::text(200, "done");
    });
    router.add(Method::kGet, "/file", [this](Request&) { return Response::file(dir_->path() / "file", "text/plain"); });
    router.add(Method::kGet, "/part", [this](Request&) {
      Response response = Response::file(dir_->path() / "file", "text/plain");
      std::get<FileBody>(response.body).offset = 2'999'999;
      return response;
    });
    router.add(Method::kGet, "/empty",
               [this](Request&) { return Response::file(dir_->path() / "empty", "text/plain"); });
    router.add(Method::kGet, "/events", [](Request&) { return Response::events(std::make_unique<TwoEvents>()); });
    router.add(Method::kPut, "/upload/{path...}",
               [](Request& r) {
                 std::string buffer(10'000, '\0');
                 std::size_t total = 0;
                 while (true) {
                   const auto count = r.stream->read(buffer.data(), buffer.size());
                   if (!count.ok()) return error_response(count.status());
                   if (*count == 0) return Response::text(200, str_cat(r.param("path"), " ", total));
                   total += *count;
                 }
               },
               {.max_body = 100u << 20, .stream_body = true, .timeout = 500ms});
    router.add(Method::kPut, "/refuse", [](Request&) { return error_response(invalid("no")); },
               {.max_body = 100u << 20, .stream_body = true});
    ASSERT_TRUE(write_file_atomic(dir_->path() / "file", std::string(3'000'000, 'x') + "end").ok());
    ASSERT_TRUE(write_file_atomic(dir_->path() / "empty", "").ok());
    ServerOptions options;
    options.worker_threads = 2;
    options.worker_queue = 2;
    options.header_timeout = 300ms;
    options.on_access = [this](const ServerOptions::Access& access) {
      ++accesses_;
      EXPECT_GE(access.duration_ns, 0);
    };
    auto started = Server::start(std::move(options), std::move(router));
    ASSERT_TRUE(started.ok()) << started.status().to_string();
    server_ = std::move(*started);
  }

  std::string url() const { return str_cat("http://127.0.0.1:", server_->port()); }
  ClientResponse get(std::string_view target, const Headers& headers = {}) {
    auto client = Client::create(url());
    auto response = client->request(Method::kGet, target, {}, headers);
    EXPECT_TRUE(response.ok()) << response.status().to_string();
    return response.ok() ? *response : ClientResponse{};
  }
  int connect_raw() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  // Everything the server says until it closes.
  std::string raw(std::string_view text) const {
    const FileDescriptor fd(connect_raw());
    EXPECT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    std::string all;
    char buffer[4096];
    ssize_t count = 0;
    while ((count = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0)
      all.append(buffer, static_cast<std::size_t>(count));
    return all;
  }

  StatusOr<TempDir> dir_ = TempDir::create();
  std::atomic<bool> release_ = false;
  std::atomic<int> running_ = 0;  // handlers of /slow that have begun
  std::atomic<int> accesses_ = 0;
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, RoutesDecodesAndKeepsTheConnection) {
  auto client = Client::create(url());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client->request(Method::kGet, "/hello/a%2Fb%20c")->body, "hello a/b c");
  EXPECT_EQ(server_->open_connections(), 1u);
  EXPECT_EQ(client->request(Method::kPost, "/runs/42:retry")->body, "retry 42");
  EXPECT_EQ(client->request(Method::kGet, "/runs/42")->body, "42");
  EXPECT_EQ(client->request(Method::kGet, "/inline")->body, "quick");
  EXPECT_FALSE(client->request(Method::kGet, "/inline")->headers.get("X-Request-Id").empty());
}

TEST_F(HttpServer, UnknownPathsAndMethodsAreSaid) {
  EXPECT_EQ(get("/nowhere").status, 404);
  auto client = Client::create(url());
  const auto wrong = client->request(Method::kDelete, "/echo");
  EXPECT_EQ(wrong->status, 405);
  EXPECT_EQ(wrong->headers.get("Allow"), "POST");
  EXPECT_EQ(get("/hello/..%2F..%2Fetc").status, 400);
  EXPECT_EQ(get("/a/../b").status, 400);
  EXPECT_EQ(get("/hello/x%00").status, 400);
}

TEST_F(HttpServer, BodiesHaveALimitHoweverTheyCome) {
  auto client = Client::create(url());
  EXPECT_EQ(client->request(Method::kPost, "/echo", std::string(100'000, 'x'))->body.size(), 100'000u);
  EXPECT_EQ(client->request(Method::kPost, "/echo", std::string(100'001, 'x'))->status, 413);
  Headers packed;
  packed.set("Content-Encoding", "gzip");
  EXPECT_EQ(client->request(Method::kPost, "/echo", *gzip("small", 6), packed)->body, "small");
  EXPECT_EQ(client->request(Method::kPost, "/echo", *gzip(std::string(10'000'000, 'x'), 6), packed)->status, 413);
  EXPECT_EQ(client->request(Method::kPost, "/echo", "not gzip", packed)->status, 400);
  packed.set("Content-Encoding", "br");
  EXPECT_EQ(client->request(Method::kPost, "/echo", "x", packed)->status, 415);
  const std::string chunked =
      raw("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: "
          "close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_NE(chunked.find("\r\n\r\nabcde"), std::string::npos) << chunked;
}

TEST_F(HttpServer, AnswersAreCompressedWhenAskedFor) {
  Headers headers;
  headers.set("Accept-Encoding", "gzip");
  const auto packed = get("/big", headers);
  EXPECT_EQ(packed.headers.get("Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size(), 2000u);
  EXPECT_EQ(*decode_body("gzip", packed.body, 1 << 20), get("/big").body);
}

TEST_F(HttpServer, MalformedRequestsAreAnsweredAndClosed) {
  EXPECT_NE(raw("NONSENSE\r\n\r\n").find("400"), std::string::npos);
  EXPECT_NE(raw("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n").find("431"), std::string::npos);
  EXPECT_NE(raw("BREW / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").find("501"), std::string::npos);
  EXPECT_EQ(get("/inline").status, 200);
}

TEST_F(HttpServer, ASlowHeaderIsCutOff) {
  const FileDescriptor fd(connect_raw());
  ASSERT_EQ(::send(fd.get(), "GET / HT", 8, MSG_NOSIGNAL), 8);
  char byte = 0;
  EXPECT_LE(::recv(fd.get(), &byte, 1, 0), 0);  // closed by the server's header timeout
}

TEST_F(HttpServer, UploadsStreamAndASlowOneEnds) {
  auto client = Client::create(url());
  EXPECT_EQ(client->request(Method::kPut, "/upload/a/b", std::string(20u << 20, 'x'))->body,
            str_cat("a/b ", 20u << 20));
  EXPECT_EQ(client->request(Method::kPut, "/refuse", std::string(20u << 20, 'x'))->status, 400);
  raw("PUT /upload/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");  // never finishes; must be cut
  EXPECT_EQ(get("/inline").status, 200);
}

TEST_F(HttpServer, FilesAndRanges) {
  EXPECT_EQ(get("/file").body.size(), 3'000'003u);
  Headers range;
  range.set("Range", "bytes=3000000-");
  const auto part = get("/file", range);
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "end");
  EXPECT_EQ(part.headers.get("Content-Range"), "bytes 3000000-3000002/3000003");
  range.set("Range", "bytes=-3");
  EXPECT_EQ(get("/file", range).body, "end");
  range.set("Range", "bytes=9999999-");
  EXPECT_EQ(get("/file", range).status, 416);
}

TEST_F(HttpServer, APartOfAFileShowsNothingOutsideIt) {
  EXPECT_EQ(get("/part").body, "xend");
  Headers range;
  range.set("Range", "bytes=0-0");
  EXPECT_EQ(get("/part", range).body, "x");
  range.set("Range", "bytes=1-99");
  const auto part = get("/part", range);
  EXPECT_EQ(part.body, "end");
  EXPECT_EQ(part.headers.get("Content-Range"), "bytes 1-3/4");
  range.set("Range", "bytes=-5");
  const auto nothing = get("/empty", range);
  EXPECT_EQ(nothing.status, 416);
  EXPECT_EQ(nothing.headers.get("Content-Range"), "bytes */0");
  EXPECT_EQ(get("/empty").status, 200);
}

TEST_F(HttpServer, AHeadAnswerIsTheGetAnswerWithoutItsBody) {
  auto client = Client::create(url());
  for (int i = 0; i < 2; ++i) {
    const auto head = client->request(Method::kHead, "/file");
    ASSERT_TRUE(head.ok()) << head.status().to_string();
    EXPECT_EQ(head->headers.get("Content-Length"), "3000003");
    EXPECT_EQ(head->body, "");
  }
}

TEST_F(HttpServer, ANameWithSeveralAddressesReachesTheOneThatListens) {
  auto client = Client::create(str_cat("http://localhost:", server_->port()));
  const auto answer = client->request(Method::kGet, "/inline");
  ASSERT_TRUE(answer.ok()) << answer.status().to_string();
  EXPECT_EQ(answer->body, "quick");
}

TEST_F(HttpServer, EventsArriveOneByOne) {
  auto client = Client::create(url());
  std::vector<std::string> seen;
  ASSERT_TRUE(client
                  ->events(
                      "/events",
                      [&](const SseEvent& event) {
                        seen.emplace_back(event.data);
                        return true;
                      },
                      5s)
                  .ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"{\"n\":0}", "{\"n\":1}"}));
}

TEST_F(HttpServer, AThrowingHandlerIsAnInternalErrorWithoutItsText) {
  const auto answer = get("/throw");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
}

TEST_F(HttpServer, OverloadIsRefusedAndStoppingDrains) {
  std::atomic<int> fine = 0, refused = 0;
  std::vector<std::jthread> threads;
  const auto ask = [&] {
    auto client = Client::create(url());
    const auto answer = client->request(Method::kGet, "/slow");
    if (answer.ok()) ++(answer->status == 200 ? fine : refused);
  };
  for (int i = 0; i < 2; ++i) threads.emplace_back(ask);
  while (running_ < 2) std::this_thread::sleep_for(1ms);
  for (int i = 0; i < 6; ++i) threads.emplace_back(ask);
  while (fine + refused < 4) std::this_thread::sleep_for(1ms);  // two run, two wait, four are refused
  EXPECT_EQ(refused, 4);
  std::jthread stopper([&] { server_->stop(5s); });
  std::this_thread::sleep_for(20ms);
  release_ = true;
  threads.clear();
  EXPECT_EQ(fine, 4);
}

TEST_F(HttpServer, ForeignPagesMayNotChangeThings) {
  auto client = Client::create(url());
  Headers headers;
  headers.set("Origin", "http://evil.example");
  EXPECT_EQ(client->request(Method::kPost, "/echo", "x", headers)->status, 403);
  headers.set("Origin", url());
  EXPECT_EQ(client->request(Method::kPost, "/echo", "x", headers)->status, 200);
  Headers rebound;
  rebound.set("Host", "evil.example");
  EXPECT_EQ(client->request(Method::kGet, "/inline", {}, rebound)->status, 403);
}

TEST_F(HttpServer, TheSamePortIsRefusedWithAFix) {
  ServerOptions options;
  options.port = server_->port();
  const auto second = Server::start(options, Router());
  EXPECT_EQ(second.status().code(), StatusCode::kAlreadyExists);
  EXPECT_NE(second.status().message().find("--port"), std::string::npos);
}

TEST_F(HttpServer, ManyIdleConnectionsDoNotStopWork) {
  std::vector<FileDescriptor> idle;
  for (int i = 0; i < 500; ++i) idle.emplace_back(connect_raw());
  EXPECT_EQ(get("/inline").status, 200);
}

}  // namespace
}  // namespace treadle::net

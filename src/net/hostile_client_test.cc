// What malformed, slow, greedy and vanishing clients may do to a server: nothing.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "base/strings.h"
#include "net/client.h"
#include "net/server.h"
#include "net/test_http.h"

namespace treadle::net {
namespace {

using namespace std::chrono_literals;

class HostileClient : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(dir_.ok());
    ASSERT_TRUE(write_file_atomic(dir_->path() / "big", std::string(64u << 20, 'x')).ok());
    Router router;
    router.add(Method::kGet, "/ok", [](Request&) { return Response::text(200, "ok"); });
    router.add(Method::kPost, "/echo", [](Request& r) { return Response::text(200, r.body); }, {.timeout = 1s});
    router.add(Method::kGet, "/big", [this](Request&) { return Response::file(dir_->path() / "big", "text/plain"); });
    router.add(Method::kPut, "/upload", [](Request& r) { return swallow(r); },
               {.max_body = 1u << 20, .stream_body = true, .timeout = 30s});
    ServerOptions options;
    options.worker_threads = 2;
    options.header_timeout = 200ms;
    auto started = Server::start(std::move(options), std::move(router));
    ASSERT_TRUE(started.ok()) << started.status().to_string();
    server_ = std::move(*started);
  }

  static Response swallow(Request& request) {
    std::string buffer(65536, '\0');
    while (true) {
      const auto count = request.stream->read(buffer.data(), buffer.size());
      if (!count.ok()) return error_response(count.status());
      if (*count == 0) return Response::text(200, "all of it");
    }
  }

  // All the server says to `text` until it closes.
  std::string answer_to(std::string_view text) const {
    RawClient client(server_->port());
    client.send(text);
    return client.read_all();
  }
  void expect_alive() const {
    auto client = Client::create(str_cat("http://127.0.0.1:", server_->port()));
    const auto response = client->request(Method::kGet, "/ok");
    ASSERT_TRUE(response.ok()) << response.status().to_string();
    EXPECT_EQ(response->body, "ok");
  }
  static std::string status_line(std::string_view answer) { return std::string(answer.substr(0, answer.find("\r\n"))); }

  StatusOr<TempDir> dir_ = TempDir::create();
  std::unique_ptr<Server> server_;
};

TEST_F(HostileClient, RequestsThatTwoReadersCouldReadDifferentlyAreRefused) {
  for (const char* head : {
           "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
           "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
           "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\n",
           "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
           "GET /ok HTTP/1.1\r\nConnection: close\r\n\r\n",
           "GET /ok HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n",
           "GET /ok HTTP/1.1\r\nHost: localhost\r\nX : y\r\nConnection: close\r\n\r\n",
           "GET http://elsewhere/ok HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
           "\x16\x03\x01\x02\r\n\r\n",
       }) {
    const std::string answer = answer_to(head);
    const std::string line = status_line(answer);
    // A broken body may also end the connection without a word.
    EXPECT_TRUE(line.empty() || line.starts_with("HTTP/1.1 4")) << head << " -> " << line;
  }
  expect_alive();
}

TEST_F(HostileClient, PipelinedRequestsAreAnsweredInOrder) {
  const std::string answer = answer_to(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nfirst"
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nsecond"
      "GET /ok HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::size_t first = answer.find("\r\n\r\nfirst"), second = answer.find("\r\n\r\nsecond");
  ASSERT_NE(second, std::string::npos) << answer;
  EXPECT_LT(first, second);
  EXPECT_TRUE(answer.ends_with("ok"));
}

TEST_F(HostileClient, ContinueIsSaidBeforeTheBodyAndNotWhenItWouldBeRefused) {
  RawClient client(server_->port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(client.read_until("100 Continue\r\n\r\n"));
  client.send("hi");
  EXPECT_TRUE(client.read_until("\r\n\r\nhi"));
  const std::string refused =
      answer_to("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(status_line(refused), "HTTP/1.1 413 Payload Too Large");
}

TEST_F(HostileClient, ASlowHeaderIsCutAlthoughBytesKeepComing) {
  const auto start = std::chrono::steady_clock::now();
  RawClient client(server_->port());
  client.send("GET /ok HTTP/1.1\r\n");
  while (client.send("X: y\r\n") && std::chrono::steady_clock::now() - start < 20s) std::this_thread::sleep_for(20ms);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 15s);
  expect_alive();
}

TEST_F(HostileClient, ASlowBodyIsCut) {
  EXPECT_EQ(answer_to("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nab").find("200 OK"),
            std::string::npos);
  expect_alive();
}

TEST_F(HostileClient, AStreamedBodyOverTheLimitIs413WithOrWithoutALength) {
  EXPECT_EQ(status_line(answer_to("PUT /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999\r\n\r\n")),
            "HTTP/1.1 413 Payload Too Large");
  RawClient client(server_->port());
  client.send("PUT /upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = str_cat("10000\r\n", std::string(0x10000, 'x'), "\r\n");
  for (int i = 0; i < 64 && client.send(chunk); ++i) {
  }
  EXPECT_EQ(status_line(client.read_all()), "HTTP/1.1 413 Payload Too Large");
  expect_alive();
}

TEST_F(HostileClient, SlowUploadsDoNotHoldUpOtherRequests) {
  std::vector<RawClient> slow;
  for (int i = 0; i < 20; ++i) {
    slow.emplace_back(server_->port());
    slow.back().send("PUT /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx");
  }
  const auto start = std::chrono::steady_clock::now();
  expect_alive();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 15s);  // an upload may take 30
}

TEST_F(HostileClient, ADownloadBrokenOffHarmsNobody) {
  for (int i = 0; i < 5; ++i) {
    RawClient client(server_->port());
    client.send("GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(client.read_until("\r\n\r\nxxxx"));
  }
  expect_alive();
}

TEST_F(HostileClient, AReaderThatStallsDoesNotHoldUpOthers) {
  RawClient stalled(server_->port());
  stalled.send("GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n");
  for (int i = 0; i < 10; ++i) expect_alive();
}

// A wake-up that somebody keeps may come after the server is gone.
class Forgetful final : public StreamSource {
 public:
  explicit Forgetful(std::function<void()>& kept) : kept_(kept) {}
  State poll(std::string& out, const std::function<void()>& wake) override {
    kept_ = wake;
    if (!std::exchange(greeted_, true)) {
      out = "data: hello\n\n";
      return State::kData;
    }
    return State::kWait;
  }

 private:
  std::function<void()>& kept_;
  bool greeted_ = false;
};

TEST(StreamSource, AWakeAfterTheServerIsGoneDoesNothing) {
  std::function<void()> kept;
  Router router;
  router.add(Method::kGet, "/events", [&](Request&) { return Response::events(std::make_unique<Forgetful>(kept)); });
  auto server = Server::start({}, std::move(router));
  ASSERT_TRUE(server.ok());
  RawClient client((*server)->port());
  client.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(client.read_until("hello"));
  (*server)->stop(1s);
  server->reset();
  kept();
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * 4096;
}

TEST_F(HostileClient, TenThousandIdleConnectionsAreCheap) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  // Both ends live in this process here.
  const std::size_t count = std::min<std::size_t>(10'000, (limit.rlim_cur - 500) / 2);
  const std::size_t before = resident_bytes();
  std::vector<RawClient> idle;
  for (std::size_t i = 0; i < count; ++i) {
    idle.emplace_back(server_->port());
    ASSERT_TRUE(idle.back().connected()) << i << ": " << errno_text();
  }
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (server_->open_connections() < count && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_EQ(server_->open_connections(), count);
  const std::size_t each = (resident_bytes() - before) / count;
  RecordProperty("bytes_per_idle_connection", static_cast<int>(each));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(each, 8192u);
#endif
  expect_alive();
}

}  // namespace
}  // namespace treadle::net

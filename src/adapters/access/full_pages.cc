#include "adapters/access/full_pages.h"

#include <algorithm>
#include <utility>

namespace treadle::access {
namespace {

// After that many further pages without enough to show, a short one is given with the token of the next.
constexpr int kMostPages = 64;
constexpr std::size_t kLeastAsked = 100, kMostAsked = 1000;  // items; every list allows so many, but those of KFP
constexpr std::size_t kMostOfKfp = 200;
constexpr std::string_view kKfp = "/apis/v2beta1/";
constexpr std::string_view kToken = "page_token", kNext = "next_page_token";

std::string_view size_field(std::string_view path) {
  if (path.starts_with("/api/v1/")) return "limit";
  return path.starts_with(kKfp) ? "page_size" : "max_results";
}

// The same request for another page; nullopt when it is of no form that has pages.
std::optional<net::Request> request_for(const net::Request& request, const std::string& token, std::size_t size) {
  net::Request other = request;
  const std::string_view size_name = size_field(request.path);
  if (request.method != net::Method::kGet) {
    auto body = parse_json_object(request.body);
    if (!body.ok()) return std::nullopt;
    (*body)[std::string(kToken)] = token;
    (*body)[std::string(size_name)] = size;
    other.body = to_text(*body);
    return other;
  }
  std::string text = str_cat(kToken, "=", net::percent_encode(token), "&", size_name, "=", size);
  for (const auto& [name, value] : request.query.pairs()) {
    if (name != kToken && name != size_name)
      str_append(&text, "&", net::percent_encode(name), "=", net::percent_encode(value));
  }
  other.query = net::Query::parse(text);
  return other;
}

// The query with another page token.
net::Query with_token(const net::Query& query, const std::string& token) {
  std::string text = str_cat(kToken, "=", net::percent_encode(token));
  for (const auto& [name, value] : query.pairs()) {
    if (name != kToken) str_append(&text, "&", net::percent_encode(name), "=", net::percent_encode(value));
  }
  return net::Query::parse(text);
}

StatusOr<std::string> opened(const Sealer& sealer, std::string_view owner, const std::string& token) {
  auto plain = sealer.open(token, owner);
  if (plain.ok()) return plain;
  return Status(StatusCode::kInvalidArgument,
                "Invalid value for parameter 'page_token' supplied: it is not one that this server gave out to you.",
                std::string(kToken));
}

struct Page {
  Json items = Json::array();
  std::string next;
};

// Nothing of what is no page: a refusal, a file.
std::optional<Json> read_answer(const net::Response& response) {
  const auto* text = std::get_if<std::string>(&response.body);
  if (text == nullptr || response.status != 200) return std::nullopt;
  auto answer = parse_json_object(*text);
  if (!answer.ok()) return std::nullopt;
  return std::move(*answer);
}

Page take_page(Json& answer, std::string_view list) {
  Page page;
  const auto items = answer.find(list), next = answer.find(kNext);
  if (items != answer.end() && items->is_array()) page.items = std::exchange(*items, Json::array());
  if (next != answer.end() && next->is_string()) page.next = next->get<std::string>();
  return page;
}

class Filler {
 public:
  Filler(const Keep& keep, const MayRead& may_read, const net::Handler& handler, const net::Request& request)
      : keep_(keep), may_read_(may_read), handler_(handler), request_(request) {}

  Page fill(Page first) {
    const std::size_t limit = first.items.size();  // when another page follows, this one was full
    Page full{Json::array(), first.next};
    show(std::move(first.items), limit, full);
    if (limit == 0) return full;
    std::size_t size = limit;
    for (int asked = 0; asked < kMostPages && full.items.size() < limit && !full.next.empty(); ++asked) {
      size = std::clamp(size * 2, kLeastAsked, request_.path.starts_with(kKfp) ? kMostOfKfp : kMostAsked);
      if (!append(size, limit, full)) break;
    }
    return full;
  }

 private:
  std::optional<Page> ask(const std::string& token, std::size_t size) {
    auto request = request_for(request_, token, size);
    if (!request) return std::nullopt;
    auto answer = read_answer(handler_(*request));
    if (!answer) return std::nullopt;
    return take_page(*answer, keep_.list);
  }

  // Adds what may be seen, up to `limit`; how many items of the list that took, which is all of them unless it is full.
  std::size_t show(Json items, std::size_t limit, Page& full) {
    std::size_t used = 0;
    for (Json& item : items) {
      if (full.items.size() == limit) break;
      ++used;
      if (is_visible(keep_, may_read_, item)) full.items.push_back(std::move(item));
    }
    return used;
  }

  bool append(std::size_t size, std::size_t limit, Page& full) {
    auto page = ask(full.next, size);
    if (!page) return false;
    const Page before = full;
    const std::size_t there = page->items.size(), used = show(std::move(page->items), limit, full);
    if (used == there) {
      full.next = page->next;
      return true;
    }
    // More came than fits. Only the handler can say where the page after the last one shown begins.
    full = before;
    page = ask(full.next, used);
    if (!page) return false;
    show(std::move(page->items), limit, full);
    full.next = page->next;
    return true;
  }

  const Keep& keep_;
  const MayRead& may_read_;
  const net::Handler& handler_;
  const net::Request& request_;
};

// What there is in all counts what stays hidden too: it is told only where the answer holds everything.
void correct_total(Json& answer, bool whole, std::size_t items) {
  for (const char* field : {"total", "total_size"}) {
    if (!answer.contains(field)) continue;
    if (whole)
      answer[field] = items;
    else
      answer.erase(field);
  }
}

}  // namespace

bool narrow(const Keep& keep, const MayRead& may_read, net::Request& request) {
  if (keep.asked.empty()) return true;
  auto body = parse_json_object(request.body);
  if (!body.ok()) return true;  // the handler says what is wrong
  const auto list = body->find(keep.asked);
  if (list == body->end() || !list->is_array() || list->empty()) return true;
  Json kept = Json::array();
  for (const Json& value : *list) {
    // What is no id is for the handler to refuse.
    if (!value.is_string() || may_read(keep.of, value.get<std::string>())) kept.push_back(value);
  }
  if (kept.empty()) return false;
  if (kept.size() == list->size()) return true;
  *list = std::move(kept);
  request.body = to_text(*body);
  return true;
}

void fill_page(const Keep& keep, const MayRead& may_read, const net::Handler& handler, const net::Request& request,
               net::Response& first) {
  auto answer = read_answer(first);
  if (!answer) return hide_items({keep}, may_read, first);
  Page full = Filler(keep, may_read, handler, request).fill(take_page(*answer, keep.list));
  const bool whole = full.next.empty() && request.query.get(kToken).value_or("").empty();
  correct_total(*answer, whole, full.items.size());
  if (answer->contains(keep.list)) (*answer)[std::string(keep.list)] = std::move(full.items);
  if (full.next.empty())
    answer->erase(std::string(kNext));
  else
    (*answer)[std::string(kNext)] = full.next;
  first.body = to_text(*answer);
}

Status open_page_token(const Sealer& sealer, std::string_view owner, net::Request& request) {
  if (const auto token = request.query.get(kToken); token && !token->empty()) {
    ASSIGN_OR_RETURN(const std::string plain, opened(sealer, owner, std::string(*token)));
    request.query = with_token(request.query, plain);
  }
  if (request.body.empty()) return ok_status();
  auto body = parse_json_object(request.body);
  if (!body.ok()) return ok_status();  // the handler says what is wrong
  const auto token = body->find(kToken);
  if (token == body->end() || !token->is_string() || token->get_ref<const std::string&>().empty()) return ok_status();
  ASSIGN_OR_RETURN(*token, opened(sealer, owner, token->get<std::string>()));
  request.body = to_text(*body);
  return ok_status();
}

Status seal_page_token(const Sealer& sealer, std::string_view owner, net::Response& response) {
  const auto* text = std::get_if<std::string>(&response.body);
  if (text == nullptr || text->find(kNext) == std::string::npos) return ok_status();
  auto answer = read_answer(response);
  if (!answer) return ok_status();
  const auto token = answer->find(kNext);
  if (token == answer->end() || !token->is_string() || token->get_ref<const std::string&>().empty()) return ok_status();
  ASSIGN_OR_RETURN(*token, sealer.seal(token->get<std::string>(), owner));
  response.body = to_text(*answer);
  return ok_status();
}

}  // namespace treadle::access

#include "adapters/access/visible.h"

namespace treadle::access {
namespace {

// "info.experiment_id" of an item, or the item itself when `field` is empty; nullopt when it is not there.
std::optional<std::string> value_at(const Json& item, std::string_view field) {
  const Json* place = &item;
  for (const std::string_view name : split(field, '.')) {
    if (name.empty()) break;
    if (!place->is_object()) return std::nullopt;
    const auto it = place->find(name);
    if (it == place->end()) return std::nullopt;
    place = &*it;
  }
  if (place->is_string()) return place->get<std::string>();
  if (place->is_number_integer()) return str_cat(place->get<std::int64_t>());
  return std::nullopt;
}

class VisibleEvents final : public net::StreamSource {
 public:
  VisibleEvents(std::unique_ptr<net::StreamSource> source, const Keep& keep, MayRead may_read)
      : source_(std::move(source)), keep_(keep), may_read_(std::move(may_read)) {}

  State poll(std::string& out, const std::function<void()>& wake) override {
    while (true) {
      std::string piece;
      const State state = source_->poll(piece, wake);
      // The source hands over whole events.
      std::string_view rest = piece;
      while (!rest.empty()) {
        const std::size_t gap = rest.find("\n\n");
        const std::size_t end = gap == std::string_view::npos ? rest.size() : gap + 2;
        if (shows(rest.substr(0, end))) out += rest.substr(0, end);
        rest.remove_prefix(end);
      }
      if (state != State::kData || !out.empty()) return state;
    }
  }

 private:
  bool shows(std::string_view event) const {
    constexpr std::string_view kData = "data: ";
    std::string text;
    bool is_comment = true;
    for (const std::string_view line : split(event, '\n')) {
      if (line.starts_with(kData)) text += line.substr(kData.size());
      if (!line.empty() && !line.starts_with(':')) is_comment = false;
    }
    if (is_comment) return true;
    const auto data = parse_json(text);
    return data.ok() && is_visible(keep_, may_read_, *data);
  }

  std::unique_ptr<net::StreamSource> source_;
  const Keep keep_;
  const MayRead may_read_;
};

class WhileAllowed final : public net::StreamSource {
 public:
  WhileAllowed(std::unique_ptr<net::StreamSource> source, std::function<bool()> may_go_on)
      : source_(std::move(source)), may_go_on_(std::move(may_go_on)) {}

  State poll(std::string& out, const std::function<void()>& wake) override {
    std::string piece;
    const State state = source_->poll(piece, wake);
    if (piece.empty()) return state;
    if (!may_go_on_()) return State::kEnd;
    out += piece;
    return state;
  }

 private:
  std::unique_ptr<net::StreamSource> source_;
  const std::function<bool()> may_go_on_;
};

}  // namespace

bool is_visible(const Keep& keep, const MayRead& may_read, const Json& item) {
  const auto value = value_at(item, keep.field);
  return value && may_read(keep.of, *value);  // what does not say whose it is stays hidden
}

void hide_items(const std::vector<Keep>& keeps, const MayRead& may_read, net::Response& response) {
  auto* text = std::get_if<std::string>(&response.body);
  if (text == nullptr || keeps.empty()) return;
  auto answer = parse_json(*text);
  if (!answer.ok()) {
    *text = "{}";
    return;
  }
  for (const Keep& keep : keeps) {
    Json* list = nullptr;
    if (keep.list.empty()) {
      list = &*answer;
    } else if (answer->is_object() && answer->contains(keep.list)) {
      list = &(*answer)[std::string(keep.list)];
    }
    if (list == nullptr || !list->is_array()) continue;
    Json shown = Json::array();
    for (Json& item : *list) {
      if (is_visible(keep, may_read, item)) shown.push_back(std::move(item));
    }
    *list = std::move(shown);
  }
  *text = to_text(*answer);
}

std::unique_ptr<net::StreamSource> visible_events(std::unique_ptr<net::StreamSource> source, const Keep& keep,
                                                  MayRead may_read) {
  return std::make_unique<VisibleEvents>(std::move(source), keep, std::move(may_read));
}

std::unique_ptr<net::StreamSource> while_allowed(std::unique_ptr<net::StreamSource> source,
                                                 std::function<bool()> may_go_on) {
  return std::make_unique<WhileAllowed>(std::move(source), std::move(may_go_on));
}

}  // namespace treadle::access

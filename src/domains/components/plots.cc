#include "domains/components/plots.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/strings.h"

namespace treadle::components {
namespace {

constexpr double kWidth = 860;
constexpr double kHeight = 220;
constexpr std::size_t kShown = 7 * 48;

std::string short_number(double value) {
  std::array<char, 32> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.4g", value);
  return {buffer.data(), static_cast<std::size_t>(std::max(length, 0))};
}

std::string escape(std::string_view text) {
  return replace_all(replace_all(replace_all(text, "&", "&amp;"), "<", "&lt;"), ">", "&gt;");
}

std::string open_svg(std::string_view label) {
  return str_cat("<svg viewBox=\"0 0 ", kWidth, " ", kHeight, "\" role=\"img\" aria-label=\"", label, "\">");
}

std::string polyline(const std::vector<double>& values, std::size_t first, double low, double high, const char* color) {
  std::string points;
  const double steps = std::max<double>(1, static_cast<double>(values.size() - first) - 1);
  for (std::size_t i = first; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    str_append(&points, short_number(static_cast<double>(i - first) / steps * kWidth), ",",
               short_number(kHeight - (values[i] - low) / (high - low) * kHeight), " ");
  }
  return str_cat("<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"", color, "\" points=\"", points, "\"/>");
}

std::string lines(const EvaluationPlots& plots) {
  const std::size_t first = plots.truth.size() > kShown ? plots.truth.size() - kShown : 0;
  double low = INFINITY, high = -INFINITY;
  for (const auto* series : {&plots.truth, &plots.forecast}) {
    for (std::size_t i = first; i < series->size(); ++i) {
      if (!std::isfinite((*series)[i])) continue;
      low = std::min(low, (*series)[i]);
      high = std::max(high, (*series)[i]);
    }
  }
  if (!(high > low)) high = low + 1;
  return str_cat("<h2>Forecast (blue) against truth (grey), last days of the test, ", short_number(low), " … ",
                 short_number(high), "</h2>", open_svg("forecast against truth"),
                 polyline(plots.truth, first, low, high, "#888"), polyline(plots.forecast, first, low, high, "#2563eb"),
                 "</svg>");
}

std::string histogram(const EvaluationPlots& plots) {
  std::vector<double> errors;
  for (std::size_t i = 0; i < plots.truth.size() && i < plots.forecast.size(); ++i) {
    const double error = plots.forecast[i] - plots.truth[i];
    if (std::isfinite(error)) errors.push_back(error);
  }
  if (errors.empty()) return {};
  const auto [low, high] = std::minmax_element(errors.begin(), errors.end());
  const double width = *high > *low ? *high - *low : 1;
  std::array<std::size_t, 40> bins{};
  for (const double error : errors) {
    const auto bin = static_cast<std::size_t>((error - *low) / width * static_cast<double>(bins.size()));
    ++bins[std::min(bin, bins.size() - 1)];
  }
  const auto most = static_cast<double>(*std::max_element(bins.begin(), bins.end()));
  std::string bars;
  const double step = kWidth / static_cast<double>(bins.size());
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const double height = static_cast<double>(bins[i]) / most * kHeight;
    str_append(&bars, "<rect fill=\"#2563eb\" x=\"", short_number(static_cast<double>(i) * step), "\" y=\"",
               short_number(kHeight - height), "\" width=\"", short_number(step - 1), "\" height=\"",
               short_number(height), "\"/>");
  }
  return str_cat("<h2>Errors (forecast − truth), ", short_number(*low), " … ", short_number(*high), "</h2>",
                 open_svg("histogram of errors"), bars, "</svg>");
}

std::string importance(const EvaluationPlots& plots) {
  if (plots.importances.empty() || plots.importances.front().second <= 0) return {};
  std::string bars;
  const std::size_t count = std::min<std::size_t>(10, plots.importances.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [name, gain] = plots.importances[i];
    const double y = static_cast<double>(i) * 22;
    str_append(&bars, "<rect fill=\"#93c5fd\" x=\"0\" y=\"", short_number(y), "\" height=\"18\" width=\"",
               short_number(gain / plots.importances.front().second * kWidth), "\"/><text x=\"6\" y=\"",
               short_number(y + 14), "\" font-size=\"13\">", escape(name), " ", short_number(gain), "</text>");
  }
  return str_cat("<h2>Most useful features (mean gain of a split)</h2>", open_svg("feature importance"), bars,
                 "</svg>");
}

}  // namespace

std::string render(const EvaluationPlots& plots) {
  return str_cat("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>", escape(plots.title),
                 "</title><style>body{font:15px system-ui;max-width:900px;margin:2em auto;background:#fff;color:#111}",
                 "svg{width:100%;height:auto}h2{font-size:15px}</style><h1>", escape(plots.title), "</h1>",
                 lines(plots), histogram(plots), importance(plots), "</html>\n");
}

}  // namespace treadle::components

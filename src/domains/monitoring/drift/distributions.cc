#include "domains/monitoring/drift/distributions.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace treadle::monitoring {
namespace {

// Upper regularised incomplete gamma function: a series below the bend, Lentz's continued fraction above it.
double gamma_q(double a, double x) {
  if (x <= 0) return 1;
  const double scale = std::exp(-x + a * std::log(x) - std::lgamma(a));
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (double n = a + 1; std::abs(term) > std::abs(sum) * 1e-16; ++n) {
      term *= x / n;
      sum += term;
    }
    return std::max(0.0, 1 - sum * scale);
  }
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a, c = 1 / kTiny, d = 1 / b, h = d;
  for (int i = 1; i < 10'000; ++i) {
    const double an = -i * (i - a);
    b += 2;
    d = an * d + b;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = b + an / c;
    if (std::abs(c) < kTiny) c = kTiny;
    const double step = d * c;
    h *= step;
    if (std::abs(step - 1) < 1e-15) break;
  }
  return scale * h;
}

// Chance that a random order of n and m marks keeps |i/n - j/m| below d throughout: cell (i, j) holds the chance to be
// there without having left, so no number overflows. `limit` is d in units of 1/(n*m).
double chance_inside(std::size_t n, std::size_t m, double limit) {
  std::vector<double> row(m + 1, 0.0);
  const auto inside = [&](std::size_t i, std::size_t j) {
    const double left = static_cast<double>(i) * static_cast<double>(m);
    const double right = static_cast<double>(j) * static_cast<double>(n);
    return std::abs(left - right) < limit - 0.5;
  };
  for (std::size_t i = 0; i <= n; ++i) {
    for (std::size_t j = 0; j <= m; ++j) {
      if (i == 0 && j == 0) {
        row[0] = 1;
        continue;
      }
      if (!inside(i, j)) {
        row[j] = 0;
        continue;
      }
      const double total = static_cast<double>(i + j);
      const double from_above = i > 0 ? row[j] * static_cast<double>(i) / total : 0;
      const double from_left = j > 0 ? row[j - 1] * static_cast<double>(j) / total : 0;
      row[j] = from_above + from_left;
    }
  }
  return row[m];
}

double ks_limit_tail(double lambda) {
  if (lambda < 0.3) return 1;  // the series needs many terms there and the result is 1 to ten digits
  double sum = 0, sign = 2;
  for (int k = 1; k <= 100; ++k) {
    const double term = sign * std::exp(-2.0 * k * k * lambda * lambda);
    sum += term;
    if (std::abs(term) < 1e-17) break;
    sign = -sign;
  }
  return std::clamp(sum, 0.0, 1.0);
}

}  // namespace

double chi_square_tail(double x, double degrees) { return gamma_q(degrees / 2, x / 2); }

double normal_two_sided(double z) { return std::erfc(std::abs(z) / std::sqrt(2.0)); }

double ks_two_sample_tail(double d, std::size_t n, std::size_t m) {
  if (d <= 0) return 1;
  const double product = static_cast<double>(n) * static_cast<double>(m);
  if (product <= 1e6) return std::clamp(1 - chance_inside(n, m, std::round(d * product)), 0.0, 1.0);
  const double effective = std::sqrt(product / static_cast<double>(n + m));
  return ks_limit_tail((effective + 0.12 + 0.11 / effective) * d);
}

}  // namespace treadle::monitoring

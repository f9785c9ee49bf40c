// Has a column's distribution moved? Two samples in, one score out, by the methods and default thresholds that
// Evidently uses, so that numbers can be compared; where its result is wrong (small-sample chi-square), the right one.
//
//   ASSIGN_OR_RETURN(const Drift drift, compare(reference, current));   // the method is chosen by size and kind
//   if (drift.drifted) …
//
// Pure functions; missing values (NaN) and infinities are left out first.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace treadle::monitoring {

enum class DriftMethod {
  kWasserstein,    // distance divided by the reference's standard deviation; drifted from 0.1
  kJensenShannon,  // distance (natural logarithm) over bins; drifted from 0.1
  kPsi,            // population stability index over bins; drifted from 0.1
  kKs,             // two-sample Kolmogorov-Smirnov p-value; drifted up to 0.05
  kChiSquare,      // p-value of the two-sample test of homogeneity; drifted below 0.05
  kZ,              // p-value for the difference of two proportions; drifted below 0.05
};
// "wasserstein", "jensenshannon", "psi", "ks", "chisquare", "z".
std::string_view to_string(DriftMethod method);
StatusOr<DriftMethod> parse_drift_method(std::string_view name);

struct Drift {
  std::string method;
  double score = 0;
  double threshold = 0;
  bool drifted = false;
};

// What the reference's size and number of distinct values call for: up to 1000 rows a test (ks, chisquare, z), above
// it a distance (wasserstein, jensenshannon).
DriftMethod choose_method(std::span<const double> reference);

// Errors: kInvalidArgument when a sample holds no finite value, or more than two distinct values for `z`.
StatusOr<Drift> compare(std::span<const double> reference, std::span<const double> current,
                        std::optional<DriftMethod> method = {}, std::optional<double> threshold = {});

// The scores alone. Samples must be finite and not empty.
double wasserstein_normed(std::span<const double> reference, std::span<const double> current);
double jensen_shannon(std::span<const double> reference, std::span<const double> current);
double psi(std::span<const double> reference, std::span<const double> current);
double ks_p_value(std::span<const double> reference, std::span<const double> current);
double chi_square_p_value(std::span<const double> reference, std::span<const double> current);
double z_p_value(std::span<const double> reference, std::span<const double> current);

// Share of drifted columns; 0 for none. A data set counts as drifted from 0.5.
double drift_share(const std::vector<Drift>& columns);

}  // namespace treadle::monitoring

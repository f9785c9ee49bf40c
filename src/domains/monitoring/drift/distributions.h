// The few tail probabilities that drift tests need, good to about 1e-10.
#pragma once

#include <cstddef>

namespace treadle::monitoring {

// P(X > x) for chi-square with `degrees` of freedom.
double chi_square_tail(double x, double degrees);
// P(|Z| > |z|) for the standard normal.
double normal_two_sided(double z);
// P(D >= d) of the two-sample Kolmogorov-Smirnov statistic: exact (lattice paths) while n*m is at most a million, else
// the limit distribution with Stephens' correction.
double ks_two_sample_tail(double d, std::size_t n, std::size_t m);

}  // namespace treadle::monitoring

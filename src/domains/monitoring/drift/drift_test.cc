// Expected numbers were computed with scipy 1.x and numpy by Evidently's formulae on the same samples.
#include "domains/monitoring/drift/drift.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace treadle::monitoring {
namespace {

std::vector<double> wave(int n, double a, double b, double c) {
  std::vector<double> values;
  for (int i = 0; i < n; ++i) values.push_back(a * std::sin(1.7 * i) + b * std::cos(0.3 * i * i) + c);
  return values;
}

const std::vector<double> kReference = wave(300, 1, 0.5, 0);
const std::vector<double> kCurrent = wave(80, 1.2, 0.4, 0.15);

TEST(Drift, DistancesAgreeWithScipy) {
  EXPECT_NEAR(wasserstein_normed(kReference, kCurrent), 0.20923203878563826, 1e-12);
  EXPECT_NEAR(jensen_shannon(kReference, kCurrent), 0.22486311117363753, 1e-12);
  EXPECT_NEAR(psi(kReference, kCurrent), 0.423482489077769, 1e-12);
}

TEST(Drift, FewValuesAreBinnedByValue) {
  std::vector<double> reference, current;
  for (int i = 0; i < 1200; ++i) reference.push_back(i % 4);
  for (int i = 0; i < 100; ++i) current.push_back(i % 5);
  EXPECT_NEAR(jensen_shannon(reference, current), 0.27364532084863846, 1e-12);
  EXPECT_NEAR(psi(reference, current), 1.5640491119253044, 1e-12);
}

TEST(Drift, TestsAgreeWithScipy) {
  EXPECT_NEAR(ks_p_value(kReference, kCurrent), 0.034069027338437585, 1e-10);
  EXPECT_NEAR(ks_p_value(wave(5000, 1, 0.5, 0), wave(4000, 1, 0.5, 0.03)), 0.34096426252444667, 3e-3);
  std::vector<double> reference, current;
  for (int i = 0; i < 90; ++i) reference.push_back(i % 3);
  for (int i = 0; i < 60; ++i) current.push_back(i % 5 != 0 ? i % 3 : 0);
  EXPECT_NEAR(chi_square_p_value(reference, current), 0.2594152193843931, 1e-10);
  reference.clear();
  current.clear();
  for (int i = 0; i < 700; ++i) reference.push_back(i % 7 < 2);
  for (int i = 0; i < 200; ++i) current.push_back(i % 5 < 2);
  EXPECT_NEAR(z_p_value(reference, current), 0.002077329126912699, 1e-12);
}

TEST(Drift, TheSameSampleHasNotMoved) {
  EXPECT_EQ(wasserstein_normed(kReference, kReference), 0);
  EXPECT_EQ(jensen_shannon(kReference, kReference), 0);
  EXPECT_EQ(psi(kReference, kReference), 0);
  EXPECT_EQ(ks_p_value(kReference, kReference), 1);
  EXPECT_FALSE(compare(kReference, kReference)->drifted);
}

TEST(Drift, TheMethodFollowsSizeAndKind) {
  EXPECT_EQ(choose_method(kReference), DriftMethod::kKs);
  EXPECT_EQ(choose_method(wave(1001, 1, 1, 0)), DriftMethod::kWasserstein);
  EXPECT_EQ(choose_method(std::vector<double>{0, 1, 1, 0}), DriftMethod::kZ);
  EXPECT_EQ(choose_method(std::vector<double>{0, 1, 2, 0}), DriftMethod::kChiSquare);
  EXPECT_EQ(choose_method(std::vector<double>(2000, 1.0)), DriftMethod::kJensenShannon);
}

TEST(Drift, ANewValueTurnsZIntoChiSquare) {
  const auto drift = compare(std::vector<double>{0, 1, 0, 1}, std::vector<double>{0, 2, 2, 2, 2, 2});
  ASSERT_TRUE(drift.ok());
  EXPECT_EQ(drift->method, "chisquare");
  EXPECT_GT(drift->score, 0);  // Evidently's would be exactly 0
  EXPECT_FALSE(compare(std::vector<double>{0, 1}, std::vector<double>{2}, DriftMethod::kZ).ok());
}

TEST(Drift, MissingValuesAreLeftOutAndEmptySamplesRefused) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> holes = kReference;
  holes.insert(holes.end(), {nan, std::numeric_limits<double>::infinity()});
  EXPECT_EQ(compare(holes, kCurrent)->score, compare(kReference, kCurrent)->score);
  EXPECT_EQ(compare(std::vector<double>{nan}, kCurrent).status().field(), "reference");
  EXPECT_EQ(compare(kReference, std::vector<double>{}).status().field(), "current");
  EXPECT_FALSE(parse_drift_method("ksx").ok());
  EXPECT_EQ(*parse_drift_method("psi"), DriftMethod::kPsi);
}

TEST(Drift, ShareCountsColumns) {
  EXPECT_EQ(drift_share({}), 0);
  EXPECT_EQ(drift_share({{"ks", 0.01, 0.05, true}, {"ks", 0.5, 0.05, false}}), 0.5);
}

}  // namespace
}  // namespace treadle::monitoring

#pragma once
#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <hush/metrics/features.hpp>

// What touches Eigen is a template, so that only who calls it waits for the compiler.
namespace hush::metrics {

/// A normal distribution over d numbers: `mean` [d], `covariance` [d, d] row by row.
struct Gaussian {
  std::vector<double> mean, covariance;
};

namespace detail {

/// a b; all products of this file are this one, because each instantiation takes seconds to compile.
template <class = void>
Eigen::MatrixXd product(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return a * b;
}

}  // namespace detail

/// Mean and covariance (divided by n - 1) of a set of two vectors or more. Throws std::invalid_argument.
template <class = void>
Gaussian gaussian_of(const FeatureSet& set) {
  check(set.count >= 2, "gaussian_of", "wants 2 vectors or more, got ", set.count);
  const auto d = Eigen::Index(set.width);
  Eigen::MatrixXd x = Eigen::Map<const Eigen::MatrixXd>(set.values.data(), d, Eigen::Index(set.count));  // columns
  const Eigen::VectorXd mean = x.rowwise().mean();
  x.colwise() -= mean;
  const Eigen::MatrixXd covariance = detail::product(x, x.transpose()) / double(set.count - 1);
  return {{mean.data(), mean.data() + d}, {covariance.data(), covariance.data() + d * d}};
}

namespace detail {

/// The covariance of a Gaussian as a matrix. Throws std::invalid_argument unless it is one, symmetric and finite.
template <class = void>
Eigen::MatrixXd covariance_matrix(const Gaussian& g) {
  const auto d = Eigen::Index(g.mean.size());
  check(d > 0 && g.covariance.size() == g.mean.size() * g.mean.size(), "frechet", "a mean of ", d,
        " numbers wants a covariance of ", d * d, ", got ", g.covariance.size());
  Eigen::MatrixXd s = Eigen::Map<const Eigen::MatrixXd>(g.covariance.data(), d, d);
  const Eigen::VectorXd mean = Eigen::Map<const Eigen::VectorXd>(g.mean.data(), d);
  check(s.allFinite() && mean.allFinite(), "frechet", "mean or covariance is not finite");
  check((s - s.transpose()).cwiseAbs().maxCoeff() <= 1e-9 * s.cwiseAbs().maxCoeff(), "frechet",
        "a covariance is not symmetric");
  return s;
}

/// Throws std::invalid_argument for an eigenvalue that is below 0 by more than rounding.
template <class = void>
void check_eigenvalues(const Eigen::VectorXd& eigenvalues) {
  check(eigenvalues.minCoeff() >= -1e-9 * std::max(0.0, eigenvalues.maxCoeff()), "frechet",
        "a covariance has the negative eigenvalue ", eigenvalues.minCoeff());
}

/// Square roots of the eigenvalues, those below 0 counted as 0.
template <class = void>
Eigen::VectorXd roots(const Eigen::VectorXd& eigenvalues) {
  return eigenvalues.cwiseMax(0).cwiseSqrt();
}

}  // namespace detail

/// The Fréchet distance (squared) between two Gaussians, |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)) (Dowson and Landau
/// 1982; Heusel et al. 2017). The last trace is that of (S1^(1/2) S2 S1^(1/2))^(1/2), whose eigenvalues are real and
/// not negative also where covariances are singular. Throws std::invalid_argument for what is no Gaussian or of other
/// width.
template <class = void>
double frechet(const Gaussian& a, const Gaussian& b) {
  check(a.mean.size() == b.mean.size(), "frechet", "one mean has ", a.mean.size(), " numbers, the other ",
        b.mean.size());
  const Eigen::MatrixXd s1 = detail::covariance_matrix(a), s2 = detail::covariance_matrix(b);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> of_s1(s1);
  detail::check_eigenvalues(of_s1.eigenvalues());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> of_s2(s2, Eigen::EigenvaluesOnly);
  detail::check_eigenvalues(of_s2.eigenvalues());
  const Eigen::MatrixXd& turn = of_s1.eigenvectors();
  const Eigen::MatrixXd root =
      detail::product(turn * detail::roots(of_s1.eigenvalues()).asDiagonal(), turn.transpose());
  const Eigen::MatrixXd product = detail::product(detail::product(root, s2), root);
  check(product.allFinite(), "frechet", "the covariances are too large to be multiplied");
  // Where the two share no direction, all of its eigenvalues are rounding.
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> of_product(product, Eigen::EigenvaluesOnly);
  double distance = s1.trace() + s2.trace() - 2 * detail::roots(of_product.eigenvalues()).sum();
  for (std::size_t i = 0; i < a.mean.size(); ++i) distance += (a.mean[i] - b.mean[i]) * (a.mean[i] - b.mean[i]);
  return std::max(distance, 0.0);  // in this order NaN stays NaN
}

/// The Fréchet distance between Gaussians fitted to two sets of features (the FID, if Inception's). It is biased
/// upwards for few vectors: compare sets of one size.
template <class = void>
double frechet(const FeatureSet& a, const FeatureSet& b) {
  check_same_width(a, b, "frechet");
  return frechet(gaussian_of(a), gaussian_of(b));
}

}  // namespace hush::metrics

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <vector>

/// Sums as Prometheus makes them, so that results are the same to the last digits; private to console/core/promql.
namespace tapio::promql {

/// Sum with what rounding lost kept beside it (Kahan's, in Neumaier's form: kahanSumInc of promql/functions.go).
class CompensatedSum {
public:
    void add(double value) noexcept
    {
        const double next = m_sum + value;
        if (std::abs(m_sum) >= std::abs(value))
            m_lost += (m_sum - next) + value;
        else
            m_lost += (value - next) + m_sum;
        m_sum = next;
    }
    double plain() const noexcept { return m_sum; }
    /// An infinite sum stays one, whatever was lost.
    double total() const noexcept { return std::isinf(m_sum) ? m_sum : m_sum + m_lost; }
    double corrected() const noexcept { return m_sum + m_lost; }

private:
    double m_sum = 0, m_lost = 0;
};

/// An infinite mean is changed only by the other infinity and by NaN: else its difference to a number would be NaN.
inline bool isMeanSettled(double mean, double value) noexcept
{
    if (!std::isinf(mean))
        return false;
    return std::isinf(value) ? (mean > 0) == (value > 0) : !std::isnan(value);
}

/// The quantile `which` of the values, linear between the two it lies between; NaN counts as smallest. Reorders them.
double quantileOf(double which, std::vector<double> &values);

} // namespace tapio::promql

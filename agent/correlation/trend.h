// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tapio::correlation {

/// How a gauge moved over a while: one value per step of time, the last `most` of them. One thread.
class Trend {
public:
    /// What a straight line through the values says (least squares).
    struct Line {
        double perMinute = 0; ///< of time, whatever the distance of the values
        double fit = 0;       ///< r2, 0 to 1
        double rising = 0;    ///< share of the steps that go up
        int resets = 0;       ///< steps that lose more than a fifth of what there was
        double spanSeconds = 0;
    };

    /// Steps are above 0; `most` is above 2.
    Trend(std::int64_t stepNs, std::size_t most) : m_stepNs(stepNs), m_most(most) {}
    /// Of one step of time the last value stays. What is older than the newest is left out, and so is what is not finite.
    void add(std::int64_t timeNs, double value);
    /// Nothing for fewer than five values.
    std::optional<Line> line() const;
    std::size_t size() const noexcept { return m_points.size(); }

private:
    struct Point {
        std::int64_t timeNs = 0;
        double value = 0;
    };
    std::int64_t m_stepNs;
    std::size_t m_most;
    std::vector<Point> m_points;
};

} // namespace tapio::correlation

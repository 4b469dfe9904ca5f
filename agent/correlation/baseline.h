// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tapio::correlation {

/// What is usual: median and median absolute deviation of the last values, so that a few outliers move neither. One thread.
class Baseline {
public:
    struct Comparison {
        double median = 0;
        double ratio = 0; ///< of the value to the median
        double deviation =
            0; ///< distance from the median in robust standard deviations (1.4826 MAD); at least a tenth of the median counts as one
    };

    /// `most` values are kept; with fewer than `fewest` nothing is usual. Both above 0. Values are compared with `least`, above 0, where less
    /// is usual, so that the first of something is not infinitely more than usual.
    Baseline(std::size_t most, std::size_t fewest, double least) : m_most(most), m_fewest(fewest), m_least(least) {}
    /// Finite values only: others are left out.
    void add(double value);
    /// Nothing while too little is known.
    std::optional<Comparison> compare(double value) const;

private:
    std::size_t m_most, m_fewest;
    double m_least;
    std::size_t m_next = 0;
    std::vector<double> m_values;
};

/// What is usual for several that are alike, as the pods of a workload: of each slot of time one value, the median of theirs (of an even number the lower one of
/// the two in the middle), so that it covers the same time however many they are, and fewer than half that are high move nothing. One thread.
class SharedBaseline {
public:
    /// As Baseline's; slots are above 0.
    SharedBaseline(std::int64_t slotNs, std::size_t most, std::size_t fewest, double least) : m_slotNs(slotNs), m_slots(most, fewest, least)
    {}
    /// Finite values only: others are left out. What is of an earlier slot counts as of the newest.
    void add(std::int64_t timeNs, double value);
    /// With the slots before that of this time.
    std::optional<Baseline::Comparison> compare(std::int64_t timeNs, double value);

    std::optional<Baseline::Comparison> compareAndAdd(std::int64_t timeNs, double value)
    {
        const auto compared = compare(timeNs, value);
        add(timeNs, value);
        return compared;
    }

private:
    void begin(std::int64_t slot);
    static constexpr std::size_t mostOfSlot = 64; ///< more say nothing that these do not
    std::int64_t m_slotNs;
    std::int64_t m_slot = 0;
    Baseline m_slots;
    std::vector<double> m_newest;
};

} // namespace tapio::correlation

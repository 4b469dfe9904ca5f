// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "protocol/base/result.h"

namespace tapio::promql {

/// What one evaluation may make, and whether it is still wanted; private to console/core/promql. Asked before memory is, so that no query grows
/// beyond it; what was given back is not given again, which bounds the time as well. One thread.
class Budget {
public:
    Budget(std::uint64_t most, std::stop_token stop) : m_most(most), m_stop(std::move(stop)) {}

    /// Errors: NoSpace (more than there may be), Cancelled.
    Status take(std::uint64_t values)
    {
        if (m_stop.stop_requested())
            return fail(Errc::Cancelled, "the query was cancelled");
        if (values > m_most - m_taken)
            return fail(Errc::NoSpace, "the query needs more than " + std::to_string(m_most)
                                           + " samples: ask for fewer series, a shorter range or longer steps");
        m_taken += values;
        return {};
    }
    Status checkStop() { return take(0); }
    const std::stop_token &stopToken() const noexcept { return m_stop; }

private:
    std::uint64_t m_most, m_taken = 0;
    std::stop_token m_stop;
};

} // namespace tapio::promql

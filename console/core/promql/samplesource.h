// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "console/core/promql/labels.h"
#include "console/core/promql/matcher.h"
#include "protocol/base/result.h"

namespace tapio::promql {

struct Sample {
    std::int64_t timeMs = 0; ///< UTC, milliseconds since 1970: PromQL's own resolution
    double value = 0;

    bool operator==(const Sample &) const = default;
};

/// "From here on there is no value": Prometheus's staleness marker, a NaN that no arithmetic makes (model/value/value.go of Prometheus).
inline constexpr std::uint64_t staleBits = 0x7ff0000000000002;
inline double staleMarker() noexcept { return std::bit_cast<double>(staleBits); }
inline bool isStale(double value) noexcept { return std::bit_cast<std::uint64_t>(value) == staleBits; }

/// What a selector asks for.
struct Selection {
    std::vector<Matcher> matchers;
    std::int64_t fromMs = 0, toMs = 0; ///< both included
};

/// Where samples come from: the embedded store, or what a test gives. Called on the thread that evaluates.
class SampleSource {
public:
    virtual ~SampleSource() = default;
    /// Takes one series: its samples in range by time, each time once. False: enough.
    using Take = std::function<bool(const Labels &labels, std::span<const Sample> samples)>;
    /// Each series that matches and has a sample in range, one after the other, in any order, each set of labels once; the span is valid within the call only.
    /// Errors: those of the source; Cancelled.
    virtual Status select(const Selection &selection, const Take &take, std::stop_token stop) const = 0;
};

} // namespace tapio::promql

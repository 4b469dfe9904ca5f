// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/correlation/baseline.h"
#include "agent/correlation/topic.h"

/// What facts that are worked out of samples or of connections say: some numbers and up to two texts, by the topic.
namespace tapio::correlation {

inline constexpr std::size_t mostFigures = 10;
inline constexpr double noFigure = std::numeric_limits<double>::quiet_NaN(); ///< not known: fulfils no condition

struct FigureSet {
    std::array<double, mostFigures> values = filled();
    std::array<std::string_view, 2> texts; ///< refer to what the caller has

private:
    static constexpr std::array<double, mostFigures> filled()
    {
        std::array<double, mostFigures> all{};
        for (double &one : all)
            one = noFigure;
        return all;
    }
};

enum class Unit : std::uint8_t { Plain, Bytes, BytesPerSecond, BytesPerMinute, Share, Minutes, Seconds, Milliseconds, PerMinute, Cores };

struct FigureName {
    std::string_view name;
    Unit unit = Unit::Plain;
};

struct ComparedPlaces {
    std::size_t baseline = 0, ratio = 0, deviation = 0;
};
/// Fills in how a figure compares with what is usual; nothing of it where nothing is.
void fillIn(FigureSet &set, const std::optional<Baseline::Comparison> &compared, const ComparedPlaces &at);

/// What a topic's figures are called, in their order; empty for a topic that has none.
std::span<const FigureName> figureNames(Topic topic) noexcept;
std::span<const std::string_view> figureTexts(Topic topic) noexcept;
/// One plain English line of what is known: "memory 412 MiB of 512 MiB (80 %), +14 MiB/min for 6 min, 7 min left".
std::string figureLine(Topic topic, const FigureSet &figures);

/// Places of the figures that are filled in and asked for by name in code.
namespace trend {
enum : std::size_t { Used, Limit, UsedShare, PerMinute, Fit, Rising, Resets, MinutesLeft, Span };
}
namespace throttling {
enum : std::size_t { Periods, Throttled, Share, ThrottledMs, Limit };
}
namespace cpu {
enum : std::size_t { Share, Cores };
}
namespace latency {
/// Of disks the last is how many requests there were at a time, else the share that failed.
enum : std::size_t { P50, P99, Count, Baseline, Ratio, Deviation, FailedShare, Queue = FailedShare };
inline constexpr ComparedPlaces compared{Baseline, Ratio, Deviation};
} // namespace latency
namespace rate {
enum : std::size_t { Rate, Baseline, Ratio, Deviation, HourShare }; ///< the last of what is sent alone
inline constexpr ComparedPlaces compared{Baseline, Ratio, Deviation};
} // namespace rate
/// The first four as in rate.
namespace traffic {
enum : std::size_t { Rate, Baseline, Ratio, Deviation, Amount, Connections, SourceMinutes, DestinationMinutes };
}

} // namespace tapio::correlation

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <vector>

#include "protocol/wire/evidence.h"

/// An insight's chain as a picture needs it, without pixels. Pure; any thread.
namespace tapio::console {

struct ChainPoint {
    wire::EvidenceRef ref;
    bool isAgainst = false;
    int lane = 0;
};

/// Between two points that follow each other in time, of what supports the insight.
struct ChainLink {
    std::size_t from = 0, to = 0;
    bool isAsserted = true; ///< false: the clocks are unsure of more than lies between the two
};

struct EvidenceChain {
    std::vector<QString> lanes;     ///< step, with its node where there are several; those against it last
    std::vector<ChainPoint> points; ///< by time
    std::vector<ChainLink> links;
    std::int64_t fromNs = 0, toNs = 0; ///< what is to be seen: with the uncertainties and some room, at least `leastSpanNs`
    std::size_t unread = 0;            ///< lines that are no evidence of this version

    static constexpr std::int64_t leastSpanNs = 4'000'000'000;
};

EvidenceChain evidenceChain(const wire::Insight &insight);

} // namespace tapio::console

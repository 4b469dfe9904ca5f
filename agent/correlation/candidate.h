// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/correlation/evidence.h"
#include "agent/correlation/selector.h"
#include "agent/correlation/sharewindow.h"
#include "protocol/wire/evidence.h"

namespace tapio::correlation {

/// What an insight has that is out.
struct OpenInsight {
    std::uint64_t id = 0;
    wire::InsightState state = wire::InsightState::Open; ///< as last told
    wire::Severity severity = wire::Severity::Notice;
    std::int64_t fromNs = 0, toNs = 0;
    std::int64_t toldNs = 0;   ///< when it was told last, by event time
    std::int64_t endedNs = 0;  ///< 0 = open
    std::int64_t newestNs = 0; ///< of the candidate's evidence that was forgotten when it ended
    std::uint64_t count = 0;
    bool isGrowthNoted = false; ///< the rule will tell of what has come since, when it may
    std::uint32_t fulfilled = 0;
    EvidenceList chain, against; ///< bounded: the first, and the newest
    std::vector<std::string> affected;
    std::vector<std::uint16_t> owners; ///< numbers of workloads
    std::shared_ptr<const wire::Origin> origin;
    std::string lastText[mostSteps];
    std::uint32_t counts[mostSteps] = {}; ///< the most so far
};

/// One rule and one entity of which there is some evidence. There are hundreds of thousands, so it is small.
struct Candidate {
    std::uint32_t check = 0; ///< of a second hash of the entity's id: two of one key and one check are one
    wire::EntityKind kind = wire::EntityKind::Unknown;
    bool isQueued = false; ///< the rule has it in its queue, under its deadline of then
    SmallText name;        ///< of the entity, for people
    EvidenceList evidence;
    std::unique_ptr<std::array<ShareWindow, mostSteps>> shares; ///< of a rule that counts any
    std::unique_ptr<OpenInsight> insight;

    /// Of all its evidence so far.
    std::int64_t newestNs() const noexcept
    {
        const std::int64_t before = insight ? insight->newestNs : 0;
        return evidence.empty() ? before : std::max(before, evidence.back().timeNs);
    }
};

} // namespace tapio::correlation

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/correlation/rule.h"
#include "agent/correlation/smalltext.h"

/// What a candidate has of its rule's evidence, and what that comes to. Pure.
namespace tapio::correlation {

/// One observation that a step took. Kept by the hundred thousand, so it is small.
struct Evidence {
    std::int64_t timeNs = 0;
    std::int64_t uncertaintyNs = 0;
    std::uint64_t streamId = 0;
    std::uint64_t seq = 0;
    std::uint32_t node = 0;   ///< the engine's number of it; 0 = one of too many, and no clock is known to be the same
    std::uint32_t weight = 1; ///< how many alike it stands for
    std::uint32_t affectsHash =
        0; ///< of the id of what it affects, which may have been named in another way before; 0 = the step asks for none
    std::uint8_t step : 7 = 0;
    bool isOfFew : 1 = false; ///< too small a share when it came: it counts for nothing
    std::uint8_t affectsBytes = 0;
    std::uint16_t owner : 15 = 0; ///< the engine's number of the workload that it is of; 0 = not known
    bool isNoted : 1 = false;     ///< the insight that is out has it
    SmallText words; ///< the name of what it affects, where the step asks for one, and then the beginning of the event's summary

    std::string_view affects() const noexcept { return words.view().substr(0, affectsBytes); }
    std::string_view text() const noexcept { return words.view().substr(affectsBytes); }
    bool affectsSame(const Evidence &other) const noexcept { return affectsHash == other.affectsHash; }
};

static_assert(sizeof(Evidence) == 56);

/// By time; what came late is where it belongs.
using EvidenceList = std::vector<Evidence>;

/// Whether `later` happened after `earlier` whatever their clocks say wrongly. Of one node: not before it.
bool isCertainlyAfter(const Evidence &earlier, const Evidence &later) noexcept;

/// Whether the order of its step lets it count beside that evidence: true where the step has none. What ends something ends that of whoever it is of,
/// where both steps say whom they affect: one container of a pod that is well says nothing of the other.
bool isInOrder(const Rule &rule, const Evidence &one, const EvidenceList &list) noexcept;

/// Of what contradicts by coming before something: it came after some of that, and says nothing against it. Kept, it would only push out what does.
bool isTooLate(const Rule &rule, const Evidence &one, const EvidenceList &list) noexcept;

/// Puts it in its place and forgets what is too old, and the oldest of what a step has more of than it can use. False: it is too old itself.
bool insert(EvidenceList &list, Evidence &&one, const Rule &rule);

/// What is fulfilled, as bits by step, and how much there is of each within its window.
struct Standing {
    std::uint32_t fulfilled = 0;
    std::uint32_t counts[mostSteps] = {}; ///< the most within the step's window: of events, or of different ones affected
    bool matches = false;                 ///< all that is required is there

    bool has(std::size_t step) const noexcept { return (fulfilled >> step & 1) != 0; }
};

/// Room for assess(), kept so that it is taken once.
struct AssessRoom {
    std::array<std::vector<const Evidence *>, mostSteps> found;
    std::vector<std::size_t> twinsEnd;
};

/// `shares`: bits of the steps that count a share and have it.
Standing assess(const Rule &rule, const EvidenceList &list, std::uint32_t shares, AssessRoom &room);

} // namespace tapio::correlation

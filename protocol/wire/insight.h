// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/wire/entity.h"

namespace tapio::wire {

enum class InsightState : std::uint8_t {
    Unknown = 0,
    Open = 1,     ///< the first that is told of it
    Updated = 2,  ///< something of weight was added
    Resolved = 3, ///< what it is about is over
    Expired = 4,  ///< nothing more was seen of it for as long as the rule keeps it
};
std::string_view insightStateName(InsightState state) noexcept; ///< "resolved"; "unknown" for a number without a name here

/// What a rule found about one entity. Told when it opens, when something of weight is added, and when it ends; all that is told of one
/// insight has its id. The event's severity is the insight's, its process is empty, and its origin is the root entity's where that is
/// a container, a pod or the host. Texts and lists have bounds like those of every detail (detailfields.h); fitTexts keeps the first of
/// a list that is too long, so who has more chooses before.
struct Insight {
    static constexpr std::size_t ruleBytes = 48;
    static constexpr std::size_t entityBytes = 300;
    static constexpr std::size_t textBytes = 400;
    static constexpr std::size_t lineBytes = 400; ///< of one line of evidence
    static constexpr std::size_t runbookBytes = 64;
    static constexpr std::size_t mostEvidence = 24;
    static constexpr std::size_t mostContradicting = 8;
    static constexpr std::size_t mostAffected = 16;
    static constexpr std::size_t mostOwners = 16;

    std::uint64_t id = 0; ///< the same in all that is told of one insight
    std::string rule;     ///< id of the rule
    InsightState state = InsightState::Unknown;
    EntityKind rootKind = EntityKind::Unknown;
    std::string root;                       ///< the root entity's name: "shop/web-7d4b9-x2x1z"
    std::string text;                       ///< what happened, one plain English sentence: data, never translated
    std::int64_t fromNs = 0;                ///< UTC of the first evidence; 0 = not known
    std::int64_t toNs = 0;                  ///< UTC of the last evidence; 0 = not known
    std::uint64_t evidenceCount = 0;        ///< of all, also of what is not listed
    std::uint8_t score = 0;                 ///< rule score, percent; it says nothing of how often the rule is right
    std::vector<std::string> evidence;      ///< the chain, in order of time, as evidenceLine() writes it (evidence.h)
    std::vector<std::string> contradicting; ///< written alike: what speaks against it
    std::vector<std::string> affected;      ///< what it reaches, each with its kind: "pod shop/cart-5f6b7-9zk2p"
    std::string settle;                     ///< what would settle it: a probe to run
    std::string runbook;                    ///< the suggested step of the runbook
    std::vector<std::string> owners = {};   ///< workloads that own the pods of root and affected: "Deployment shop/api"

    bool operator==(const Insight &) const = default;
};

} // namespace tapio::wire

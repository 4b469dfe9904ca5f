// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.h"
#include "protocol/wire/insight.h"

namespace tapio::wire {

/// One step of an insight's chain: which event it is, so that a reader can open it.
struct EvidenceRef {
    static constexpr std::size_t stepBytes = 48;
    static constexpr std::size_t nodeBytes = 253; ///< as long as a Kubernetes node's name may be

    std::string step;                ///< its name in the rule: printable ASCII without spaces
    std::int64_t timeNs = 0;         ///< UTC
    std::uint64_t uncertaintyNs = 0; ///< of the node's clock: as much earlier or later it may have been
    std::string node;                ///< printable ASCII without spaces and '/'
    std::uint64_t streamId = 0;      ///< of the node; with it seq names one event. 0 = it is no event
    std::uint64_t seq = 0;
    std::string text; ///< one plain English line: data, never translated

    bool operator==(const EvidenceRef &) const = default;
};

/// "kill 1764212345123456789 +-2000000 node-a/1f2e3d4c5b6a7988/1234 oom kill of web": step, UTC and uncertainty in nanoseconds, node with
/// stream (16 hex digits) and sequence number, and what is left of the line is the text. An empty step or node is "-". Always valid, of at
/// most Insight::lineBytes: what a step or a node must not have becomes '_', the text keeps to its line and is cut where it must be.
std::string evidenceLine(const EvidenceRef &ref);

/// The inverse, for lines of anybody: only what evidenceLine() writes is taken, so each line that is comes back the same from it.
/// Errors: Errc::Malformed with the field that is wrong.
Result<EvidenceRef> parseEvidence(std::string_view line);

/// "node-a/1f2e3d4c5b6a7988/1234" of a line of evidence, by which two lines of one event are known without reading all of them. Empty: it is no event.
/// Of a line of anybody: some part of it, unchecked.
std::string_view evidenceEvent(std::string_view line) noexcept;

} // namespace tapio::wire

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/collect/kernelfilter.h"
#include "protocol/wire/message.h"

namespace tapio::agent {

/// What of a server's filter the kernel programs can do, so that nothing is lost that EventGate would let pass. Pure.
///   - kinds of records that nobody asks for, or of which nobody asks for those that went well
///   - cgroups of which nobody asks for anything of a collector; a pod that has no name yet passes
class Subscription {
public:
    /// Everything.
    Subscription() = default;
    Subscription(const wire::Filter &filter, const std::string &node);

    /// Adds to what `filter` leaves out.
    void applyTo(KernelFilter &filter) const;
    bool deniesOrigin(Filtered collector, const wire::Origin &origin) const;

private:
    bool wanted(const wire::EventFilter &filter, Filtered collector) const;

    bool m_everything = true;
    std::vector<wire::EventFilter> m_any; ///< those that ask for this node
};

/// The event's type that a kind of record becomes.
wire::EventType eventTypeOf(RecordKind kind) noexcept;

} // namespace tapio::agent

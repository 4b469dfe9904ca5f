// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "agent/collect/kernelcollectors.h"
#include "protocol/wire/report.h"

namespace tapio::agent {

/// A source of events that needs no kernel program: a file or device that tells what happened since it was last read. Its
/// records go the way of the kernel's. On the pipeline's thread.
class EventReader {
public:
    virtual ~EventReader() = default;
    /// Hands over what is new. Never blocks, and reads a bounded amount: what is left comes with the next call.
    virtual void read(KernelRecordSink &out) = 0;
    /// Hands over what read() kept for later. The last call but for counters().
    virtual void finish(KernelRecordSink &) {}
    /// As of the last read().
    virtual std::vector<wire::Hook> hooks() const = 0;
    /// The rule of SourceCounterSet holds, "in the ring" being what read() keeps for later.
    virtual SourceCounterSet counters() const = 0;
};

} // namespace tapio::agent

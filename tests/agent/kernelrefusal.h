// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/collect/kernelcollectors.h"

namespace tapio::test {

/// Why this machine's kernel refuses all of the agent's programs; empty where it takes them.
inline std::string kernelRefusal()
{
    class Nowhere final : public agent::KernelRecordSink {
        void onRecord(agent::KernelRecord &&) override {}
    } nowhere;
    const auto kernel = agent::KernelCollectors::open({}, nowhere);
    return kernel ? std::string() : kernel.error().message();
}

} // namespace tapio::test

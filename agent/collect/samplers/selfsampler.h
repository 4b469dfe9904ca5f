// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>

#include "agent/collect/filehooks.h"
#include "agent/collect/sampler.h"
#include "agent/collect/smallfile.h"

namespace tapio::agent {

/// What the agent itself costs.
class SelfSampler final : public Sampler {
public:
    struct Traffic {
        std::uint64_t sentBytes = 0;
        std::uint64_t queuedEvents = 0;
    };
    /// `traffic` is asked at each sample, on the sampler's thread.
    SelfSampler(OriginPtr host, std::function<Traffic()> traffic);

    void sample(SampleWriter &out) override;
    std::vector<wire::Hook> hooks() const override { return {}; }

private:
    OriginPtr m_host;
    std::function<Traffic()> m_traffic;
    SmallFileReader m_reader;
};

} // namespace tapio::agent

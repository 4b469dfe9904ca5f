// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "agent/collect/sampler.h"
#include "agent/collect/volumelooks.h"

namespace tapio::agent {

/// Size and use of the file systems that only containers see, each as its container's, at its mount point there: what the newest look
/// of VolumeReader found, once.
class VolumeSampler final : public Sampler {
public:
    /// Both outlive the sampler.
    VolumeSampler(const VolumeLooks &looks, OriginResolver &resolver) : m_looks(looks), m_resolver(resolver) {}

    void sample(SampleWriter &out) override;
    std::vector<wire::Hook> hooks() const override { return {}; } ///< the reader's

private:
    const VolumeLooks &m_looks;
    OriginResolver &m_resolver;
    std::shared_ptr<const VolumeScan> m_told;
};

} // namespace tapio::agent

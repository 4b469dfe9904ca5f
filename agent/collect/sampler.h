// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "agent/collect/samplewriter.h"
#include "protocol/wire/report.h"

namespace tapio::agent {

/// Reads some files of the kernel at intervals. On the pipeline's thread.
class Sampler {
public:
    virtual ~Sampler() = default;
    /// What can be read now; what is absent gives no sample.
    virtual void sample(SampleWriter &out) = 0;
    /// State of each file as of the last sample().
    virtual std::vector<wire::Hook> hooks() const = 0;
};

} // namespace tapio::agent

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/correlation/observation.h"

namespace tapio::correlation {

/// Takes what is seen beside the events. Called from within the watch's calls; must not call the watch, and keeps nothing of it.
class FactSink {
public:
    virtual ~FactSink() = default;
    virtual void onFact(const Observation &fact) = 0;
};

} // namespace tapio::correlation

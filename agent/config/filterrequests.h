// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/config/reload.h"
#include "protocol/base/result.h"
#include "protocol/wire/message.h"

namespace tapio::agent {

/// What a console's request came to.
struct FilterVerdict {
    wire::FilterReply reply;          ///< without what only the collecting thread knows: generation, hash of the filter
    std::vector<std::string> changed; ///< names of settings; inForce has them
    std::string configSha256;         ///< in force now
};

/// Carries out a request on the configuration in force, where that allows it: `inForce` is changed only when the reply says "applied".
/// Errors: those of hashOf.
Result<FilterVerdict> decide(const wire::FilterRequest &request, ConfigInForce &inForce);

} // namespace tapio::agent

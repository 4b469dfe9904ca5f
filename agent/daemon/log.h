// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <spdlog/logger.h>

#include "protocol/base/result.h"

namespace tapio::daemon {

/// Errors: InvalidArgument, naming the levels there are.
Status checkLogLevel(std::string_view level);
/// Lines on standard error with UTC time and level.
std::shared_ptr<spdlog::logger> makeLog(const std::string &program, const std::string &level);

} // namespace tapio::daemon

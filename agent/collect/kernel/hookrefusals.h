// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "protocol/wire/report.h"

namespace tapio::agent {

/// What a hook's state becomes when the kernel refuses its program, and why, for people. Pure functions; `error` is a positive errno.
using HookRefusal = std::pair<wire::HookState, std::string>;

/// `log`: the verifier's. Without one it was policy or a missing feature, not the program.
HookRefusal loadRefusal(int error, const std::string &log);
HookRefusal attachRefusal(std::string_view attachKind, int error);

} // namespace tapio::agent

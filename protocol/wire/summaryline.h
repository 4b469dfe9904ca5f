// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "protocol/wire/event.h"

namespace tapio::wire {

/// summary() in place of what `line` has, whose memory is used again: for what is done with each event. Any thread.
void summary(const Event &event, std::string &line);

} // namespace tapio::wire

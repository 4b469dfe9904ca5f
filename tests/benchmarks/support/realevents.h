// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>

namespace tapio::bench {

/// Real events at a steady rate until the time is over: `execShare` of a hundred turns run and end a program (two events), the
/// others open, accept and close a TCP connection on loopback (two events, one per end). Returns how many events that makes;
/// fewer than asked for when the machine cannot. Throws std::runtime_error when there is no listener on loopback.
std::uint64_t makeEvents(double perSecond, std::chrono::seconds seconds, unsigned execShare = 60);

} // namespace tapio::bench

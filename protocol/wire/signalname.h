// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

/// Signals as people know them. Pure functions, any thread.
namespace tapio::wire {

/// "SIGSEGV"; empty for a real-time signal and for what is none. Linux on x86-64 and arm64, which number them alike.
std::string_view signalName(int signal) noexcept;
/// "SIGSEGV (11)"; the number alone where there is no name.
std::string signalText(int signal);

} // namespace tapio::wire

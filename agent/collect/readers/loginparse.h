// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tapio::agent {

/// Somebody proved, or failed to prove, who they are. Every text is one line of valid UTF-8, as far as it was logged.
struct LoginLine {
    bool success = false;
    std::string service;        ///< "sshd", "sudo", "su", "login", or what PAM calls it
    std::uint32_t pid = 0;      ///< of the process that logged it; 0 = the line does not say
    std::string user;           ///< who was to be logged in as; for sudo, who asked
    std::string method;         ///< "publickey", "password"; empty = the line does not say
    std::string remote;         ///< address or host; empty = local
    std::uint32_t repeats = 1;  ///< how many the line stands for
    bool isUnknownUser = false; ///< the first of two lines that sshd writes about a user that does not exist

    bool operator==(const LoginLine &) const = default;
};

/// A line of auth.log, of the traditional form or with a time of RFC 3339. Nothing for a line that is about no login.
/// Names come from whoever knocked: they may hold anything, also what looks like the rest of a line. Pure.
std::optional<LoginLine> parseLogin(std::string_view line);

/// The same for a message whose tag is known already, as the journal has it.
std::optional<LoginLine> parseLoginMessage(std::string_view program, std::uint32_t pid, std::string_view message);

} // namespace tapio::agent

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "console/core/sources/keyring.h"
#include "console/core/sources/prometheussource.h"

namespace tapio::console {

/// A Prometheus-compatible server as somebody named it: [source.NAME] of console.toml, or on a command line. Passwords and tokens stay in the key ring, or in files
/// that only their owner may read.
struct SourceConfig {
    std::string name; ///< empty: it has none
    std::string url;
    std::filesystem::path ca;               ///< whom to believe; empty = the machine's authorities
    std::filesystem::path certificate, key; ///< as whom to ask; empty = as nobody
    std::filesystem::path bearerFile;
    std::string user;
    std::filesystem::path passwordFile;
    bool hasKeyringSecret = false; ///< the key ring has the password of `user`, or without one the token

    /// What it is called in the key ring. Of its address as well: whoever changes that does not send a secret elsewhere.
    std::string secretName() const { return name + ' ' + url; }
};

/// Reads what its files hold. Waits for answers for `longest`. Errors: InvalidArgument (the address; a user without a password, or the other way round), those of reading a file
/// (PermissionDenied: others may read it, too; Malformed: it is empty), those of `keyring` and of PrometheusSource::open.
Result<std::unique_ptr<PrometheusSource>> openSource(const SourceConfig &config, Keyring &keyring,
                                                     std::chrono::milliseconds longest = std::chrono::seconds(30));

} // namespace tapio::console

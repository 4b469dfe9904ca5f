// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/app/launchoptions.h"
#include "console/core/session/config.h"
#include "console/core/session/session.h"
#include "console/ui/pages/settingspage.h"

namespace tapio::console {

/// Everything a start needs, made from the configuration file and the command line (which wins).
struct Launch {
    SessionOptions session;
    UiConfig ui;
    DataFacts facts;
    SetupFacts setup;
};

/// Why a start failed: one sentence for stderr and the exit code.
struct LaunchFailure {
    std::string sentence;
    int exitCode = 0;
};

/// Reads the configuration, finds the certificate (configured, or in the authority's folder) and checks that it is valid and of
/// the right role. Opens neither sockets nor the store.
tl::expected<Launch, LaunchFailure> prepareLaunch(const LaunchOptions &options, const Clock &clock);
/// The sentence and code for an error of Session::open with these options.
LaunchFailure launchFailure(const Error &error, const SessionOptions &options);

} // namespace tapio::console

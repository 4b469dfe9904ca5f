// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>

#include "console/cli/command.h"
#include "console/core/store/store.h"

namespace tapio::console {

/// The store that `named` names, else the configured one. Null: it was reported why not, and `exitCode` is what the command ends with.
/// `file`, where given, becomes its path.
std::unique_ptr<StoreReader> openStore(const CommandContext &context, const std::filesystem::path &named, int &exitCode,
                                       std::filesystem::path *file = nullptr);

} // namespace tapio::console

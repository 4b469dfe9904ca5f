// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "console/core/dashboards/dashboard.h"
#include "protocol/base/result.h"
#include "protocol/base/textproblem.h"

/// Dashboards as TOML files; the format is in README.md. Pure but for the functions that take paths; any thread.
namespace tapio::console {

inline constexpr std::size_t mostDashboardBytes = 1u << 20;

template <typename T> using Understood = tl::expected<T, std::vector<TextProblem>>;

/// `file` is for messages only. Errors: every problem of it. Queries to the store are read, too: what is no PromQL is a problem; of queries to servers only
/// their variables are looked at, for those may know more.
Understood<Dashboard> parseDashboard(std::string_view text, const std::string &file);
/// A text that parseDashboard reads as the same dashboard.
std::string writeDashboard(const Dashboard &dashboard);

/// Errors: also that the file cannot be read, or is larger than mostDashboardBytes.
Understood<Dashboard> readDashboard(const std::filesystem::path &file);
/// Replaces the file as a whole or leaves it as it was. Errors: InvalidArgument (it could not be read again: too long a text, say), PermissionDenied, NoSpace,
/// ReadOnly, NotFound, Io.
Status saveDashboard(const Dashboard &dashboard, const std::filesystem::path &file);

} // namespace tapio::console

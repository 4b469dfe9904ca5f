// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "console/core/dashboards/dashboardfile.h"

/// The dashboards that there are: those that are shipped, and a folder of one's own.
namespace tapio::console {

struct ShelvedDashboard {
    std::string name;           ///< the file's, without ".toml": what commands and links call it
    std::filesystem::path file; ///< empty: it is shipped
    bool isShippedToo = false;  ///< a file of one's own stands for a shipped one of that name
    Dashboard dashboard;
};

struct DashboardShelf {
    std::vector<ShelvedDashboard> dashboards; ///< by name
    std::vector<TextProblem> problems;        ///< of those files that are not among them
};

/// Reads all files *.toml of the folder; a folder that is not there is an empty one. A file that is refused leaves the shipped one of that name. Waits for the
/// disk.
DashboardShelf readShelf(const std::filesystem::path &folder);

} // namespace tapio::console

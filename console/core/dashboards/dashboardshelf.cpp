// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/dashboards/dashboardshelf.h"

#include <algorithm>
#include <map>

#include "console/core/dashboards/dashboardtexts.h"

namespace tapio::console {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t mostFiles = 1000;

std::vector<fs::path> filesOf(const fs::path &folder, std::vector<TextProblem> &problems)
{
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        std::error_code ignored; // what cannot be looked at is tried, and told of
        if (at->path().extension() == ".toml" && (at->is_regular_file(ignored) || ignored))
            files.push_back(at->path());
    }
    if (error && error != std::errc::no_such_file_or_directory)
        problems.push_back({folder.native(), 0, "the folder of dashboards cannot be read: " + error.message()});
    std::sort(files.begin(), files.end());
    if (files.size() > mostFiles) {
        problems.push_back({folder.native(), 0,
                            "of its " + std::to_string(files.size()) + " dashboards the first " + std::to_string(mostFiles) + " are read"});
        files.resize(mostFiles);
    }
    return files;
}

} // namespace

DashboardShelf readShelf(const fs::path &folder)
{
    DashboardShelf shelf;
    std::map<std::string, ShelvedDashboard> all;
    for (const DashboardText &one : shippedDashboardTexts()) {
        if (auto dashboard = parseDashboard(one.text, std::string(one.name) + ".toml"))
            all[std::string(one.name)] = {std::string(one.name), {}, false, std::move(*dashboard)};
        else
            shelf.problems.insert(shelf.problems.end(), dashboard.error().begin(), dashboard.error().end());
    }
    for (const fs::path &file : folder.empty() ? std::vector<fs::path>() : filesOf(folder, shelf.problems)) {
        const std::string name = file.stem().native();
        if (auto dashboard = readDashboard(file))
            all[name] = {name, file, all.contains(name), std::move(*dashboard)};
        else
            shelf.problems.insert(shelf.problems.end(), dashboard.error().begin(), dashboard.error().end());
    }
    for (auto &[name, one] : all)
        shelf.dashboards.push_back(std::move(one));
    return shelf;
}

} // namespace tapio::console

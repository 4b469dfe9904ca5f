// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/ruleloader.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "agent/correlation/ruletable.h"
#include "agent/correlation/ruletexts.h"

namespace tapio::correlation {

namespace {

constexpr std::size_t mostFileBytes = 256u << 10;
constexpr std::size_t mostFiles = 1024;

tl::expected<std::string, RuleProblem> readFile(const std::filesystem::path &path)
{
    std::ifstream file(path, std::ios::binary);
    std::string text(mostFileBytes + 1, '\0');
    if (file)
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.is_open() || file.bad())
        return tl::unexpected(RuleProblem{path.native(), 0, "the file cannot be read"});
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > mostFileBytes)
        return tl::unexpected(RuleProblem{path.native(), 0, "a rule has at most " + std::to_string(mostFileBytes) + " bytes"});
    return text;
}

std::vector<std::filesystem::path> filesOf(const std::filesystem::path &folder, std::vector<RuleProblem> &problems)
{
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (at->path().extension() == ".toml" && files.size() < mostFiles)
            files.push_back(at->path());
    }
    if (error)
        problems.push_back({folder.native(), 0, "the folder of rules cannot be read: " + error.message()});
    else if (files.empty())
        problems.push_back({folder.native(), 0, "there are no rules in this folder: no file whose name ends with .toml"});
    std::sort(files.begin(), files.end()); // as the folder gives them is by chance
    return files;
}

void refuseTwins(LoadedRules &loaded)
{
    std::map<std::string, std::vector<std::string>> files;
    for (const Rule &rule : loaded.rules)
        files[rule.id].push_back(rule.file);
    for (const auto &[id, of] : files) {
        for (std::size_t i = 0; of.size() > 1 && i < of.size(); ++i)
            loaded.problems.push_back(
                {of[i], 1, "the id '" + id + "' is also that of " + of[i == 0 ? 1 : 0] + "; give one of them another"});
    }
    std::erase_if(loaded.rules, [&](const Rule &rule) { return files[rule.id].size() > 1; });
}

void take(LoadedRules &loaded, std::string_view text, const std::string &file)
{
    auto rule = parseRule(text, file);
    if (!rule)
        std::move(rule.error().begin(), rule.error().end(), std::back_inserter(loaded.problems));
    else if (loaded.rules.size() >= mostRules)
        loaded.problems.push_back({file, 0, "there are more than " + std::to_string(mostRules) + " rules"});
    else
        loaded.rules.push_back(std::move(*rule));
}

void finish(LoadedRules &loaded)
{
    refuseTwins(loaded);
    std::sort(loaded.rules.begin(), loaded.rules.end(), [](const Rule &a, const Rule &b) { return a.id < b.id; });
}

} // namespace

tl::expected<Rule, std::vector<RuleProblem>> parseRule(std::string_view text, const std::string &file)
{
    std::vector<RuleProblem> problems;
    Rule rule = readRule(text, file, problems);
    if (!problems.empty())
        return tl::unexpected(std::move(problems));
    return rule;
}

LoadedRules shippedRules()
{
    LoadedRules loaded;
    for (const RuleText &one : shippedRuleTexts())
        take(loaded, one.text, std::string(one.file));
    finish(loaded);
    return loaded;
}

LoadedRules ofScope(LoadedRules loaded, RuleScope scope)
{
    std::erase_if(loaded.rules, [scope](const Rule &rule) { return rule.scope != scope; });
    return loaded;
}

LoadedRules loadRules(const std::filesystem::path &folder)
{
    LoadedRules loaded;
    for (const std::filesystem::path &path : filesOf(folder, loaded.problems)) {
        const auto text = readFile(path);
        if (!text) {
            loaded.problems.push_back(text.error());
            continue;
        }
        take(loaded, *text, path.native());
    }
    finish(loaded);
    return loaded;
}

namespace {

/// Whether the problem is of the file that the rule came from, or of the folder that it lies in.
bool concerns(const RuleProblem &problem, const Rule &rule)
{
    std::string_view place = problem.file;
    while (place.size() > 1 && place.ends_with('/')) // of a folder as it was configured
        place.remove_suffix(1);
    return place == rule.file || rule.file.starts_with(std::string(place) + '/');
}

} // namespace

void keepRefused(LoadedRules &loaded, const RuleSet &inForce)
{
    for (const Rule &rule : inForce) {
        const bool isRefused = std::any_of(loaded.problems.begin(), loaded.problems.end(),
                                           [&rule](const RuleProblem &problem) { return concerns(problem, rule); });
        const bool isThere =
            std::any_of(loaded.rules.begin(), loaded.rules.end(), [&rule](const Rule &other) { return other.id == rule.id; });
        if (isRefused && !isThere)
            loaded.rules.push_back(rule);
    }
    std::sort(loaded.rules.begin(), loaded.rules.end(), [](const auto &a, const auto &b) { return a.id < b.id; });
}

} // namespace tapio::correlation

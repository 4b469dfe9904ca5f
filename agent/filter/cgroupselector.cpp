// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/filter/cgroupselector.h"

#include <algorithm>

namespace tapio::agent {

namespace {

constexpr std::string_view namespacePrefix = "namespace:";
constexpr std::string_view podPrefix = "pod:";

bool isPlainText(std::string_view text)
{
    return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

/// The path, or one that it lies below.
bool matchesPathOrAbove(std::string_view pattern, std::string_view path) noexcept
{
    if (pattern == "/")
        return true;
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        if (matchesGlob(pattern, path.substr(0, end)))
            return true;
        if (end == std::string_view::npos)
            return false;
    }
}

} // namespace

bool matchesGlob(std::string_view pattern, std::string_view text) noexcept
{
    std::size_t p = 0, t = 0;
    std::size_t star = std::string_view::npos, starText = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            starText = t;
        } else if (p < pattern.size() && (pattern[p] == text[t] || (pattern[p] == '?' && text[t] != '/'))) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos && text[starText] != '/') {
            p = star + 1;
            t = ++starText;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

CgroupSelector::CgroupSelector(std::string text, Kind kind, std::string_view pattern)
    : m_text(std::move(text)), m_kind(kind), m_pattern(pattern)
{
    if (kind != Kind::Pod)
        return;
    const std::size_t slash = pattern.find('/');
    m_pattern = pattern.substr(0, slash);
    m_podPattern = pattern.substr(slash + 1);
}

Result<CgroupSelector> CgroupSelector::parse(std::string_view text)
{
    const auto refuse = [] {
        return fail(Errc::InvalidArgument, "\"/PATH/OF/A/CGROUP\", \"namespace:NAME\" or \"pod:NAMESPACE/NAME\", of at most "
                                               + std::to_string(mostBytes) + " bytes");
    };
    if (text.size() > mostBytes || !isPlainText(text))
        return refuse();
    if (text.starts_with('/')) {
        const std::string_view path = text.size() > 1 && text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
        return CgroupSelector(std::string(text), Kind::Path, path);
    }
    if (text.starts_with(namespacePrefix)) {
        const std::string_view name = text.substr(namespacePrefix.size());
        if (name.empty() || name.find('/') != std::string_view::npos)
            return refuse();
        return CgroupSelector(std::string(text), Kind::Namespace, name);
    }
    if (text.starts_with(podPrefix)) {
        const std::string_view names = text.substr(podPrefix.size());
        const std::size_t slash = names.find('/');
        if (slash == 0 || slash == std::string_view::npos || slash + 1 == names.size()
            || names.find('/', slash + 1) != std::string_view::npos)
            return refuse();
        return CgroupSelector(std::string(text), Kind::Pod, names);
    }
    return refuse();
}

Match CgroupSelector::matches(const wire::Origin &origin) const
{
    const auto decided = [](bool yes) { return yes ? Match::Yes : Match::No; };
    if (m_kind == Kind::Path)
        return origin.cgroupPath.empty() ? Match::Unknown : decided(matchesPathOrAbove(m_pattern, origin.cgroupPath));
    if (origin.namespaceName.empty())
        return !origin.podUid.empty() || origin.cgroupPath.empty() ? Match::Unknown : Match::No;
    if (!matchesGlob(m_pattern, origin.namespaceName))
        return Match::No;
    return decided(m_kind == Kind::Namespace || matchesGlob(m_podPattern, origin.podName));
}

Match matchesAny(const std::vector<CgroupSelector> &selectors, const wire::Origin &origin)
{
    Match best = Match::No;
    for (const CgroupSelector &selector : selectors) {
        const Match match = selector.matches(origin);
        if (match == Match::Yes)
            return match;
        if (match == Match::Unknown)
            best = match;
    }
    return best;
}

} // namespace tapio::agent

// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/replay/score.h"

#include <algorithm>
#include <cmath>

namespace tapio::replay {

namespace {

/// The fault's clock and that of the events are the same machine's, read in two ways.
constexpr std::int64_t sameTimeNs = 100 * nsPerMs;

/// Of Opened and of Standing.
template <typename Found> bool isAbout(const Found &opened, const Label &label)
{
    if (!label.node.empty() && label.node != opened.node)
        return false;
    if (opened.root == label.entity || opened.cgroup == label.entity)
        return true;
    return std::any_of(opened.affected.begin(), opened.affected.end(), [&](const std::string &affected) {
        const auto space = affected.find(' ');
        return space != std::string::npos && std::string_view(affected).substr(space + 1) == label.entity;
    });
}

bool isIn(const Opened &opened, const Label &label)
{
    return opened.timeNs >= label.fromNs - sameTimeNs && opened.timeNs <= label.toNs + label.withinNs;
}

bool stoodBefore(const Standing &standing, const std::string &rule, const Label &label)
{
    // Until it is over nobody knows what it will tell of the fault.
    const std::int64_t begins = label.fromNs - sameTimeNs;
    return standing.rule == rule && standing.openedNs < begins
           && (standing.toNs >= begins || (!standing.isOver && label.fromNs - standing.toldNs < longestStandingNs))
           && isAbout(standing, label);
}

bool names(const std::vector<std::string> &rules, const std::string &rule)
{
    return std::find(rules.begin(), rules.end(), rule) != rules.end();
}

Verdict missed(const Label &label, std::string rule)
{
    return {Verdict::Kind::Missed, std::move(rule), label.node, label.entity, label.what, label.fromNs, 0};
}

Verdict of(Verdict::Kind kind, const Opened &opened, std::int64_t leadNs = 0)
{
    return {kind, opened.rule, opened.node, opened.root, opened.text, opened.timeNs, leadNs};
}

/// Each fault with each rule that must find it is one unit. The rules that spoke of it before.
std::vector<std::string> judgeFaults(const std::vector<Label> &labels, const std::vector<Opened> &opened,
                                     const std::vector<Standing> &standing, Judgement &judgement)
{
    std::vector<std::string> before;
    for (const Label &label : labels) {
        for (const std::string &rule : label.expected) {
            const Opened *first = nullptr;
            for (const Opened &one : opened) {
                if (one.rule == rule && isAbout(one, label) && isIn(one, label) && (first == nullptr || one.timeNs < first->timeNs))
                    first = &one;
            }
            if (first != nullptr) {
                ++judgement.rules[rule].tp;
                judgement.verdicts.push_back(of(Verdict::Kind::Found, *first, first->timeNs - label.fromNs));
            } else if (std::any_of(standing.begin(), standing.end(), [&](const Standing &one) { return stoodBefore(one, rule, label); })) {
                before.push_back(rule);
                judgement.verdicts.push_back({Verdict::Kind::Also, rule, label.node, label.entity, label.what, label.fromNs, 0});
            } else {
                ++judgement.rules[rule].fn;
                judgement.verdicts.push_back(missed(label, rule));
            }
        }
        if (label.expected.empty()) {
            ++judgement.rules[std::string(noRule)].fn;
            judgement.verdicts.push_back(missed(label, std::string(noRule)));
        }
    }
    return before;
}

} // namespace

std::optional<Opened> openedOf(const std::string &node, const wire::Insight &insight, const std::string &cgroup, std::int64_t timeNs)
{
    if (insight.state != wire::InsightState::Open)
        return std::nullopt;
    return Opened{insight.rule, node, insight.root, insight.affected, cgroup, insight.text, timeNs};
}

Standing standingOf(const std::string &node, const wire::Insight &insight, const std::string &cgroup, std::int64_t timeNs)
{
    const bool isOver = insight.state != wire::InsightState::Open && insight.state != wire::InsightState::Updated;
    const std::int64_t openedNs = insight.state == wire::InsightState::Open ? timeNs : insight.fromNs;
    return {insight.rule, node, insight.root, insight.affected, cgroup, openedNs, insight.toNs, timeNs, isOver};
}

Counts &Counts::operator+=(const Counts &other) noexcept
{
    tp += other.tp;
    fp += other.fp;
    fn += other.fn;
    tn += other.tn;
    return *this;
}

Share shareOf(std::uint64_t hits, std::uint64_t of, std::uint64_t floor) noexcept
{
    Share share{hits, of, 0, 0, 1, of > 0 && of >= floor};
    if (of == 0)
        return share;
    constexpr double z = 1.959963984540054; // of 97.5 %
    const auto n = static_cast<double>(of);
    const double p = static_cast<double>(hits) / n;
    const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
    const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    share.value = p;
    share.low = std::max(0.0, middle - half);
    share.high = std::min(1.0, middle + half);
    return share;
}

Judgement judge(const std::vector<Label> &labels, const std::vector<Opened> &opened, const std::vector<std::string> &rules,
                const std::vector<Standing> &standing)
{
    Judgement judgement;
    std::vector<std::string> also = judgeFaults(labels, opened, standing, judgement);
    for (const Opened &one : opened) {
        const auto explains = [&](const std::vector<std::string> Label::*which) {
            return std::any_of(labels.begin(), labels.end(), [&](const Label &label) {
                return names(label.*which, one.rule) && isAbout(one, label) && isIn(one, label);
            });
        };
        if (explains(&Label::expected))
            continue;
        if (explains(&Label::also)) {
            also.push_back(one.rule);
            judgement.verdicts.push_back(of(Verdict::Kind::Also, one));
            continue;
        }
        ++judgement.rules[one.rule].fp;
        judgement.verdicts.push_back(of(Verdict::Kind::Wrong, one));
    }
    for (const std::string &rule : rules) {
        Counts &counts = judgement.rules[rule];
        if (counts.n() == 0 && !names(also, rule))
            counts.tn = 1;
    }
    return judgement;
}

void Score::add(const std::string &scenario, bool isMixture, const Judgement &judgement)
{
    ++(isMixture ? mixtures : recordings);
    for (const auto &[name, counts] : judgement.rules) {
        rules[name].counts += counts;
        all += counts;
        if (!isMixture)
            recorded += counts;
    }
    for (const Verdict &verdict : judgement.verdicts) {
        auto &leads = rules[verdict.rule].leadsNs;
        if (verdict.kind == Verdict::Kind::Found)
            leads.insert(std::upper_bound(leads.begin(), leads.end(), verdict.leadNs), verdict.leadNs);
        else if (verdict.kind == Verdict::Kind::Also)
            ++rules[verdict.rule].also;
        else
            flaws.push_back({scenario, verdict});
    }
}

} // namespace tapio::replay

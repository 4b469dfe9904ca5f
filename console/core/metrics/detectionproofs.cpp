// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/metrics/detectionproofs.h"

#include <algorithm>
#include <set>

namespace tapio::console {

namespace {

/// As judge() has it: the drill's clock and that of the events are the same machine's, read in two ways.
constexpr std::int64_t sameTimeNs = 100 * nsPerMs;

/// From 1970 to 2200: what an agent says is signed, not sensible.
bool isTime(std::int64_t utcNs) { return utcNs >= 0 && utcNs < 7'258'118'400 * nsPerSecond; }

std::string drillOf(const replay::Label &label)
{
    constexpr std::string_view before = "drill ";
    return label.what.starts_with(before) ? label.what.substr(before.size()) : label.what;
}

/// What is found or missed names when its fault began; beside what nobody expected all of them ran.
std::string drillsOf(const replay::Verdict &verdict, const std::vector<replay::Label> &labels)
{
    const bool wrong = verdict.kind == replay::Verdict::Kind::Wrong;
    std::set<std::string> names;
    for (const replay::Label &label : labels) {
        if (label.isDrill && (wrong || label.fromNs == verdict.timeNs - verdict.leadNs))
            names.insert(drillOf(label));
    }
    std::string all;
    for (const std::string &name : names)
        all += (all.empty() ? "" : ", ") + name;
    return all;
}

void keepLast(std::optional<ProofTrial> &last, const ProofTrial &trial)
{
    if (!last || last->verdict.timeNs <= trial.verdict.timeNs)
        last = trial;
}

void add(ProofReport &report, std::map<std::string, RuleProof> &rules, const replay::Judgement &judgement,
         const std::vector<replay::Label> &labels)
{
    for (const auto &[name, counts] : judgement.rules) {
        rules[name].counts += counts;
        report.all += counts;
    }
    for (const replay::Verdict &verdict : judgement.verdicts) {
        const ProofTrial trial{drillsOf(verdict, labels), verdict};
        RuleProof &rule = rules[verdict.rule];
        switch (verdict.kind) {
        case replay::Verdict::Kind::Found: keepLast(rule.found, trial); break;
        case replay::Verdict::Kind::Missed: keepLast(rule.missed, trial); break;
        case replay::Verdict::Kind::Wrong: keepLast(rule.wrong, trial); break;
        case replay::Verdict::Kind::Also: continue;
        }
        report.trials.push_back(trial);
    }
}

} // namespace

bool DetectionProofs::onEvent(const std::string &node, const wire::Event &event, const std::string &cgroup)
{
    if (const auto *label = std::get_if<wire::DrillLabel>(&event.detail))
        return addLabel(node, *label);
    const wire::Insight *insight = wire::insightOf(event.detail);
    return insight != nullptr && addInsight(node, *insight, cgroup, event.timeNs);
}

void DetectionProofs::onInsightBeside(const std::string &node, const wire::Event &event, const std::string &cgroup)
{
    if (const wire::Insight *insight = wire::insightOf(event.detail))
        addStanding(node, *insight, cgroup, event.timeNs);
}

bool DetectionProofs::addInsight(const std::string &node, const wire::Insight &insight, const std::string &cgroup, std::int64_t timeNs)
{
    if (auto opened = replay::openedOf(node, insight, cgroup, timeNs)) {
        m_opened.insert_or_assign({timeNs, node, insight.id}, std::move(*opened));
        if (m_opened.size() > mostOpened)
            makeRoom();
    }
    addStanding(node, insight, cgroup, timeNs);
    return true;
}

DetectionProofs::Window DetectionProofs::windowOf(const replay::Label &label)
{
    return {label.node, label.fromNs - sameTimeNs, std::max(label.fromNs, label.toNs) + label.withinNs};
}

bool DetectionProofs::isSpoiled(const Window &window) const
{
    const auto known = m_spoiledToNs.find(window.node);
    return known != m_spoiledToNs.end() && window.fromNs <= known->second;
}

/// What opened beside no run goes first, but for the newer half: a run's label may come after it. A run of which something must go all the same
/// is not judged any more: without it, what was found would look missed.
void DetectionProofs::makeRoom()
{
    std::vector<Window> windows;
    for (const auto &[key, run] : m_runs) {
        if (const auto label = replay::labelOf(run, run.label.fromNs + longestRunNs))
            windows.push_back(windowOf(*label));
    }
    const auto isBesideARun = [&windows](const OpenedKey &key) {
        return std::any_of(windows.begin(), windows.end(), [&key](const Window &window) {
            return window.node == std::get<1>(key) && window.fromNs <= std::get<0>(key) && std::get<0>(key) <= window.toNs;
        });
    };
    auto next = m_opened.begin();
    for (std::size_t left = m_opened.size() / 2; left > 0; --left)
        next = isBesideARun(next->first) ? std::next(next) : m_opened.erase(next);
    if (m_opened.size() <= mostOpened)
        return;
    while (m_opened.size() > mostOpened - mostOpened / 8) { // for some at once, or all of this would be done for each
        const auto &[timeNs, node, id] = m_opened.begin()->first;
        std::int64_t &spoiledToNs = m_spoiledToNs.try_emplace(node, timeNs).first->second;
        spoiledToNs = std::max(spoiledToNs, timeNs);
        m_opened.erase(m_opened.begin());
    }
}

void DetectionProofs::addStanding(const std::string &node, const wire::Insight &insight, const std::string &cgroup, std::int64_t timeNs)
{
    replay::Standing told = replay::standingOf(node, insight, cgroup, timeNs);
    const auto [last, isFirst] = m_toldLast.try_emplace({node, insight.id}, timeNs);
    if (const auto known = isFirst ? m_standing.end() : m_standing.find({last->second, node, insight.id}); known != m_standing.end()) {
        const bool isOpening = insight.state == wire::InsightState::Open;
        known->second.openedNs = isOpening ? timeNs : std::max(known->second.openedNs, told.openedNs);
        if (last->second > timeNs)
            return; // came late
        told.openedNs = known->second.openedNs;
        m_standing.erase(known);
    }
    last->second = timeNs;
    m_standing.insert_or_assign({timeNs, node, insight.id}, std::move(told));
    if (m_standing.size() > mostOpened) {
        const auto [oldestNs, oldestNode, oldestId] = m_standing.begin()->first;
        m_toldLast.erase({oldestNode, oldestId});
        m_standing.erase(m_standing.begin());
    }
}

bool DetectionProofs::addLabel(const std::string &node, const wire::DrillLabel &label)
{
    if (label.signature.empty()) {
        ++m_unsigned;
        return false;
    }
    if (!isTime(label.fromNs) || !isTime(label.toNs)) {
        ++m_senseless;
        return false;
    }
    replay::DrillRun &run = m_runs[{node, label.runId}];
    run.node = node;
    run.add(label);
    if (m_runs.size() > mostRuns) {
        m_runs.erase(std::min_element(m_runs.begin(), m_runs.end(),
                                      [](const auto &a, const auto &b) { return a.second.label.fromNs < b.second.label.fromNs; }));
        ++m_forgotten;
    }
    return true;
}

std::vector<DetectionProofs::Group> DetectionProofs::groups(std::int64_t nowNs, ProofReport &report) const
{
    std::vector<replay::Label> labels;
    std::set<std::pair<std::string, std::int64_t>> open; ///< node and beginning of what still runs
    for (const auto &[key, run] : m_runs) {
        if (std::max(run.label.fromNs, run.label.toNs) <= nowNs - windowNs)
            continue;
        auto label = replay::labelOf(run, nowNs);
        const bool ended = run.label.toNs != 0;
        if (!label) {
            ++report.unknown;
        } else if (!ended && nowNs - label->fromNs > longestRunNs) {
            ++report.unfinished;
        } else {
            if (!ended)
                open.emplace(label->node, label->fromNs);
            labels.push_back(std::move(*label));
        }
    }
    std::sort(labels.begin(), labels.end(),
              [](const auto &a, const auto &b) { return std::tie(a.node, a.fromNs, a.toNs) < std::tie(b.node, b.fromNs, b.toNs); });
    std::vector<Group> all;
    for (replay::Label &label : labels) {
        Window window = windowOf(label);
        const bool joins = !all.empty() && all.back().window.node == window.node && window.fromNs <= all.back().window.toNs;
        const std::int64_t toNs = window.toNs;
        if (!joins)
            all.push_back({std::move(window), {}});
        all.back().window.toNs = std::max(all.back().window.toNs, toNs);
        all.back().labels.push_back(std::move(label));
    }
    std::erase_if(all, [&](const Group &group) {
        report.forgotten += isSpoiled(group.window) ? group.labels.size() : 0;
        return isSpoiled(group.window);
    });
    for (Group &group : all) {
        const auto runs = [&](const replay::Label &label) { return open.contains({label.node, label.fromNs}); };
        group.isOver = group.window.toNs + arrivalNs <= nowNs && std::none_of(group.labels.begin(), group.labels.end(), runs);
        (group.isOver ? report.drills : report.running) += group.labels.size();
    }
    return all;
}

std::vector<DetectionProofs::Told> DetectionProofs::toldIn(const Window &window, const VerdictBook &verdicts) const
{
    std::vector<Told> all;
    for (auto at = m_opened.lower_bound({window.fromNs, {}, 0}); at != m_opened.end() && std::get<0>(at->first) <= window.toNs; ++at) {
        if (at->second.node != window.node)
            continue;
        const Verdict *verdict = verdicts.inForce({window.node, std::get<2>(at->first)});
        all.push_back({at->second, verdict && verdict->kind == VerdictKind::Confirmed});
    }
    return all;
}

std::vector<replay::Standing> DetectionProofs::standingIn(const Window &window) const
{
    std::vector<replay::Standing> all;
    for (auto at = m_standing.lower_bound({window.fromNs - longestLifeNs, {}, 0}); at != m_standing.end(); ++at) {
        if (at->second.node == window.node && at->second.openedNs <= window.toNs)
            all.push_back(at->second);
    }
    return all;
}

replay::Judgement DetectionProofs::judge(const Group &group, const std::vector<Told> &told, const std::vector<replay::Standing> &standing,
                                         std::set<std::string> rules)
{
    const auto judged = [&](auto isTaken) {
        std::vector<replay::Opened> opened;
        for (const Told &one : told) {
            if (isTaken(one))
                opened.push_back(one.opened);
        }
        return replay::judge(group.labels, opened, {rules.begin(), rules.end()}, standing);
    };
    const replay::Judgement all = judged([](const Told &) { return true; });
    // What no drill explains and an operator confirmed is neither false nor silence.
    const auto isRightAllTheSame = [&all](const Told &one) {
        return one.isConfirmed && std::any_of(all.verdicts.begin(), all.verdicts.end(), [&one](const replay::Verdict &verdict) {
                   return verdict.kind == replay::Verdict::Kind::Wrong && verdict.rule == one.opened.rule
                          && verdict.entity == one.opened.root && verdict.timeNs == one.opened.timeNs;
               });
    };
    for (const Told &one : told) {
        if (isRightAllTheSame(one))
            rules.erase(one.opened.rule);
    }
    return judged([&](const Told &one) { return !isRightAllTheSame(one); });
}

ProofReport DetectionProofs::report(std::int64_t nowNs, const VerdictBook &verdicts) const
{
    ProofReport report;
    report.unsignedLabels = m_unsigned;
    report.forgotten = m_forgotten;
    report.unknown = m_senseless;
    std::vector<std::pair<Group, std::vector<Told>>> over;
    std::map<std::string, std::set<std::string>> spoken; ///< rules by node
    for (Group &group : groups(nowNs, report)) {
        if (!group.isOver)
            continue;
        std::vector<Told> told = toldIn(group.window, verdicts);
        for (const Told &one : told)
            spoken[group.window.node].insert(one.opened.rule);
        over.emplace_back(std::move(group), std::move(told));
    }
    std::map<std::string, RuleProof> rules;
    for (const auto &[group, told] : over)
        add(report, rules, judge(group, told, standingIn(group.window), spoken[group.window.node]), group.labels);
    for (auto &[name, proof] : rules) {
        proof.rule = name;
        report.rules.push_back(std::move(proof));
    }
    std::stable_sort(report.trials.begin(), report.trials.end(),
                     [](const ProofTrial &a, const ProofTrial &b) { return a.verdict.timeNs > b.verdict.timeNs; });
    return report;
}

std::vector<DetectionProofs::Window> DetectionProofs::windows(std::int64_t nowNs) const
{
    ProofReport ignored;
    std::vector<Window> all;
    for (Group &group : groups(nowNs, ignored))
        all.push_back(std::move(group.window));
    return all;
}

} // namespace tapio::console

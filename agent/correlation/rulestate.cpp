// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/rulestate.h"

#include <algorithm>
#include <limits>

#include "agent/correlation/findingtext.h"
#include "protocol/wire/text.h"

namespace tapio::correlation {

namespace {

constexpr std::size_t mostChain = 24, mostAgainst = 8, mostAffected = 16;
constexpr std::size_t evidenceTextBytes = 96;
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// FNV-1a, 64 bits (draft-eastlake-fnv): the same on every machine, which an insight's id has to be.
class Fnv {
public:
    void add(std::string_view bytes) noexcept
    {
        for (const char byte : bytes)
            step(static_cast<std::uint8_t>(byte));
        step(0);
    }
    void add(std::uint64_t number) noexcept
    {
        for (int i = 0; i < 64; i += 8)
            step(static_cast<std::uint8_t>(number >> i));
    }
    std::uint64_t value() const noexcept { return m_value; }

private:
    void step(std::uint8_t byte) noexcept { m_value = (m_value ^ byte) * 1099511628211ull; }
    std::uint64_t m_value = 14695981039346656037ull;
};

std::string textOf(const Observation &seen)
{
    std::string text;
    if (seen.topic == Topic::ContainerRestart)
        text = "container " + seen.origin.containerName + " is back as " + std::string(seen.now.substr(0, 12)) + ", was "
               + std::string(seen.before.substr(0, 12));
    else if (seen.topic == Topic::RolloutImage)
        text = "image " + std::string(seen.now) + ", was " + std::string(seen.before);
    else
        text = wire::summary(seen.event);
    return wire::toLine(text, evidenceTextBytes);
}

/// How many alike an event stands for.
std::uint32_t weightOf(const wire::Event &event)
{
    std::uint32_t repeats = 1;
    if (const auto *login = std::get_if<wire::Login>(&event.detail))
        repeats = login->repeats;
    else if (const auto *file = std::get_if<wire::FileFailure>(&event.detail))
        repeats = file->repeats;
    else if (const auto *capability = std::get_if<wire::CapabilityUse>(&event.detail))
        repeats = capability->repeats;
    return std::max(repeats, 1u);
}

/// The first ones, and then the newest in the last place of each half.
void append(std::vector<wire::EvidenceRef> &list, wire::EvidenceRef one, std::size_t most)
{
    if (list.size() >= most)
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(most / 2));
    const auto place = std::upper_bound(list.begin(), list.end(), one, [](const auto &a, const auto &b) { return a.timeNs < b.timeNs; });
    list.insert(place, std::move(one));
}

wire::EvidenceRef refOf(const Evidence &evidence, const Rule &rule, const std::vector<std::string> &nodes)
{
    return {rule.steps[evidence.step].name,
            evidence.timeNs,
            static_cast<std::uint64_t>(evidence.uncertaintyNs),
            nodes[evidence.node],
            evidence.streamId,
            evidence.seq,
            evidence.text};
}

void noteEvidence(OpenInsight &insight, const Evidence &evidence, const Rule &rule, const std::vector<std::string> &nodes)
{
    const bool isAgainst = rule.steps[evidence.step].role == StepRole::Contradicting;
    append(isAgainst ? insight.against : insight.chain, refOf(evidence, rule, nodes), isAgainst ? mostAgainst : mostChain);
    insight.lastText[evidence.step] = evidence.text;
    if (isAgainst)
        return;
    insight.count += evidence.weight;
    insight.toNs = std::max(insight.toNs, evidence.timeNs);
    insight.fromNs = std::min(insight.fromNs, evidence.timeNs);
    const bool isKnown = std::find(insight.affected.begin(), insight.affected.end(), evidence.affects) != insight.affected.end();
    if (!evidence.affects.empty() && !isKnown && insight.affected.size() < mostAffected)
        insight.affected.push_back(evidence.affects);
}

wire::Severity severityOf(const Rule &rule, const OpenInsight &insight)
{
    wire::Severity severity = rule.severity;
    for (const Raise &raise : rule.raises) {
        if (insight.counts[raise.step] >= raise.count && (insight.fulfilled >> raise.step & 1) != 0)
            severity = std::max(severity, raise.severity);
    }
    return std::max(severity, insight.severity); // it gets no better while it lasts
}

void noteStanding(OpenInsight &insight, const Standing &standing, const Rule &rule)
{
    insight.fulfilled |= standing.fulfilled;
    for (std::size_t i = 0; i < rule.steps.size(); ++i)
        insight.counts[i] = std::max(insight.counts[i], standing.counts[i]);
    insight.severity = severityOf(rule, insight);
}

bool isOut(const Candidate &candidate) { return candidate.insight && candidate.insight->endedNs == 0; }

} // namespace

RuleState::RuleState(const Rule &rule, FindingSink &sink, std::int64_t updateEveryNs)
    : m_rule(&rule), m_sink(sink), m_updateEveryNs(updateEveryNs)
{
    count.rule = rule.id;
}

RuleState::Key RuleState::keyOf(const EntityName &entity) const
{
    Fnv hash;
    hash.add(static_cast<std::uint64_t>(entity.kind));
    hash.add(entity.id);
    Key key = hash.value();
    // Whoever finds two names of one hash must not have them mixed up.
    for (auto at = m_candidates.find(key); at != m_candidates.end(); at = m_candidates.find(++key)) {
        if (at->second.entity.kind == entity.kind && at->second.entity.id == entity.id)
            break;
    }
    return key;
}

RuleState::Candidates::iterator RuleState::findOrMake(const EntityName &entity)
{
    const auto [at, isNew] = m_candidates.try_emplace(keyOf(entity));
    if (!isNew)
        return at;
    Candidate &candidate = at->second;
    candidate.entity = entity;
    candidate.deadlineNs = never;
    if (std::any_of(m_rule->steps.begin(), m_rule->steps.end(), [](const Step &step) { return step.share.has_value(); }))
        candidate.shares.resize(m_rule->steps.size());
    return at;
}

void RuleState::take(const Taken &taken, const std::vector<std::string> &nodes)
{
    const Step &step = m_rule->steps[taken.step];
    const std::int64_t timeNs = taken.seen.event.timeNs;
    // What only supports by following, ends or contradicts begins nothing; nor does what went well, of which a share is counted: that would make
    // a candidate of every healthy destination. So a share is of those seen from the first failure on.
    const bool begins = taken.fulfils && (step.role == StepRole::Required || (step.role == StepRole::Supporting && !step.after));
    const auto at = begins ? findOrMake(taken.entity) : m_candidates.find(keyOf(taken.entity));
    if (at == m_candidates.end())
        return;
    Candidate &candidate = at->second;
    const std::uint32_t weight = weightOf(taken.seen.event);
    if (step.share)
        candidate.shares[taken.step].add(timeNs, step.windowNs, weight, taken.fulfils);
    if (taken.fulfils) {
        candidate.newestNs = std::max(candidate.newestNs, timeNs);
        Evidence evidence;
        evidence.timeNs = timeNs;
        evidence.uncertaintyNs = std::max<std::int64_t>(taken.seen.place.uncertaintyNs, 0);
        evidence.streamId = taken.seen.place.streamId;
        evidence.seq = taken.seen.place.seq;
        evidence.node = taken.node;
        evidence.weight = weight;
        evidence.step = taken.step;
        evidence.affects = taken.affects;
        evidence.text = textOf(taken.seen);
        if (isOut(candidate))
            noteEvidence(*candidate.insight, evidence, *m_rule, nodes);
        if (insert(candidate.evidence, std::move(evidence), *m_rule)) {
            ++count.evidence;
            judge(candidate, taken.seen, nodes);
        } else {
            ++count.late;
        }
    }
    queue(at->first, candidate);
}

void RuleState::judge(Candidate &candidate, const Observation &seen, const std::vector<std::string> &nodes)
{
    std::uint32_t shares = 0;
    for (std::size_t i = 0; i < candidate.shares.size(); ++i) {
        const Step &step = m_rule->steps[i];
        shares |= step.share && candidate.shares[i].reaches(*step.share, step.leastOf) ? 1u << i : 0u;
    }
    const Standing standing = assess(*m_rule, candidate.evidence, shares);
    const bool ends = std::any_of(m_rule->steps.begin(), m_rule->steps.end(), [&](const Step &step) {
        return step.role == StepRole::Ending && standing.has(static_cast<std::size_t>(&step - m_rule->steps.data()));
    });
    if (isOut(candidate)) {
        if (ends) {
            noteStanding(*candidate.insight, standing, *m_rule);
            end(candidate, wire::InsightState::Resolved, seen.event.timeNs);
        } else {
            grow(candidate, standing, seen);
        }
    } else if (standing.matches && !ends) {
        open(candidate, standing, seen, nodes);
    }
}

void RuleState::open(Candidate &candidate, const Standing &standing, const Observation &seen, const std::vector<std::string> &nodes)
{
    const bool isAgain = candidate.insight && seen.event.timeNs - candidate.insight->endedNs <= m_rule->cooldownNs;
    if (!isAgain) {
        candidate.insight = std::make_unique<OpenInsight>();
        candidate.insight->fromNs = candidate.evidence.front().timeNs;
        Fnv id;
        id.add(m_rule->id);
        id.add(static_cast<std::uint64_t>(candidate.entity.kind));
        id.add(candidate.entity.id);
        id.add(static_cast<std::uint64_t>(candidate.insight->fromNs));
        candidate.insight->id = id.value();
    }
    OpenInsight &insight = *candidate.insight;
    const std::int64_t knownUntil = isAgain ? insight.toNs : std::numeric_limits<std::int64_t>::min();
    for (const Evidence &evidence : candidate.evidence) {
        if (evidence.timeNs > knownUntil)
            noteEvidence(insight, evidence, *m_rule, nodes);
    }
    insight.endedNs = 0;
    insight.origin = std::make_shared<const wire::Origin>(seen.origin);
    noteStanding(insight, standing, *m_rule);
    ++(isAgain ? count.reopened : count.opened);
    tell(candidate, isAgain ? wire::InsightState::Updated : wire::InsightState::Open, seen.event.timeNs);
}

void RuleState::grow(Candidate &candidate, const Standing &standing, const Observation &seen)
{
    OpenInsight &insight = *candidate.insight;
    const wire::Severity severity = insight.severity;
    const std::uint32_t fulfilled = insight.fulfilled;
    noteStanding(insight, standing, *m_rule);
    const bool isNews = insight.severity != severity || insight.fulfilled != fulfilled;
    if (!isNews && seen.event.timeNs - insight.toldNs < m_updateEveryNs)
        return;
    ++count.updated;
    tell(candidate, wire::InsightState::Updated, seen.event.timeNs);
}

void RuleState::end(Candidate &candidate, wire::InsightState state, std::int64_t nowNs)
{
    ++(state == wire::InsightState::Resolved ? count.resolved : count.expired);
    tell(candidate, state, nowNs);
    candidate.insight->endedNs = std::max<std::int64_t>(nowNs, 1);
    candidate.evidence.clear();
}

void RuleState::tell(const Candidate &candidate, wire::InsightState state, std::int64_t nowNs)
{
    OpenInsight &insight = *candidate.insight;
    insight.state = state;
    insight.toldNs = nowNs;
    insight.toldCount = insight.count;
    m_sink.onFinding(findingOf(*m_rule, candidate, state, nowNs));
}

std::int64_t RuleState::deadlineOf(const Candidate &candidate) const noexcept
{
    if (isOut(candidate))
        return candidate.newestNs + std::max(m_rule->lifetimeNs, m_rule->horizonNs);
    const std::int64_t remembered = candidate.insight ? candidate.insight->endedNs + m_rule->cooldownNs : 0;
    return std::max(candidate.newestNs + m_rule->horizonNs, remembered);
}

void RuleState::queue(Key key, Candidate &candidate)
{
    if (candidate.deadlineNs != never)
        return; // found too early, it is put back
    candidate.deadlineNs = deadlineOf(candidate);
    m_queue.emplace(candidate.deadlineNs, key);
}

void RuleState::advance(std::int64_t nowNs)
{
    while (!m_queue.empty() && m_queue.begin()->first <= nowNs) {
        const Key key = m_queue.begin()->second;
        m_queue.erase(m_queue.begin());
        const auto at = m_candidates.find(key);
        Candidate &candidate = at->second;
        candidate.deadlineNs = never;
        if (deadlineOf(candidate) > nowNs) {
            queue(key, candidate);
        } else if (isOut(candidate)) {
            end(candidate, wire::InsightState::Expired, nowNs);
            queue(key, candidate);
        } else {
            m_candidates.erase(at);
        }
    }
}

void RuleState::erase(Candidates::iterator at)
{
    m_queue.erase({at->second.deadlineNs, at->first});
    m_candidates.erase(at);
}

bool RuleState::evictOne()
{
    for (const bool alsoOut : {false, true}) {
        for (const auto &[deadline, key] : m_queue) {
            const auto at = m_candidates.find(key);
            if (isOut(at->second) && !alsoOut)
                continue;
            if (isOut(at->second))
                end(at->second, wire::InsightState::Expired, at->second.newestNs);
            ++count.evicted;
            erase(at);
            return true;
        }
    }
    return false;
}

void RuleState::expireAll(std::int64_t nowNs)
{
    for (const auto &[deadline, key] : m_queue) {
        Candidate &candidate = m_candidates.at(key);
        if (isOut(candidate))
            end(candidate, wire::InsightState::Expired, nowNs);
    }
}

void RuleState::amend(const EntityName &was, const EntityName &now)
{
    const auto at = m_candidates.find(keyOf(was));
    if (at == m_candidates.end())
        return;
    Candidate moved = std::move(at->second);
    erase(at);
    moved.entity = now;
    const auto target = findOrMake(now);
    Candidate &there = target->second;
    const bool wasThere = there.deadlineNs != never;
    if (!wasThere) {
        there = std::move(moved);
        there.deadlineNs = never;
    } else {
        for (Evidence &evidence : moved.evidence)
            insert(there.evidence, std::move(evidence), *m_rule);
        there.newestNs = std::max(there.newestNs, moved.newestNs);
        if (!there.insight)
            there.insight = std::move(moved.insight);
        else if (isOut(moved))
            end(moved, wire::InsightState::Expired, moved.newestNs); // the other one goes on for both
    }
    if (!wasThere && isOut(there))
        tell(there, wire::InsightState::Updated, there.newestNs);
    queue(target->first, there);
}

RuleCounters RuleState::counters() const
{
    RuleCounters all = count;
    all.candidates = m_candidates.size();
    for (const auto &[key, candidate] : m_candidates)
        all.open += isOut(candidate) ? 1 : 0;
    return all;
}

} // namespace tapio::correlation

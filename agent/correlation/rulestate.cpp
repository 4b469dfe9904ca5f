// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/rulestate.h"

#include <algorithm>
#include <limits>

#include "agent/correlation/findingtext.h"
#include "agent/correlation/fnv.h"
#include "agent/correlation/toldtogether.h"
#include "protocol/wire/text.h"

namespace tapio::correlation {

namespace {

constexpr std::size_t mostChain = 24, mostAgainst = 8, mostAffected = 16, mostOwners = 16;
constexpr std::size_t mostAffectsBytes = 120;
constexpr std::uint32_t allSteps = ~0u;

/// How many alike an event stands for; a fact that is told with an event is one all the same.
std::uint32_t weightOf(const Observation &seen)
{
    const wire::Event &event = seen.event;
    std::uint32_t repeats = 1;
    const bool isItself = seen.topic == topicOf(event.type);
    if (const auto *tcp = std::get_if<wire::TcpConnection>(&event.detail); tcp != nullptr && isItself)
        repeats = toldTogether(*tcp);
    else if (const auto *dns = std::get_if<wire::DnsQuery>(&event.detail); dns != nullptr && isItself)
        repeats = toldTogether(*dns);
    else if (const auto *login = std::get_if<wire::Login>(&event.detail))
        repeats = login->repeats;
    else if (const auto *file = std::get_if<wire::FileFailure>(&event.detail))
        repeats = file->repeats;
    else if (const auto *capability = std::get_if<wire::CapabilityUse>(&event.detail))
        repeats = capability->repeats;
    return std::max(repeats, 1u);
}

/// The first ones, and then the newest.
void append(EvidenceList &list, const Evidence &one, std::size_t most)
{
    if (list.size() >= most)
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(most / 2));
    const auto place = std::upper_bound(list.begin(), list.end(), one.timeNs,
                                        [](std::int64_t time, const Evidence &other) { return time < other.timeNs; });
    list.insert(place, one);
}

void noteAffected(OpenInsight &insight, std::string_view affects)
{
    if (affects.empty() || insight.affected.size() >= mostAffected)
        return;
    if (std::find(insight.affected.begin(), insight.affected.end(), affects) == insight.affected.end())
        insight.affected.emplace_back(affects);
}

void noteOwner(OpenInsight &insight, std::uint16_t owner)
{
    const bool isNew = owner != 0 && std::find(insight.owners.begin(), insight.owners.end(), owner) == insight.owners.end();
    if (isNew && insight.owners.size() < mostOwners)
        insight.owners.push_back(owner);
}

void noteEvidence(OpenInsight &insight, const Evidence &evidence, const Rule &rule)
{
    const bool isAgainst = rule.steps[evidence.step].role == StepRole::Contradicting;
    append(isAgainst ? insight.against : insight.chain, evidence, isAgainst ? mostAgainst : mostChain);
    const auto newest = std::find_if(insight.chain.rbegin(), insight.chain.rend(),
                                     [&evidence](const Evidence &other) { return other.step == evidence.step; });
    const bool isNewest = newest == insight.chain.rend() || newest->timeNs <= evidence.timeNs;
    if (isNewest || insight.lastText[evidence.step].empty())
        insight.lastText[evidence.step] = evidence.text();
    if (isAgainst)
        return;
    insight.count += evidence.weight;
    insight.toNs = std::max(insight.toNs, evidence.timeNs);
    insight.fromNs = std::min(insight.fromNs, evidence.timeNs);
    noteAffected(insight, evidence.affects());
    noteOwner(insight, evidence.owner);
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

/// Both tell of the same.
void absorb(OpenInsight &insight, const OpenInsight &other, const Rule &rule)
{
    const std::uint64_t count = insight.count + other.count;
    for (const EvidenceList *list : {&other.chain, &other.against}) {
        for (const Evidence &evidence : *list)
            noteEvidence(insight, evidence, rule);
    }
    insight.count = count; // a chain has not all that was counted, nor whom it affects
    for (const std::string &affects : other.affected)
        noteAffected(insight, affects);
    for (const std::uint16_t owner : other.owners)
        noteOwner(insight, owner);
    insight.fulfilled |= other.fulfilled;
    for (std::size_t i = 0; i < rule.steps.size(); ++i)
        insight.counts[i] = std::max(insight.counts[i], other.counts[i]);
    insight.fromNs = std::min(insight.fromNs, other.fromNs);
    insight.severity = std::max(insight.severity, other.severity);
}

Evidence evidenceOf(const RuleState::Taken &taken, std::uint32_t weight)
{
    const RuleState::Words words = taken.source.words();
    Evidence evidence;
    evidence.timeNs = taken.seen.timeNs();
    evidence.uncertaintyNs = std::max<std::int64_t>(taken.seen.place.uncertaintyNs, 0);
    evidence.streamId = taken.seen.place.streamId;
    evidence.seq = taken.seen.place.seq;
    evidence.node = words.node;
    evidence.weight = weight;
    evidence.step = taken.step & 0x7f;
    evidence.owner = words.owner & 0x7fff;
    const std::string_view affects = wire::truncateUtf8(words.affects, mostAffectsBytes);
    evidence.affectsBytes = static_cast<std::uint8_t>(affects.size());
    evidence.affectsHash = words.affectsHash;
    evidence.words = SmallText(affects, words.text);
    return evidence;
}

std::uint32_t checkOf(const EntityKey &entity) { return static_cast<std::uint32_t>(entity.check); }

std::uint32_t stepsRelatedTo(const Rule &rule, std::size_t step)
{
    std::uint32_t steps = 0;
    for (std::size_t i = 0; i < rule.steps.size(); ++i)
        steps |= rule.steps[i].relation && rule.steps[i].relation->step == step ? 1u << i : 0u;
    return steps;
}

bool comesBefore(const Step &step) { return step.relation && step.relation->order == Order::Before; }

bool isOut(const Candidate &candidate) { return candidate.insight && candidate.insight->endedNs == 0; }

} // namespace

RuleState::RuleState(const Rule &rule, const Names &names, FindingSink &sink, std::int64_t updateEveryNs)
    : m_rule(&rule), m_names(names), m_sink(sink), m_updateEveryNs(updateEveryNs)
{
    count.rule = rule.id;
}

/// Where it is, or would be: whoever makes two names of one hash must not have them mixed up.
RuleState::Key RuleState::keyOf(const EntityKey &entity) const
{
    Key key = entity.key;
    for (auto at = m_candidates.find(key); at != m_candidates.end() && at->second.check != checkOf(entity); at = m_candidates.find(key))
        ++key;
    return key;
}

std::pair<RuleState::Candidates::iterator, bool> RuleState::findOrMake(const EntityKey &entity)
{
    const Key key = keyOf(entity);
    if (const auto known = m_candidates.find(key); known != m_candidates.end())
        return {known, false};
    const auto made = m_candidates.try_emplace(key);
    Candidate &candidate = made.first->second;
    candidate.kind = entity.kind;
    candidate.check = checkOf(entity);
    if (std::any_of(m_rule->steps.begin(), m_rule->steps.end(), [](const Step &step) { return step.share.has_value(); }))
        candidate.shares = std::make_unique<std::array<ShareWindow, mostSteps>>();
    return made;
}

// What only supports by following, ends or contradicts begins nothing; nor does what went well, of which a share is counted: that would make
// a candidate of every healthy destination. So a share is of those seen from the first failure on.
bool RuleState::begins(const Step &step, bool fulfils) noexcept
{
    const auto lies = [&step](Order order) { return step.relation && step.relation->order == order; };
    const bool comesFirst = (step.role == StepRole::Supporting && !lies(Order::After))
                            || (step.role == StepRole::Contradicting && lies(Order::Before)); // else it would be forgotten by then
    return fulfils && step.begins && step.by != Selector::Ancestors && (isNeeded(step) || comesFirst);
}

bool RuleState::take(const Taken &taken)
{
    const Step &step = m_rule->steps[taken.step];
    const std::int64_t timeNs = taken.seen.timeNs();
    const auto [at, isNew] =
        begins(step, taken.fulfils) ? findOrMake(taken.entity) : std::pair(m_candidates.find(keyOf(taken.entity)), false);
    if (at == m_candidates.end())
        return false;
    Candidate &candidate = at->second;
    if (isNew)
        candidate.name = SmallText(taken.source.name());
    const std::uint32_t weight = weightOf(taken.seen);
    if (step.share)
        (*candidate.shares)[taken.step].add(timeNs, step.windowNs, weight, taken.fulfils);
    // The share of what came before is known now, and later no more.
    const bool isOfFew = comesBefore(step) && step.share && !(*candidate.shares)[taken.step].reaches(*step.share, step.leastOf);
    bool isKept = false;
    const bool isOfOneThatEnded = candidate.insight && candidate.insight->endedNs != 0 && timeNs <= candidate.insight->toNs;
    if (taken.fulfils && isOfOneThatEnded) { // it would begin again with what is over
        ++count.late;
    } else if (taken.fulfils) {
        Evidence evidence = evidenceOf(taken, weight);
        evidence.isOfFew = isOfFew;
        if (isTooLate(*m_rule, evidence, candidate.evidence))
            return false;
        isKept = isOut(candidate) && isInOrder(*m_rule, evidence, candidate.evidence);
        if (isKept)
            noteEvidence(*candidate.insight, evidence, *m_rule);
        evidence.isNoted = isKept;
        if (insert(candidate.evidence, std::move(evidence), *m_rule)) {
            isKept = true;
            ++count.evidence;
            if (isOut(candidate) && (m_rule->relatedTo >> taken.step & 1) != 0) // others may have waited for it
                noteUntold(candidate, stepsRelatedTo(*m_rule, taken.step));
            const bool waits = !m_pending.empty() && m_pending.back().key == at->first;
            if (!waits)
                m_pending.push_back({at->first, taken.entity, timeNs, &taken.seen.origin});
        } else {
            ++count.late;
            if (isKept) // too late to judge by, and counted all the same
                noteGrowth(at->first, *candidate.insight);
        }
    }
    queue(at->first, candidate);
    return isKept;
}

void RuleState::judgeTaken()
{
    for (const Pending &one : m_pending) {
        const auto at = m_candidates.find(one.key);
        if (at == m_candidates.end()) // it had to make room
            continue;
        judge(one.key, at->second, {one.entity, one.timeNs, *one.origin});
        queue(one.key, at->second);
    }
    m_pending.clear();
}

void RuleState::judge(Key key, Candidate &candidate, const Cause &cause)
{
    std::uint32_t shares = 0;
    for (std::size_t i = 0; candidate.shares && i < m_rule->steps.size(); ++i) {
        const Step &step = m_rule->steps[i];
        shares |= step.share && (comesBefore(step) || (*candidate.shares)[i].reaches(*step.share, step.leastOf)) ? 1u << i : 0u;
    }
    const Standing standing = assess(*m_rule, candidate.evidence, shares, m_room);
    const bool ends = std::any_of(m_rule->steps.begin(), m_rule->steps.end(), [&](const Step &step) {
        return step.role == StepRole::Ending && standing.has(static_cast<std::size_t>(&step - m_rule->steps.data()));
    });
    if (isOut(candidate)) {
        if (ends) {
            noteStanding(*candidate.insight, standing, *m_rule);
            end(candidate, wire::InsightState::Resolved, cause.timeNs);
        } else {
            grow(key, candidate, standing, cause.timeNs);
        }
    } else if (standing.matches && !ends) {
        open(key, candidate, standing, cause);
    }
}

void RuleState::open(Key key, Candidate &candidate, const Standing &standing, const Cause &cause)
{
    const bool isAgain = candidate.insight && cause.timeNs - candidate.insight->endedNs <= m_rule->cooldownNs;
    if (!isAgain) {
        candidate.insight = std::make_unique<OpenInsight>();
        candidate.insight->fromNs = std::numeric_limits<std::int64_t>::max(); // of the first evidence that counts
        Fnv id;
        id.add(m_rule->id);
        id.add(static_cast<std::uint64_t>(cause.entity.kind));
        id.add(cause.entity.key);
        id.add(static_cast<std::uint64_t>(candidate.evidence.front().timeNs));
        candidate.insight->id = id.value();
    }
    OpenInsight &insight = *candidate.insight;
    const std::int64_t knownUntil = isAgain ? insight.toNs : std::numeric_limits<std::int64_t>::min();
    for (Evidence &evidence : candidate.evidence) {
        evidence.isNoted = evidence.timeNs > knownUntil && isInOrder(*m_rule, evidence, candidate.evidence);
        if (evidence.isNoted)
            noteEvidence(insight, evidence, *m_rule);
    }
    const std::int64_t waitsUntil = isAgain ? insight.endedNs + m_rule->cooldownNs : 0;
    insight.endedNs = 0;
    if (waitsUntil > deadlineOf(candidate)) { // it may be over before
        unqueue(key);
        candidate.isQueued = false;
    }
    insight.origin = std::make_shared<const wire::Origin>(cause.origin);
    noteStanding(insight, standing, *m_rule);
    ++(isAgain ? count.reopened : count.opened);
    tell(candidate, isAgain ? wire::InsightState::Updated : wire::InsightState::Open, cause.timeNs);
}

void RuleState::grow(Key key, Candidate &candidate, const Standing &standing, std::int64_t timeNs)
{
    OpenInsight &insight = *candidate.insight;
    const wire::Severity severity = insight.severity;
    const std::uint32_t fulfilled = insight.fulfilled;
    noteStanding(insight, standing, *m_rule);
    const bool isNews = insight.severity != severity || insight.fulfilled != fulfilled;
    if (!isNews && timeNs - insight.toldNs < m_updateEveryNs) {
        noteGrowth(key, insight);
        return;
    }
    ++count.updated;
    tell(candidate, wire::InsightState::Updated, timeNs);
}

void RuleState::noteGrowth(Key key, OpenInsight &insight)
{
    if (!std::exchange(insight.isGrowthNoted, true))
        m_grown.push_back(key);
}

/// Or a burst that is over within a minute of its first event would be that event until the insight ends.
void RuleState::tellGrowth(std::int64_t nowNs)
{
    std::erase_if(m_grown, [&](Key key) {
        const auto at = m_candidates.find(key);
        if (at == m_candidates.end() || !isOut(at->second) || !at->second.insight->isGrowthNoted)
            return true;
        if (nowNs - at->second.insight->toldNs < m_updateEveryNs)
            return false;
        ++count.updated;
        tell(at->second, wire::InsightState::Updated, nowNs);
        return true;
    });
}

void RuleState::end(Candidate &candidate, wire::InsightState state, std::int64_t nowNs)
{
    ++(state == wire::InsightState::Resolved ? count.resolved : count.expired);
    tell(candidate, state, nowNs);
    candidate.insight->endedNs = std::max<std::int64_t>(nowNs, 1);
    candidate.insight->newestNs = candidate.newestNs();
    candidate.evidence.clear();
}

void RuleState::tell(const Candidate &candidate, wire::InsightState state, std::int64_t nowNs)
{
    OpenInsight &insight = *candidate.insight;
    insight.state = state;
    insight.toldNs = nowNs;
    insight.isGrowthNoted = false;
    m_sink.onFinding(findingOf(*m_rule, candidate, state, nowNs, m_names));
}

/// What contradicts keeps nothing alive, nor does what ends: that a service is well again would be told as long as it is used.
std::int64_t RuleState::deadlineOf(const Candidate &candidate) const noexcept
{
    if (isOut(candidate))
        return candidate.insight->toNs + std::max(m_rule->lifetimeNs, m_rule->horizonNs);
    const std::int64_t remembered = candidate.insight ? candidate.insight->endedNs + m_rule->cooldownNs : 0;
    const auto keepsAlive = [this](const Evidence &one) {
        const Step &step = m_rule->steps[one.step];
        return step.role != StepRole::Ending
               && (step.role != StepRole::Contradicting || comesBefore(step)); // it waits for what it contradicts
    };
    const auto newest = std::find_if(candidate.evidence.rbegin(), candidate.evidence.rend(), keepsAlive);
    const std::int64_t beforeNs = candidate.insight ? candidate.insight->newestNs : 0;
    const std::int64_t newestNs = newest == candidate.evidence.rend() ? beforeNs : std::max(beforeNs, newest->timeNs);
    return std::max(newestNs + m_rule->horizonNs, remembered);
}

void RuleState::queue(Key key, Candidate &candidate)
{
    if (std::exchange(candidate.isQueued, true))
        return; // found too early, it is put back
    m_queue.emplace(deadlineOf(candidate), key);
}

void RuleState::advance(std::int64_t nowNs)
{
    tellGrowth(nowNs);
    while (!m_queue.empty() && m_queue.top().first <= nowNs) {
        const Key key = m_queue.top().second;
        m_queue.pop();
        const auto at = m_candidates.find(key);
        Candidate &candidate = at->second;
        candidate.isQueued = false;
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

bool RuleState::evictOne()
{
    // What is out stays as long as there is something else, but nobody searches for long.
    constexpr std::size_t mostPassed = 64;
    std::vector<Due> passed;
    const auto isPassed = [this](const Due &due) { return isOut(m_candidates.at(due.second)); };
    while (!m_queue.empty() && passed.size() < mostPassed && isPassed(m_queue.top())) {
        passed.push_back(m_queue.top());
        m_queue.pop();
    }
    if (m_queue.empty() && passed.empty())
        return false;
    const bool isSpared = !m_queue.empty() && !isPassed(m_queue.top());
    const Due victim = isSpared ? m_queue.top() : passed.front();
    if (isSpared)
        m_queue.pop();
    for (std::size_t i = isSpared ? 0 : 1; i < passed.size(); ++i)
        m_queue.emplace(deadlineOf(m_candidates.at(passed[i].second)), passed[i].second); // as of now, or they are passed by each time
    const auto at = m_candidates.find(victim.second);
    if (isOut(at->second))
        end(at->second, wire::InsightState::Expired, at->second.newestNs());
    ++count.evicted;
    m_candidates.erase(at);
    return true;
}

void RuleState::expireAll(std::int64_t nowNs)
{
    for (; !m_queue.empty(); m_queue.pop()) {
        Candidate &candidate = m_candidates.at(m_queue.top().second);
        if (isOut(candidate))
            end(candidate, wire::InsightState::Expired, nowNs);
    }
    m_candidates.clear();
}

/// Its evidence of these steps becomes that of what is out.
void RuleState::noteUntold(Candidate &candidate, std::uint32_t steps)
{
    for (Evidence &evidence : candidate.evidence) {
        const bool isMeant = !evidence.isNoted && (steps >> evidence.step & 1) != 0;
        if (!isMeant || !isInOrder(*m_rule, evidence, candidate.evidence))
            continue;
        noteEvidence(*candidate.insight, evidence, *m_rule);
        evidence.isNoted = true;
    }
}

/// The insights of two that are one: the one that is out goes on, and when both are, the one that is there goes on for both.
void RuleState::join(Candidate &there, Candidate &moved)
{
    if (isOut(there) && isOut(moved)) {
        absorb(*there.insight, *moved.insight, *m_rule);
        end(moved, wire::InsightState::Expired, moved.newestNs());
    } else if (isOut(moved)) {
        there.insight = std::move(moved.insight);
        noteUntold(there, allSteps); // what it had when nothing was out
    } else if (isOut(there)) {
        std::swap(there.evidence, moved.evidence); // of the other is noted what nothing was out for
        noteUntold(there, allSteps);
        std::swap(there.evidence, moved.evidence);
    } else if (moved.insight && (!there.insight || there.insight->endedNs < moved.insight->endedNs)) {
        there.insight = std::move(moved.insight);
        std::erase_if(there.evidence, [&there](const Evidence &one) { return one.timeNs <= there.insight->toNs; }); // it is over, too
    }
}

void RuleState::amend(const EntityName &was, const EntityName &now, const wire::Origin &origin, std::uint16_t owner)
{
    const auto at = m_candidates.find(keyOf(was.key()));
    if (at == m_candidates.end())
        return;
    Candidate moved = std::move(at->second);
    forget(at);
    const auto [target, isNew] = findOrMake(now.key());
    Candidate &there = target->second;
    if (isNew)
        there.name = SmallText(now.name);
    const bool wasOut = isOut(moved);
    EvidenceList evidence = moved.evidence; // an end takes it
    join(there, moved);
    if (!moved.evidence.empty()) // it knows which of it was noted
        evidence = std::move(moved.evidence);
    if (isOut(there))
        noteOwner(*there.insight, owner);
    for (Evidence &one : evidence) {
        one.owner = one.owner == 0 ? owner & 0x7fff : one.owner;
        const bool isOver = there.insight && !isOut(there) && one.timeNs <= there.insight->toNs;
        if (isOver || !insert(there.evidence, std::move(one), *m_rule))
            ++count.late;
    }
    if (isOut(there)) // what waited in the one may lie beside what the other had
        noteUntold(there, allSteps);
    for (std::size_t i = 0; there.shares && moved.shares && i < m_rule->steps.size(); ++i)
        (*there.shares)[i].merge((*moved.shares)[i]);
    if (there.isQueued) // its time may be another
        unqueue(target->first);
    there.isQueued = false;
    if (isOut(there) && std::exchange(there.insight->isGrowthNoted, false))
        noteGrowth(target->first, *there.insight); // under its key of before nobody finds it
    if (wasOut)
        tell(there, wire::InsightState::Updated, there.newestNs());
    if (!there.evidence.empty())
        judge(target->first, there, {now.key(), there.newestNs(), origin});
    queue(target->first, there);
}

void RuleState::forget(Candidates::iterator at)
{
    const Key key = at->first;
    m_candidates.erase(at);
    unqueue(key);
}

/// Rare enough to build the queue anew.
void RuleState::unqueue(Key key)
{
    std::deque<Due> rest;
    for (; !m_queue.empty(); m_queue.pop()) {
        if (m_queue.top().second != key)
            rest.push_back(m_queue.top());
    }
    m_queue = decltype(m_queue)(std::greater<>(), std::move(rest));
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

// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/evidence.h"

#include <algorithm>

namespace tapio::correlation {

namespace {

constexpr std::uint32_t spare = 4; ///< evidence of a step beyond its count, so that the newest and those that raise it are there

std::uint32_t mostOf(const Rule &rule, std::size_t step)
{
    std::uint32_t most = rule.steps[step].count;
    for (const Raise &raise : rule.raises)
        most = raise.step == step ? std::max(most, raise.count) : most;
    return most + spare;
}

/// The most that lies within one window of that length: they are sorted by time.
std::uint32_t heaviest(std::int64_t windowNs, const std::vector<const Evidence *> &found)
{
    std::uint32_t most = 0, here = 0;
    std::size_t from = 0;
    for (const Evidence *newest : found) {
        here += newest->weight;
        for (; newest->timeNs - found[from]->timeNs > windowNs; ++from)
            here -= found[from]->weight;
        most = std::max(most, here);
    }
    return most;
}

/// The same of different ones affected: those that none of the same is before within the window.
std::uint32_t mostDifferent(std::int64_t windowNs, AssessRoom &room, std::size_t step)
{
    const std::vector<const Evidence *> &found = room.found[step];
    std::vector<std::size_t> &twinsEnd = room.twinsEnd; // one behind the place of the nearest before it that affects the same; 0 = none
    twinsEnd.assign(found.size(), 0);
    std::uint32_t most = 0;
    std::size_t from = 0;
    for (std::size_t to = 0; to < found.size(); ++to) {
        for (std::size_t before = to; before > 0 && twinsEnd[to] == 0; --before)
            twinsEnd[to] = found[before - 1]->affectsSame(*found[to]) ? before : 0;
        while (found[to]->timeNs - found[from]->timeNs > windowNs)
            ++from;
        std::uint32_t here = 0;
        for (std::size_t i = from; i <= to; ++i)
            here += twinsEnd[i] <= from ? 1 : 0;
        most = std::max(most, here);
    }
    return most;
}

/// Of an ending: of the same that it affects, where both steps say whom.
bool isOfItsOwn(const Rule &rule, const Step &step, const Evidence &other, const Evidence &one) noexcept
{
    const bool isTold = step.role == StepRole::Ending && step.affects && step.affects == rule.steps[step.relation->step].affects;
    return !isTold || one.affectsSame(other);
}

/// At most so far apart, whatever their clocks say wrongly.
bool isCertainlyWithin(const Evidence &one, const Evidence &other, std::int64_t mostNs) noexcept
{
    const std::int64_t apart = std::max(one.timeNs, other.timeNs) - std::min(one.timeNs, other.timeNs);
    const bool isOneClock = one.node == other.node && one.node != 0;
    return apart <= mostNs && (isOneClock || one.uncertaintyNs + other.uncertaintyNs <= mostNs - apart);
}

/// `one` lies to `other`, evidence of the step that its own refers to, as its step asks for.
bool isRelated(const Rule &rule, const Step &step, const Evidence &other, const Evidence &one) noexcept
{
    const std::int64_t withinNs = step.relation->withinNs;
    switch (step.relation->order) {
    case Order::After: return isCertainlyAfter(other, one) && one.timeNs - other.timeNs <= withinNs && isOfItsOwn(rule, step, other, one);
    case Order::Before: return isCertainlyAfter(one, other) && other.timeNs - one.timeNs <= withinNs;
    case Order::Overlap: return isCertainlyWithin(one, other, withinNs);
    }
    return false;
}

/// What ended something that began again since ends nothing: it came late.
bool beganAgain(const Rule &rule, const Step &step, const Evidence &cause, const Evidence &one) noexcept
{
    return step.role == StepRole::Ending && cause.timeNs > one.timeNs && isCertainlyAfter(one, cause) && isOfItsOwn(rule, step, cause, one);
}

/// What contradicts by coming before something does not where it came after some of it, too: failures between a rollout and its rollback are of the first.
bool isOfOneBefore(const Step &step, const Evidence &other, const Evidence &one) noexcept
{
    return step.role == StepRole::Contradicting && step.relation->order == Order::Before && isCertainlyAfter(other, one)
           && one.timeNs - other.timeNs <= step.relation->withinNs;
}

/// Evidence of a step that its order lets count.
void findInOrder(const Rule &rule, std::size_t index, const EvidenceList &list, AssessRoom &room)
{
    const Step &step = rule.steps[index];
    std::vector<const Evidence *> &found = room.found[index];
    found.clear();
    for (const Evidence &one : list) {
        if (one.step != index || one.isOfFew)
            continue;
        const auto isOther = [&](const Evidence *other) { return isRelated(rule, step, *other, one); };
        const auto isSince = [&](const Evidence *other) { return beganAgain(rule, step, *other, one) || isOfOneBefore(step, *other, one); };
        const auto has = [&](const auto &is) {
            const auto &others = room.found[step.relation->step];
            return std::any_of(others.begin(), others.end(), is);
        };
        if (!step.relation || (has(isOther) && !has(isSince)))
            found.push_back(&one);
    }
}

/// The oldest of a step; where it counts different ones affected, the oldest that there is another of: one that fails often must not push the
/// others out.
EvidenceList::iterator expendable(EvidenceList &list, const Rule &rule, std::uint8_t step)
{
    const auto oldest = std::find_if(list.begin(), list.end(), [step](const Evidence &one) { return one.step == step; });
    for (auto at = oldest; rule.steps[step].countsAffected && at != list.end(); ++at) {
        const auto isTwin = [&](const Evidence &other) { return other.step == step && other.affectsSame(*at); };
        if (at->step == step && std::any_of(std::next(at), list.end(), isTwin))
            return at;
    }
    return oldest;
}

} // namespace

bool isCertainlyAfter(const Evidence &earlier, const Evidence &later) noexcept
{
    const std::int64_t apart = later.timeNs - earlier.timeNs;
    return earlier.node == later.node && earlier.node != 0 ? apart >= 0 : apart > earlier.uncertaintyNs + later.uncertaintyNs;
}

bool isInOrder(const Rule &rule, const Evidence &one, const EvidenceList &list) noexcept
{
    const Step &step = rule.steps[one.step];
    const auto has = [&](const auto &is) {
        return std::any_of(list.begin(), list.end(), [&](const Evidence &other) { return other.step == step.relation->step && is(other); });
    };
    return !step.relation || (!one.isOfFew && has([&](const Evidence &other) {
        return isRelated(rule, step, other, one);
    }) && !isTooLate(rule, one, list));
}

bool isTooLate(const Rule &rule, const Evidence &one, const EvidenceList &list) noexcept
{
    const Step &step = rule.steps[one.step];
    return step.relation && std::any_of(list.begin(), list.end(), [&](const Evidence &other) {
               return other.step == step.relation->step && isOfOneBefore(step, other, one);
           });
}

bool insert(EvidenceList &list, Evidence &&one, const Rule &rule)
{
    const std::int64_t newest = list.empty() ? one.timeNs : std::max(list.back().timeNs, one.timeNs);
    if (newest - one.timeNs > rule.horizonNs)
        return false;
    const std::uint8_t step = one.step;
    const auto place = std::upper_bound(list.begin(), list.end(), one.timeNs,
                                        [](std::int64_t time, const Evidence &other) { return time < other.timeNs; });
    list.insert(place, std::move(one));
    const auto isKept = [&](const Evidence &old) { return newest - old.timeNs <= rule.horizonNs; };
    if (!isKept(list.front()))
        list.erase(list.begin(), std::find_if(list.begin(), list.end(), isKept));
    const std::size_t most = mostOf(rule, step);
    const auto isOfStep = [step](const Evidence &other) { return other.step == step; };
    if (list.size() > most && std::count_if(list.begin(), list.end(), isOfStep) > static_cast<std::ptrdiff_t>(most))
        list.erase(expendable(list, rule, step));
    return true;
}

Standing assess(const Rule &rule, const EvidenceList &list, std::uint32_t shares, AssessRoom &room)
{
    Standing standing;
    standing.matches = true;
    bool hasEither = false, isEither = false;
    for (std::size_t i = 0; i < rule.steps.size(); ++i) {
        const Step &step = rule.steps[i];
        findInOrder(rule, i, list, room);
        standing.counts[i] = step.countsAffected ? mostDifferent(step.windowNs, room, i) : heaviest(step.windowNs, room.found[i]);
        const bool isThere = standing.counts[i] >= step.count && (!step.share || (shares >> i & 1) != 0);
        if (isThere)
            standing.fulfilled |= 1u << i;
        else
            room.found[i].clear(); // nothing comes after what is not there
        standing.matches = standing.matches && (isThere || step.role != StepRole::Required);
        hasEither = hasEither || step.role == StepRole::Either;
        isEither = isEither || (isThere && step.role == StepRole::Either);
    }
    standing.matches = standing.matches && (isEither || !hasEither);
    return standing;
}

} // namespace tapio::correlation

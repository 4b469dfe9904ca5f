// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/engine.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "agent/correlation/findingtext.h"
#include "agent/correlation/predicate.h"
#include "agent/correlation/rulestate.h"

namespace tapio::correlation {

namespace {

constexpr std::size_t mostNodes = 10'000;
constexpr std::size_t mostOwners = 16'384; // 15 bits hold it
constexpr std::size_t selectors = 17;
constexpr std::uint16_t firstFact = 1000;

bool fulfils(const std::vector<Predicate> &where, const Observation &seen)
{
    return std::all_of(where.begin(), where.end(), [&](const Predicate &predicate) {
        const Value value = predicate.field.of(seen);
        return value.kind != ValueKind::None && allows(predicate, value);
    });
}

bool fulfils(const Step &step, const Observation &seen)
{
    return fulfils(step.where, seen) || (!step.orWhere.empty() && fulfils(step.orWhere, seen));
}

/// The types that this build knows by their number, and the facts behind them; a type of a newer version has the first place, which no step asks for.
std::size_t slotOf(Topic topic)
{
    const auto number = static_cast<std::uint16_t>(topic);
    const std::size_t types = wire::knownEventTypes().size() + 1;
    if (number >= firstFact)
        return types + number - firstFact;
    return number < types ? number : 0;
}

/// Entities of one observation, each worked out once.
class Selection {
public:
    explicit Selection(const Observation &seen) : m_seen(seen) {}
    const std::optional<EntityKey> &of(Selector selector)
    {
        auto &known = m_known[static_cast<std::size_t>(selector)];
        if (!known)
            known = entityKey(selector, m_seen);
        return *known;
    }

private:
    const Observation &m_seen;
    std::array<std::optional<std::optional<EntityKey>>, selectors> m_known;
};

} // namespace

/// One observation, with what is worked out of it once for all rules.
struct Engine::Look {
    const Observation &seen;
    Selection entities;
    std::optional<std::uint32_t> node;
    bool hasText = false; ///< the engine's text is of this one
    /// Of the last step that asked: those of other rules ask for the same.
    struct {
        std::optional<Selector> of;
        std::uint16_t number = 0;
    } owner;
    struct {
        std::optional<Selector> of;
        std::uint32_t hash = 0; ///< its words are the engine's
    } affects;
};

Engine::Engine(RuleSetPtr rules, EngineLimits limits, FindingSink &sink)
    : m_rules(std::move(rules)), m_limits(limits), m_sink(sink), m_identities(limits.identities), m_habits(limits.habits),
      m_processes(limits.processes)
{
    for (const Rule &rule : *m_rules)
        m_states.push_back(std::make_unique<RuleState>(rule, m_names, m_sink, m_limits.updateEveryNs));
    subscribe();
}

Engine::~Engine() = default;

void Engine::subscribe()
{
    m_byTopic.assign(wire::knownEventTypes().size() + 1 + mostFacts, {});
    m_wantsFigures = m_wantsTraffic = m_wantsLineage = false;
    for (std::size_t rule = 0; rule < m_rules->size(); ++rule) {
        for (std::size_t step = 0; step < (*m_rules)[rule].steps.size(); ++step) {
            const Topic topic = (*m_rules)[rule].steps[step].topic;
            m_wantsFigures = m_wantsFigures || isFigure(topic);
            m_wantsTraffic = m_wantsTraffic || isTraffic(topic);
            m_wantsLineage = m_wantsLineage || (*m_rules)[rule].steps[step].by == Selector::Ancestors;
            std::vector<Subscription> &wanted = m_byTopic.at(slotOf(topic)); // those of one rule are in a row
            if (!wanted.empty() && wanted.back().state == m_states[rule].get())
                wanted.back().isLast = false;
            const Step &one = m_states[rule]->rule().steps[step];
            wanted.push_back({m_states[rule].get(), &one, FirstCondition(one), static_cast<std::uint8_t>(step)});
        }
    }
}

std::uint32_t Engine::nodeNumber(std::string_view node)
{
    if (m_names.nodes[m_lastNode] == node && m_lastNode != 0) // runs of events of one node are the rule
        return m_lastNode;
    const auto [known, isNew] = m_nodeNumbers.try_emplace(std::string(node), 0);
    if (isNew && m_names.nodes.size() > mostNodes) {
        m_nodeNumbers.erase(known);
        return 0;
    }
    if (isNew) {
        known->second = static_cast<std::uint32_t>(m_names.nodes.size());
        m_names.nodes.emplace_back(node);
    }
    m_lastNode = known->second;
    return m_lastNode;
}

/// Of whom it is said: of a service, where the entity is one, else of whoever the event is of. What runs without an owner has none.
std::uint16_t Engine::ownerNumber(Selector of, const Observation &seen)
{
    if (seen.subject == nullptr && seen.origin.workloadName.empty())
        return 0;
    const bool isOfParty = (of == Selector::Callee && seen.subject != nullptr) || (of == Selector::Caller && seen.peer != nullptr);
    const Selector selector = isOfParty ? of : Selector::Workload;
    const auto owner = entityKey(selector, seen);
    if (!owner || owner->kind != wire::EntityKind::Workload)
        return 0;
    const auto known = m_ownerNumbers.find(owner->key);
    if (known != m_ownerNumbers.end() && known->second.check == owner->check)
        return known->second.number;
    return newOwner(*owner, select(selector, seen)->id);
}

std::uint16_t Engine::newOwner(const EntityKey &key, const std::string &owner)
{
    if (owner.starts_with("Pod ")) // nothing runs it
        return 0;
    if (m_names.owners.size() > mostOwners) {
        ++m_unnamedOwners;
        return 0;
    }
    const auto number = static_cast<std::uint16_t>(m_names.owners.size());
    m_names.owners.push_back(owner);
    m_ownerNumbers.insert_or_assign(key.key, Owner{key.check, number});
    return number;
}

bool Engine::onEvent(const wire::Event &event, const wire::Origin &origin, const EventPlace &place)
{
    if (m_wantsLineage && (event.type == wire::EventType::ProcessExec || event.type == wire::EventType::ProcessExit))
        m_processes.note(event, event.timeNs + place.offsetNs, nodeNumber(place.node));
    const Identities::Changes changes = m_identities.note(origin);
    bool isEvidence = false;
    if (changes.image)
        isEvidence |= observe({Topic::RolloutImage, event, origin, place, changes.image->before, changes.image->now});
    if (changes.restart)
        isEvidence |= observe({Topic::ContainerRestart, event, origin, place, changes.restart->before, changes.restart->now});
    return onTypedEvent({topicOf(event.type), event, origin, place}) || isEvidence;
}

/// With what is kept of such events beside the rules.
bool Engine::onTypedEvent(Observation seen)
{
    if (const auto *gain = std::get_if<wire::PrivilegeGain>(&seen.event.detail))
        seen.isUsual = m_habits.note(seen.origin, *gain, seen.timeNs());
    else if (m_wantsTraffic && seen.event.type == wire::EventType::TcpConnection)
        m_traffic.try_emplace(nodeNumber(seen.place.node), m_limits.traffic).first->second.note(seen.event, seen.origin, seen.place);
    return observe(seen);
}

void Engine::tellTraffic(std::int64_t nowNs)
{
    for (auto &[node, tracker] : m_traffic) {
        for (TrafficTracker::Fact &fact : tracker.advance(nowNs)) {
            fact.figures.texts[0] = fact.destination;
            fact.place.node = m_names.nodes[node];
            observe({fact.topic, fact.event, *fact.origin, fact.place, {}, {}, &fact.figures});
        }
    }
}

void Engine::onSamples(const wire::SampleBatch &batch, const EventPlace &place)
{
    if (!m_wantsFigures || batch.timeNs <= 0)
        return;
    wire::Event event;
    event.timeNs = batch.timeNs;
    event.severity = wire::Severity::Info;
    const auto known = m_figures.try_emplace(nodeNumber(place.node), m_limits.figures).first;
    for (const FigureTracker::Fact &fact : known->second.onSamples(batch))
        observe({fact.topic,
                 event,
                 batch.origins[fact.origin],
                 {place.node, 0, 0, place.uncertaintyNs, place.offsetNs},
                 {},
                 {},
                 &fact.figures});
}

bool Engine::observe(const Observation &seen)
{
    const std::size_t slot = slotOf(seen.topic);
    if (slot >= m_byTopic.size() || m_byTopic[slot].empty())
        return false;
    bool isTaken = false;
    Look look{seen, Selection(seen), {}, false, {}, {}};
    for (const Subscription &wants : m_byTopic[slot]) {
        const bool isTimed = m_clock != nullptr && wants.state->count.evaluations % timedEvery == 0;
        ++wants.state->count.evaluations;
        isTaken |= isTimed ? evaluateTimed(wants, look) : evaluate(wants, look);
    }
    return isTaken;
}

bool Engine::evaluateTimed(const Subscription &wants, Look &look)
{
    const std::int64_t began = m_clock->bootNs();
    const bool isTaken = evaluate(wants, look);
    ++wants.state->count.timed;
    wants.state->count.timedNs += static_cast<std::uint64_t>(m_clock->bootNs() - began);
    return isTaken;
}

bool Engine::evaluate(const Subscription &wants, Look &look)
{
    const bool isTaken = offer(wants, look);
    RuleState &state = *wants.state;
    // With ancestors what was taken is judged at once, and is there all the same.
    if (wants.isLast && (state.hasTaken() || state.size() > m_limits.candidatesOfRule || m_candidates > m_limits.candidates))
        settle(state);
    return isTaken;
}

/// Room is made after judging, so that an insight that opened just now is spared.
void Engine::settle(RuleState &state)
{
    state.judgeTaken();
    while (state.size() > m_limits.candidatesOfRule && state.evictOne())
        --m_candidates;
    makeRoom();
}

bool Engine::offer(const Subscription &wants, Look &look)
{
    if (!wants.first.mayPass(look.seen))
        return false;
    RuleState &state = *wants.state;
    const Step &step = *wants.step;
    const bool isEvidence = fulfils(step, look.seen);
    if (!isEvidence && !step.share)
        return false;
    if (state.size() == 0 && !RuleState::begins(step, isEvidence)) // nothing waits for it
        return false;
    const auto &entity = look.entities.of(step.by);
    if (!entity) {
        state.count.unjoined += isEvidence ? 1 : 0;
        return false;
    }
    if (m_wantsLineage && isEvidence && entity->kind == wire::EntityKind::Process) // it may have run its program before we looked
        m_processes.note(look.seen.event, look.seen.timeNs(), nodeNumber(look.seen.place.node));
    return step.by == Selector::Ancestors ? takeOfLineage(wants, look) : take(wants, look, *entity, isEvidence);
}

/// Of each process that it descends from.
bool Engine::takeOfLineage(const Subscription &wants, Look &look)
{
    const wire::Process &process = look.seen.event.process;
    bool isTaken = false;
    for (const ProcessTree::Member &member : m_processes.lineage(process, nodeNumber(look.seen.place.node))) {
        isTaken |= take(wants, look, processKey(look.seen.place.node, member.pid, member.startTimeNs), true);
        wants.state->judgeTaken();
    }
    return isTaken;
}

/// Of what a step took.
class Engine::LookWords final : public RuleState::WordsSource {
public:
    LookWords(Engine &engine, const Step &step, Look &look) : m_engine(engine), m_step(step), m_look(look) {}
    RuleState::Words words() const override
    {
        if (!m_look.node)
            m_look.node = m_engine.nodeNumber(m_look.seen.place.node);
        if (!std::exchange(m_look.hasText, true))
            evidenceText(m_look.seen, m_engine.m_text);
        RuleState::Words words;
        words.text = m_engine.m_text;
        words.node = *m_look.node;
        const Selector ofOwner = m_step.affects.value_or(m_step.by);
        if (m_look.owner.of != ofOwner)
            m_look.owner = {ofOwner, m_engine.ownerNumber(ofOwner, m_look.seen)};
        words.owner = m_look.owner.number;
        if (m_step.affects) {
            noteAffected(*m_step.affects);
            words.affects = m_engine.m_affects;
            words.affectsHash = m_look.affects.hash;
        }
        return words;
    }
    std::string name() const override { return nameOf(m_step.by, m_look.seen); }

private:
    void noteAffected(Selector of) const
    {
        if (m_look.affects.of == of)
            return;
        m_look.affects = {of, 0};
        m_engine.m_affects.clear();
        if (const auto &affected = m_look.entities.of(of)) {
            m_engine.m_affects.append(wire::entityKindName(affected->kind)).append(" ");
            appendName(of, m_look.seen, m_engine.m_affects);
            m_look.affects.hash = static_cast<std::uint32_t>(affected->key >> 32 | 1); // never 0
        }
    }

    Engine &m_engine;
    const Step &m_step;
    Look &m_look;
};

bool Engine::take(const Subscription &wants, Look &look, const EntityKey &entity, bool isEvidence)
{
    RuleState &state = *wants.state;
    const std::size_t before = state.size();
    const bool isTaken = state.take({look.seen, entity, LookWords(*this, *wants.step, look), wants.number, isEvidence});
    m_candidates += state.size() - before;
    return isTaken;
}

void Engine::makeRoom()
{
    while (m_candidates > m_limits.candidates) {
        const auto largest =
            std::max_element(m_states.begin(), m_states.end(), [](const auto &a, const auto &b) { return a->size() < b->size(); });
        if (!(*largest)->evictOne())
            return;
        --m_candidates;
    }
}

void Engine::onAmendment(const wire::Origin &was, const wire::Origin &now, std::string_view node)
{
    const wire::Event none;
    const Observation before{Topic::None, none, was, {node}}, after{Topic::None, none, now, {node}};
    for (const Selector selector : {Selector::Pod, Selector::Container, Selector::Workload}) {
        const auto old = select(selector, before), better = select(selector, after);
        if (!old || !better || (old->kind == better->kind && old->id == better->id && old->name == better->name))
            continue;
        for (const auto &state : m_states) {
            const auto &steps = state->rule().steps;
            const bool concerns = std::any_of(steps.begin(), steps.end(), [selector](const Step &step) { return step.by == selector; });
            if (!concerns)
                continue;
            m_candidates -= state->size();
            state->amend(*old, *better, now, ownerNumber(selector, after));
            m_candidates += state->size();
        }
    }
}

void Engine::beginAnew(std::int64_t nowNs)
{
    for (const auto &state : m_states)
        state->expireAll(nowNs);
    m_figures.clear();
    m_traffic.clear();
    m_habits = ImageHabits(m_limits.habits);
}

void Engine::advance(std::int64_t nowNs)
{
    if (nowNs < m_nowNs - longestStepBackNs)
        beginAnew(nowNs);
    m_nowNs = nowNs;
    tellTraffic(nowNs);
    m_candidates = 0;
    for (const auto &state : m_states) {
        state->advance(nowNs);
        m_candidates += state->size();
    }
}

void Engine::setRules(RuleSetPtr rules, std::int64_t nowNs)
{
    std::vector<std::unique_ptr<RuleState>> next;
    for (const Rule &rule : *rules) {
        const auto same = std::find_if(m_states.begin(), m_states.end(), [&](const auto &state) {
            return state && state->rule().id == rule.id && state->rule().digest == rule.digest;
        });
        if (same == m_states.end()) {
            next.push_back(std::make_unique<RuleState>(rule, m_names, m_sink, m_limits.updateEveryNs));
        } else {
            (*same)->setRule(rule);
            next.push_back(std::move(*same));
        }
    }
    m_candidates = 0;
    for (const auto &state : m_states) {
        if (state)
            state->expireAll(nowNs);
    }
    m_states = std::move(next);
    m_rules = std::move(rules); // last: the states that went referred to the old ones
    for (const auto &state : m_states)
        m_candidates += state->size();
    subscribe();
}

std::uint64_t Engine::evicted() const noexcept
{
    return std::accumulate(m_states.begin(), m_states.end(), std::uint64_t(0),
                           [](std::uint64_t sum, const auto &state) { return sum + state->count.evicted; });
}

std::uint64_t Engine::forgotten() const noexcept
{
    return std::accumulate(m_traffic.begin(), m_traffic.end(), m_processes.forgotten() + m_unnamedOwners,
                           [](std::uint64_t sum, const auto &one) { return sum + one.second.forgotten(); });
}

std::vector<RuleCounters> Engine::counters() const
{
    std::vector<RuleCounters> all;
    for (const auto &state : m_states)
        all.push_back(state->counters());
    return all;
}

} // namespace tapio::correlation

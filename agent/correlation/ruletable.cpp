// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/ruletable.h"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>

#include "agent/correlation/contradiction.h"
#include "agent/correlation/duration.h"
#include "agent/correlation/findingtext.h"
#include "protocol/base/tomltable.h"

namespace tapio::correlation {

namespace {

template <typename T> using Words = TomlWords<T>;

const Words<RuleScope> scopes{{"node", RuleScope::Node}, {"cluster", RuleScope::Cluster}};
const Words<StepRole> roles{{"required", StepRole::Required},
                            {"either", StepRole::Either},
                            {"supporting", StepRole::Supporting},
                            {"contradicting", StepRole::Contradicting},
                            {"ending", StepRole::Ending}};
const Words<Order> orders{{"after", Order::After}, {"before", Order::Before}, {"overlap", Order::Overlap}};
const Words<Comparison> comparisons{
    {"equals", Comparison::Equal},       {"not", Comparison::NotEqual},     {"at_least", Comparison::AtLeast},
    {"at_most", Comparison::AtMost},     {"above", Comparison::Above},      {"below", Comparison::Below},
    {"one_of", Comparison::OneOf},       {"none_of", Comparison::NoneOf},   {"begins_with", Comparison::BeginsWith},
    {"ends_with", Comparison::EndsWith}, {"contains", Comparison::Contains}};

const std::string &orderName(Order order)
{
    return std::find_if(orders.begin(), orders.end(), [order](const auto &one) { return one.second == order; })->first;
}

/// With the times that rules are written with.
class Table : public TomlTable {
public:
    using TomlTable::TomlTable;
    std::int64_t duration(const char *key, bool isNeeded)
    {
        const std::string value = text(key, isNeeded);
        const auto ns = parseDuration(value);
        if (!value.empty() && !ns)
            refuse(node(key), '\'' + std::string(key) + "' must be a time such as \"30s\" or \"5m\", of at most 30 days");
        return ns.value_or(1);
    }
};

class RuleReader {
public:
    RuleReader(const std::string &file, std::vector<RuleProblem> &problems) : m_file(file), m_problems(problems) {}

    Rule read(const toml::table &root)
    {
        Table table(root, m_file, m_problems);
        m_rule.file = m_file;
        readHead(table);
        for (const toml::table *one : table.tables("step"))
            readStep(*one);
        for (const toml::table *one : table.tables("raise"))
            readRaise(*one);
        table.end();
        checkWhole(table);
        std::ostringstream decisive;
        for (const char *key : {"root", "lifetime", "cooldown", "step"}) {
            if (const toml::node *node = root.get(key))
                decisive << key << '=' << toml::node_view<const toml::node>(node) << '\n';
        }
        m_rule.digest = decisive.str();
        return std::move(m_rule);
    }

private:
    void readHead(Table &table)
    {
        m_rule.id = table.text("id", true, 48);
        const bool isPlain = std::all_of(m_rule.id.begin(), m_rule.id.end(),
                                         [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
        if (!isPlain)
            table.refuse(table.node("id"), "an id has small letters, digits and hyphens only");
        m_rule.title = table.text("title", true, 80);
        m_rule.scope = table.word("scope", scopes, false).value_or(RuleScope::Node);
        m_root = readSelector(table, "root", true);
        if (m_root == Selector::Ancestors)
            table.refuse(table.node("root"), "'ancestors' are several, and what an insight is about is one: \"process\"");
        m_rule.root = m_root ? kindOf(*m_root) : wire::EntityKind::Unknown;
        m_rule.severity = readSeverity(table);
        m_rule.score = static_cast<std::uint8_t>(table.integer("score", m_rule.score, 1, 99));
        m_rule.lifetimeNs = table.duration("lifetime", true);
        m_rule.cooldownNs = table.duration("cooldown", true);
        m_rule.summary = table.text("summary");
        m_rule.settle = table.text("settle", false);
        m_rule.runbook = table.text("runbook", false, 64);
    }

    wire::Severity readSeverity(Table &table)
    {
        const std::string name = table.text("severity");
        const auto number = numberNamed(Naming::Severity, name);
        if (!number && !name.empty())
            table.refuse(table.node("severity"), '\'' + name + "' is none of debug, info, notice, warning, error, critical");
        return static_cast<wire::Severity>(number.value_or(0));
    }

    std::optional<Selector> readSelector(Table &table, const char *key, bool isNeeded)
    {
        const std::string name = table.text(key, isNeeded);
        const auto selector = selectorFromName(name);
        if (!selector && !name.empty())
            table.refuse(table.node(key), '\'' + name
                                              + "' is none of node, namespace, workload, pod, container, process, destination, nameserver, "
                                                "account, address, cluster, pair, peernode, callee, caller, connection, ancestors");
        return selector;
    }

    std::optional<std::size_t> stepNamed(Table &table, const char *key, bool isNeeded)
    {
        const std::string name = table.text(key, isNeeded);
        const auto found = std::find_if(m_rule.steps.begin(), m_rule.steps.end(), [&](const Step &step) { return step.name == name; });
        if (found != m_rule.steps.end())
            return static_cast<std::size_t>(found - m_rule.steps.begin());
        if (!name.empty())
            table.refuse(table.node(key), "there is no step '" + name + "' before this");
        return std::nullopt;
    }

    void readStep(const toml::table &from)
    {
        Table table(from, m_file, m_problems);
        Step step;
        step.name = table.text("name", true, 32);
        const std::string topic = table.text("event");
        const auto known = topicFromName(topic);
        if (!known && !topic.empty())
            table.refuse(table.node("event"), "there are no events of type '" + topic + "'");
        step.topic = known.value_or(Topic::None);
        if (known && isOfCluster(*known) && m_rule.scope == RuleScope::Node)
            table.refuse(table.node("event"), "unreachable: '" + topic + "' is seen at scope \"cluster\" only");
        if (known && isFigure(*known) && m_rule.scope == RuleScope::Cluster)
            table.refuse(table.node("event"),
                         "unreachable: '" + topic + "' is worked out of samples, which are seen at scope \"node\" only");
        if (known && isTraffic(*known) && m_rule.scope == RuleScope::Cluster)
            table.refuse(table.node("event"), "unreachable: '" + topic + "' is worked out at scope \"node\" only");
        if (known && eventTypeOf(*known) == wire::EventType::Insight)
            table.refuse(table.node("event"), "unreachable: what was found is no evidence of anything");
        step.role = table.word("role", roles, false).value_or(StepRole::Required);
        step.windowNs = table.duration("within", true);
        step.score = static_cast<std::uint8_t>(table.integer("score", 0, 0, 98));
        readJoin(table, step);
        readCount(table, step);
        readOrder(table, step);
        for (const toml::table *one : table.tables("where"))
            readPredicate(*one, step, step.where);
        checkReachable(table, "where", step.name, step.where);
        for (const toml::table *one : table.tables("or_where"))
            readPredicate(*one, step, step.orWhere);
        checkReachable(table, "or_where", step.name, step.orWhere);
        if (table.has("or_where") && !table.has("where"))
            table.refuse(table.node("or_where"), "'or_where' is what else than 'where' will do, and there is none");
        table.end();
        const bool isTwin =
            std::any_of(m_rule.steps.begin(), m_rule.steps.end(), [&](const Step &other) { return other.name == step.name; });
        if (isTwin)
            table.refuse(nullptr, "two steps are called '" + step.name + '\'');
        m_rule.steps.push_back(std::move(step));
    }

    void readJoin(Table &table, Step &step)
    {
        const auto by = table.has("by") ? readSelector(table, "by", true) : m_root;
        static_cast<void>(table.node("by"));
        step.affects = readSelector(table, "affects", false);
        if (step.affects == Selector::Ancestors)
            table.refuse(table.node("affects"), "'ancestors' are several, and 'affects' names one: \"process\"");
        if (!by || step.topic == Topic::None)
            return;
        step.by = *by;
        for (const Selector one : {*by, step.affects.value_or(*by)}) {
            if (!applies(one, step.topic))
                table.refuse(table.node("by"), "events of type " + topicName(step.topic) + " have no " + std::string(selectorName(one)));
        }
        if (m_root && kindOf(*by) != kindOf(*m_root))
            table.refuse(table.node("by"), "impossible join: the rule is about a " + std::string(selectorName(*m_root))
                                               + ", and this step would join by " + std::string(selectorName(*by)));
    }

    void readCount(Table &table, Step &step)
    {
        if (table.has("count") && table.has("distinct"))
            table.refuse(table.node("distinct"), "'count' and 'distinct' exclude each other");
        step.countsAffected = table.has("distinct");
        step.count = static_cast<std::uint32_t>(table.integer("count", 1, 1, mostCount));
        step.count = static_cast<std::uint32_t>(table.integer("distinct", step.count, 1, mostCount));
        if (step.countsAffected && !table.has("affects"))
            table.refuse(table.node("distinct"), "'distinct' counts what 'affects' names, and there is none");
        if (step.countsAffected && step.count > 1 && step.affects == step.by)
            table.refuse(table.node("distinct"), "unreachable: of one " + std::string(selectorName(step.by)) + " there are never "
                                                     + std::to_string(step.count) + " different ones");
        const toml::node *share = table.node("share");
        step.leastOf = static_cast<std::uint32_t>(table.integer("of_at_least", 0, 1, 1'000'000));
        if (share == nullptr && step.leastOf != 0)
            table.refuse(table.node("of_at_least"), "'of_at_least' belongs to 'share', and there is none");
        if (share == nullptr)
            return;
        step.share = share->value<double>();
        if (!step.share || !(*step.share > 0 && *step.share <= 1)) // nor what is no number
            table.refuse(share, "'share' must be a number above 0 and at most 1");
        if (step.by == Selector::Ancestors)
            table.refuse(share, "'share' does not go with 'ancestors', which are several");
        if (step.leastOf == 0)
            table.refuse(share, "'share' needs 'of_at_least': a share of very few says nothing");
    }

    void readOrder(Table &table, Step &step)
    {
        for (const auto &[key, order] : orders) {
            const std::string within = key + "_within";
            const auto other = stepNamed(table, key.c_str(), false);
            if (table.has(within.c_str()) && !table.has(key.c_str()))
                table.refuse(table.node(within.c_str()), '\'' + within + "' belongs to '" + key + "', and there is none");
            const std::int64_t withinNs = table.duration(within.c_str(), table.has(key.c_str()));
            if (other && step.relation)
                table.refuse(table.node(key.c_str()), "a step has one of " + joinedWords(orders) + ", not two");
            if (other)
                step.relation = Relation{order, *other, withinNs};
        }
        checkOrder(table, step);
    }

    void checkOrder(Table &table, Step &step)
    {
        const bool isAny = std::any_of(orders.begin(), orders.end(), [&](const auto &one) { return table.has(one.first.c_str()); });
        step.begins = table.flag("begins", true);
        if (table.has("begins") && !isAny)
            table.refuse(table.node("begins"),
                         "'begins' belongs to 'after' or 'overlap': nothing else could begin what this step waits for");
        if (!step.relation)
            return;
        const Step &other = m_rule.steps[step.relation->step];
        if (isNeeded(step) && !isNeeded(other))
            table.refuse(nullptr, "unreachable: a required step cannot "
                                      + std::string(step.relation->order == Order::Overlap ? "" : "come ") + orderName(step.relation->order)
                                      + " '" + other.name + "', which is not required");
        if (!step.begins && step.relation->order == Order::Before)
            table.refuse(table.node("begins"), "unreachable: what comes before '" + other.name + "' would never wait for it");
        if (step.role == StepRole::Ending && step.relation->order != Order::After)
            table.refuse(table.node("role"), "what ends something comes after it, neither before nor beside");
    }

    void readPredicate(const toml::table &from, const Step &step, std::vector<Predicate> &to)
    {
        Table table(from, m_file, m_problems);
        const std::string name = table.text("field");
        const auto field = step.topic == Topic::None ? std::nullopt : findField(step.topic, name);
        if (!field && !name.empty() && step.topic != Topic::None)
            table.refuse(table.node("field"), "events of type " + topicName(step.topic) + " have no field '" + name + "'; they have "
                                                  + joinedWords(fieldNames(step.topic)));
        std::size_t count = 0;
        for (const auto &[word, comparison] : comparisons) {
            const toml::node *value = table.node(word.c_str());
            if (value == nullptr)
                continue;
            ++count;
            if (field)
                readComparison(table, *value, word, Predicate{*field, comparison, {}, {}}, name.ends_with("Ns"), to);
        }
        if (count != 1)
            table.refuse(nullptr, "a condition has one of " + joinedWords(comparisons) + ", not " + std::to_string(count));
        table.end();
    }

    void readComparison(Table &table, const toml::node &value, const std::string &word, Predicate predicate, bool isTime,
                        std::vector<Predicate> &to)
    {
        const bool isList = predicate.comparison == Comparison::OneOf || predicate.comparison == Comparison::NoneOf;
        const bool isText = predicate.field.kind == ValueKind::Text;
        const bool isOfText = predicate.comparison == Comparison::BeginsWith || predicate.comparison == Comparison::EndsWith
                              || predicate.comparison == Comparison::Contains;
        const bool isOrder =
            !isList && !isOfText && predicate.comparison != Comparison::Equal && predicate.comparison != Comparison::NotEqual;
        if (isText ? isOrder : isOfText) {
            table.refuse(&value, '\'' + word + "' does not go with a " + (isText ? "text" : "number"));
            return;
        }
        const toml::array *list = value.as_array();
        if ((list != nullptr) != isList || (isList && list->empty())) {
            table.refuse(&value, '\'' + word + (isList ? "' takes a list" : "' takes one value"));
            return;
        }
        bool fits = true;
        for (std::size_t i = 0; i < (isList ? list->size() : 1); ++i)
            fits = readValue(isList ? *list->get(i) : value, isTime, predicate) && fits;
        if (!fits)
            table.refuse(&value, std::string("this must be ")
                                     + (isText   ? "a text"
                                        : isTime ? "a time such as \"100ms\", or nanoseconds"
                                                 : "a number")
                                     + (predicate.field.naming == Naming::None ? "" : " or the name of one"));
        else
            to.push_back(std::move(predicate));
    }

    static bool readValue(const toml::node &value, bool isTime, Predicate &predicate)
    {
        const auto text = value.value_exact<std::string>();
        if (predicate.field.kind == ValueKind::Text) {
            if (text && !text->empty())
                predicate.texts.push_back(*text);
            return text && !text->empty();
        }
        std::optional<double> number;
        if (text && isTime) {
            if (const auto ns = parseDuration(*text))
                number = static_cast<double>(*ns);
        } else if (text) {
            number = numberNamed(predicate.field.naming, *text);
        } else if (const auto flag = value.value_exact<bool>()) {
            number = *flag ? 1 : 0;
        } else {
            number = value.value<double>();
        }
        if (number)
            predicate.numbers.push_back(*number);
        return number.has_value();
    }

    void readRaise(const toml::table &from)
    {
        Table table(from, m_file, m_problems);
        Raise raise;
        raise.severity = readSeverity(table);
        const auto step = stepNamed(table, "step", true);
        raise.step = step.value_or(0);
        raise.count = static_cast<std::uint32_t>(table.integer("count", 1, 1, mostCount));
        table.end();
        if (raise.severity <= m_rule.severity)
            table.refuse(table.node("severity"), "unreachable: this is not above the severity of the rule");
        if (step)
            m_rule.raises.push_back(raise);
    }

    void checkWhole(Table &table)
    {
        if (std::none_of(m_rule.steps.begin(), m_rule.steps.end(), [](const Step &step) { return isNeeded(step); }))
            table.refuse(nullptr, "a rule needs at least one step that is required, or one of those that are \"either\"");
        const auto isBegun = [&](const Step &step) { return isNeeded(step) && step.begins && step.by != Selector::Ancestors; };
        if (std::any_of(m_rule.steps.begin(), m_rule.steps.end(), [](const Step &step) { return isNeeded(step); })
            && std::none_of(m_rule.steps.begin(), m_rule.steps.end(), isBegun))
            table.refuse(nullptr, "unreachable: no step that is needed begins anything");
        if (m_rule.steps.size() > mostSteps)
            table.refuse(nullptr, "a rule has at most " + std::to_string(mostSteps) + " steps");
        for (const char *key : {"summary", "settle"}) {
            const std::string problem = placeholderProblem(key == std::string("summary") ? m_rule.summary : m_rule.settle, m_rule);
            if (!problem.empty())
                table.refuse(table.node(key), '\'' + std::string(key) + "': " + problem);
        }
        for (const Step &step : m_rule.steps) {
            m_rule.horizonNs = std::max(m_rule.horizonNs, reach(step));
            m_rule.relatedTo |= step.relation && step.relation->step < mostSteps ? 1u << step.relation->step : 0u;
        }
    }

    static void checkReachable(Table &table, const char *key, const std::string &step, const std::vector<Predicate> &where)
    {
        if (!canBeFulfilled(where))
            table.refuse(table.node(key), "unreachable: no value fulfils all conditions of step '" + step + '\'');
    }

    std::int64_t reach(const Step &step) const
    {
        const std::int64_t beside = step.relation ? step.relation->withinNs + reach(m_rule.steps[step.relation->step]) : 0;
        const bool comesBefore = step.relation && step.relation->order == Order::Before; // the other one is newer
        return comesBefore ? std::max(step.windowNs, beside) : step.windowNs + beside;
    }

    const std::string &m_file;
    std::vector<RuleProblem> &m_problems;
    std::optional<Selector> m_root;
    Rule m_rule;
};

} // namespace

Rule readRule(std::string_view text, const std::string &file, std::vector<RuleProblem> &problems)
{
    const auto table = readToml(text, file, problems);
    return table ? RuleReader(file, problems).read(*table) : Rule();
}

} // namespace tapio::correlation

// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <tuple>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "agent/correlation/ruleloader.h"
#include "console/cli/command.h"
#include "console/cli/connection.h"
#include "console/cli/interrupt.h"
#include "console/cli/knownnames.h"
#include "console/cli/livestream.h"
#include "console/cli/proofviews.h"
#include "console/cli/ruleviews.h"
#include "console/cli/storefile.h"
#include "console/cli/timespec.h"
#include "console/core/metrics/eachevent.h"
#include "console/core/metrics/insightcause.h"
#include "console/core/metrics/insightexport.h"
#include "console/core/metrics/insightlife.h"
#include "console/core/metrics/proofsreader.h"
#include "console/core/metrics/ruleboardreader.h"
#include "console/core/metrics/rulefrequency.h"
#include "console/core/session/username.h"
#include "protocol/wire/evidence.h"

namespace tapio::console {

namespace {

struct InsightsArguments {
    std::filesystem::path store;
    std::vector<std::string> rules, nodes;
    std::string severity = "debug";
    std::string since = "1d";
    std::string id, verdict, reason;
    std::string judged; ///< "confirmed", "rejected", "none"; empty: whatever was said
    bool onlyOpen = false;
    int seconds = 0;
};

constexpr std::size_t mostVerdicts = 100'000;

struct StoredInsights {
    std::vector<InsightView> views;
    VerdictBook verdicts;
    NodeStreams streams; ///< that agents had when the store last heard of them
    std::int64_t nowNs = 0;
    std::filesystem::path file;
    std::map<std::string, RuleFrequency> frequencies; ///< by rule; read where one insight is shown
    std::map<InsightKey, InsightKey> heads;           ///< the earliest of its cause, of each

    /// Of those that were read, wanted or not.
    void findCauses()
    {
        const std::vector<std::size_t> headOf = groupByCause(views);
        for (std::size_t i = 0; i < views.size(); ++i)
            heads.emplace(views[i].key(), views[headOf[i]].key());
    }
    /// None: it is the first of its cause, or alone.
    std::optional<std::uint64_t> headOf(const InsightView &view) const
    {
        const auto head = heads.find(view.key());
        return head == heads.end() || head->second == view.key() ? std::nullopt : std::optional(head->second.second);
    }
    InsightLife life(const InsightView &view) const { return lifeOf(view, streams, nowNs); }
};

/// What was told since then, put together; none when it was reported why not.
std::optional<StoredInsights> readInsights(const CommandContext &context, const InsightsArguments &arguments, int &exitCode)
{
    const auto since = parseMoment(arguments.since, context.clock.utcNs());
    if (!since) {
        exitCode = report(context.err, since.error().within("--since"));
        return std::nullopt;
    }
    StoredInsights stored;
    const auto reader = openStore(context, arguments.store, exitCode, &stored.file);
    if (!reader)
        return std::nullopt;
    EventQuery query;
    query.fromNs = *since;
    query.toNs = INT64_MAX;
    query.filter.types = {wire::EventType::Insight, wire::EventType::AgentNotice}; // a notice tells who began anew
    query.filter.nodes = arguments.nodes;
    InsightFold fold;
    StreamsSeen streams;
    const Interrupt interrupt;
    if (const Status read = eachEvent(*reader, query, interrupt.token(),
                                      [&](const StoredEvent &event) {
                                          fold.add(event);
                                          streams.add(event);
                                      });
        !read) {
        exitCode = report(context.err, read.error());
        return std::nullopt;
    }
    const auto verdicts = reader->verdicts(mostVerdicts);
    if (!verdicts) {
        exitCode = report(context.err, verdicts.error());
        return std::nullopt;
    }
    const auto agents = reader->agents();
    if (!agents) {
        exitCode = report(context.err, agents.error());
        return std::nullopt;
    }
    stored.streams = streams.with(*agents);
    stored.nowNs = context.clock.utcNs();
    stored.views = fold.take();
    stored.verdicts = VerdictBook(*verdicts);
    stored.findCauses();
    if (arguments.id.empty())
        return stored;
    const auto proofs = readProofs(*reader, stored.nowNs, interrupt.token());
    if (!proofs) {
        exitCode = report(context.err, proofs.error());
        return std::nullopt;
    }
    stored.frequencies = frequenciesOf(proofs->report(stored.nowNs, stored.verdicts), stored.verdicts,
                                       stored.nowNs - DetectionProofs::windowNs, stored.nowNs);
    return stored;
}

bool isOfRule(const InsightsArguments &arguments, const std::string &rule)
{
    return arguments.rules.empty() || std::find(arguments.rules.begin(), arguments.rules.end(), rule) != arguments.rules.end();
}

std::set<std::string> shippedRuleIds()
{
    std::set<std::string> ids;
    for (const correlation::Rule &rule : correlation::shippedRules().rules)
        ids.insert(rule.id);
    return ids;
}

/// Of a server that found something itself there is no state, so nobody knows which there are.
std::vector<std::string> agentsOf(std::vector<std::string> nodes)
{
    std::erase_if(nodes, [](const std::string &node) { return node.starts_with(wire::serverNodePrefix); });
    return nodes;
}

/// A rule may be an agent's own and have found nothing yet, so this is no error.
void warnOfNames(const CommandContext &context, const InsightsArguments &arguments, const StoredInsights &stored)
{
    if (arguments.rules.empty() && arguments.nodes.empty())
        return;
    std::set<std::string> rules = shippedRuleIds(), nodes;
    for (const auto &[node, stream] : stored.streams)
        nodes.insert(node);
    for (const InsightView &view : stored.views) {
        rules.insert(view.insight.rule);
        nodes.insert(view.node);
    }
    const std::string since = momentText(arguments.since);
    warnOfUnknown(context.err, "rule", arguments.rules, rules,
                  "none that is shipped has this name, and none that found anything "
                      + std::string(arguments.nodes.empty() ? "" : "on these nodes ") + "since " + since);
    warnOfUnknown(context.err, "node", agentsOf(arguments.nodes), nodes,
                  "no agent of this name is in the store, and nothing that one found since " + since);
}

void keepWanted(StoredInsights &stored, const InsightsArguments &arguments)
{
    const wire::Severity least = severityFromName(arguments.severity);
    std::erase_if(stored.views, [&](const InsightView &view) {
        return !isOfRule(arguments, view.insight.rule) || view.severity < least
               || (arguments.onlyOpen && stored.life(view) != InsightLife::Open)
               || !isLetThrough(verdictFilterFromName(arguments.judged), stored.verdicts.inForce(view.key()));
    });
}

std::string stateOf(const StoredInsights &stored, const InsightView &view) { return std::string(stateWord(view, stored.life(view))); }

nlohmann::json frequencyJson(const RuleFrequency &frequency)
{
    return {{"right", frequency.right},
            {"n", frequency.of},
            {"low_percent", 100 * frequency.low},
            {"high_percent", 100 * frequency.high},
            {"by", frequency.isByOperators ? "operators" : "drills"}};
}

/// How often its rule was right.
std::string frequencyText(const StoredInsights &stored, const std::string &rule)
{
    const auto known = stored.frequencies.find(rule);
    if (known == stored.frequencies.end())
        return "not calibrated";
    const RuleFrequency &frequency = known->second;
    char bounds[32];
    std::snprintf(bounds, sizeof bounds, "%.0f to %.0f %%", 100 * frequency.low, 100 * frequency.high);
    return "right " + std::to_string(frequency.right) + " of " + std::to_string(frequency.of) + " times (" + bounds + ") "
           + (frequency.isByOperators ? "as operators judged" : "by drills");
}

nlohmann::json jsonOf(const StoredInsights &stored, const InsightView &view, const VerdictBook &verdicts)
{
    nlohmann::json object = insightJson(view, verdicts, {stateWord(view, stored.life(view)), stored.headOf(view)});
    if (const auto known = stored.frequencies.find(view.insight.rule); known != stored.frequencies.end())
        object["frequency"] = frequencyJson(known->second);
    return object;
}

std::string verdictWord(const VerdictBook &verdicts, const InsightView &view)
{
    const Verdict *verdict = verdicts.inForce(view.key());
    return verdict ? std::string(verdictKindName(verdict->kind)) : "-";
}

/// The one that it stands under, the earliest of its cause.
std::string underText(const StoredInsights &stored, const InsightView &view)
{
    const auto head = stored.headOf(view);
    return head ? insightIdText(*head) : "-";
}

int runList(const CommandContext &context, const InsightsArguments &arguments)
{
    int exitCode = ExitOk;
    auto stored = readInsights(context, arguments, exitCode);
    if (!stored)
        return exitCode;
    warnOfNames(context, arguments, *stored);
    const std::size_t all = stored->views.size();
    keepWanted(*stored, arguments);
    if (context.format == OutputFormat::Json) {
        nlohmann::json list = nlohmann::json::array();
        for (const InsightView &view : stored->views)
            list.push_back(jsonOf(*stored, view, stored->verdicts));
        printJson(context.out, list);
        return ExitOk;
    }
    Table table({{"ID"},
                 {"STATE"},
                 {"SEVERITY"},
                 {"VERDICT"},
                 {"UNDER"},
                 {"FROM"},
                 {"TO"},
                 {"RULE"},
                 {"NODE"},
                 {"ROOT"},
                 {"EVIDENCE", Table::Align::Right},
                 {"WHAT HAPPENED"}});
    for (const InsightView &view : stored->views) {
        table.add({insightIdText(view.insight.id), stateOf(*stored, view), std::string(wire::severityName(view.severity)),
                   verdictWord(stored->verdicts, view), underText(*stored, view), utcText(view.insight.fromNs), utcText(view.insight.toNs),
                   view.insight.rule, view.node, view.insight.root, std::to_string(view.insight.evidenceCount), view.insight.text});
    }
    if (table.empty() && all > 0)
        context.err << "none of " << all << " insights since " << momentText(arguments.since) << " is as wanted\n";
    else if (table.empty())
        context.err << "no insight is stored since " << momentText(arguments.since) << '\n';
    else
        table.print(context.out);
    return ExitOk;
}

void printEvidence(std::ostream &out, const char *title, const std::vector<std::string> &lines)
{
    if (lines.empty())
        return;
    out << title << '\n';
    Table table({{"TIME"}, {"STEP"}, {"NODE"}, {"EVENT"}, {"WHAT"}});
    for (const std::string &line : lines) {
        const auto ref = wire::parseEvidence(line);
        if (!ref) {
            table.add({"-", "-", "-", "-", line});
            continue;
        }
        const std::string sure = ref->uncertaintyNs == 0 ? "" : " +- " + durationText(static_cast<std::int64_t>(ref->uncertaintyNs));
        const std::string event = ref->seq == 0 ? "not sent" : insightIdText(ref->streamId) + '/' + std::to_string(ref->seq);
        table.add({utcText(ref->timeNs) + sure, ref->step, ref->node, event, ref->text});
    }
    table.print(out);
}

void printVerdicts(std::ostream &out, const VerdictBook &verdicts, const InsightView &view)
{
    const std::vector<Verdict> history = verdicts.history(view.key());
    out << "verdict     " << (history.empty() ? "none" : verdictWord(verdicts, view) == "-" ? "none: withdrawn" : "");
    for (auto given = history.rbegin(); given != history.rend(); ++given) {
        const bool first = given == history.rbegin();
        if (!first || given->kind == VerdictKind::Withdrawn)
            out << (first ? "\n  last      " : "\n  before    ");
        out << verdictKindName(given->kind) << " by " << printable(given->user) << " at " << utcText(given->timeNs);
        if (!given->reason.empty())
            out << ": " << printable(given->reason);
    }
    out << '\n';
}

/// Those of the same cause, the earliest first.
void printCause(std::ostream &out, const StoredInsights &stored, const InsightView &view)
{
    const InsightKey &head = stored.heads.at(view.key());
    std::vector<const InsightView *> others;
    for (const InsightView &other : stored.views) {
        if (other.key() != view.key() && stored.heads.at(other.key()) == head)
            others.push_back(&other);
    }
    std::sort(others.begin(), others.end(), [&head](const InsightView *a, const InsightView *b) {
        return std::tuple(a->key() != head, a->insight.fromNs, a->key()) < std::tuple(b->key() != head, b->insight.fromNs, b->key());
    });
    constexpr std::size_t mostShown = 10;
    for (std::size_t i = 0; i < std::min(others.size(), mostShown); ++i)
        out << (others[i]->key() == head ? "under       " : "same cause  ") << insightIdText(others[i]->insight.id) << ' '
            << printable(others[i]->insight.text) << '\n';
    if (others.size() > mostShown)
        out << "            and " << others.size() - mostShown << " more: tapio insights list has them all\n";
}

void printOne(std::ostream &out, const StoredInsights &stored, const InsightView &view)
{
    const wire::Insight &insight = view.insight;
    out << printable(insight.text) << "\n\n"
        << "id          " << insightIdText(insight.id) << '\n'
        << "rule        " << printable(insight.rule) << ", rule score " << int{insight.score} << " %, "
        << frequencyText(stored, insight.rule) << '\n'
        << "state       " << stateOf(stored, view) << ", " << wire::severityName(view.severity) << ", told " << view.times
        << " times, last " << utcText(view.toldNs) << '\n'
        << "node        " << printable(view.node) << '\n'
        << "root        " << wire::entityKindName(insight.rootKind) << ' ' << printable(insight.root) << '\n'
        << "time        " << utcText(insight.fromNs) << " to " << utcText(insight.toNs) << '\n'
        << "evidence    " << insight.evidenceCount << ", " << insight.evidence.size() << " of it below\n";
    for (const std::string &affected : insight.affected)
        out << "affects     " << printable(affected) << '\n';
    for (const std::string &owner : insight.owners)
        out << "owner       " << printable(owner) << '\n';
    printCause(out, stored, view);
    if (!insight.settle.empty())
        out << "to settle   " << printable(insight.settle) << '\n';
    if (!insight.runbook.empty())
        out << "runbook     " << printable(insight.runbook) << '\n';
    printVerdicts(out, stored.verdicts, view);
    out << '\n';
    printEvidence(out, "Chain", insight.evidence);
    printEvidence(out, "Speaks against it", insight.contradicting);
}

/// The one that the id, or its beginning, names. Null: it was reported which it could be.
const InsightView *chooseOne(const CommandContext &context, const InsightsArguments &arguments, const StoredInsights &stored, int &exitCode)
{
    const auto isMeant = [&](const InsightView &view) { return insightIdText(view.insight.id).starts_with(arguments.id); };
    const auto count = std::count_if(stored.views.begin(), stored.views.end(), isMeant);
    if (count == 1)
        return &*std::find_if(stored.views.begin(), stored.views.end(), isMeant);
    const bool none = count == 0;
    const std::string found = none ? "no insight" : std::to_string(count) + " insights";
    exitCode = report(context.err,
                      Error(none ? Errc::NotFound : Errc::InvalidArgument,
                            found + " of " + momentText(arguments.since) + " until now: '" + arguments.id + "'"),
                      none ? "'tapio insights list' has the ids; --since looks further back"
                           : "'tapio insights list' has the ids; --node tells those of two nodes apart");
    return nullptr;
}

int runShow(const CommandContext &context, const InsightsArguments &arguments)
{
    int exitCode = ExitOk;
    auto stored = readInsights(context, arguments, exitCode);
    const InsightView *view = stored ? chooseOne(context, arguments, *stored, exitCode) : nullptr;
    if (!view)
        return exitCode;
    if (context.format == OutputFormat::Json)
        printJson(context.out, jsonOf(*stored, *view, stored->verdicts));
    else
        printOne(context.out, *stored, *view);
    return ExitOk;
}

int runVerdict(const CommandContext &context, const InsightsArguments &arguments)
{
    int exitCode = ExitOk;
    const VerdictKind kind = verdictKindFromName(arguments.verdict);
    auto stored = readInsights(context, arguments, exitCode);
    const InsightView *view = stored ? chooseOne(context, arguments, *stored, exitCode) : nullptr;
    if (!view)
        return exitCode;
    if (kind == VerdictKind::Withdrawn && !stored->verdicts.inForce(view->key()))
        return report(context.err,
                      Error(Errc::InvalidArgument, "there is no verdict on " + insightIdText(view->insight.id) + " to withdraw"),
                      "'tapio insights show ID' has all that were given");
    const Verdict verdict{view->node, view->insight.id, view->insight.rule, kind, arguments.reason, localUserName(), context.clock.utcNs()};
    if (const Status status = addVerdict(stored->file, verdict, context.clock); !status)
        return report(context.err, status.error(), status.error().code() == Errc::InvalidArgument ? "say why with --reason TEXT" : "");
    std::vector<Verdict> all = stored->verdicts.history(view->key());
    all.push_back(verdict);
    if (context.format == OutputFormat::Json)
        printJson(context.out, jsonOf(*stored, *view, VerdictBook(all)));
    else
        context.out << insightIdText(view->insight.id) << ' ' << verdictKindName(kind) << " by " << printable(verdict.user) << ": "
                    << printable(view->insight.text) << '\n';
    return ExitOk;
}

int runProofs(const CommandContext &context, const InsightsArguments &arguments)
{
    int exitCode = ExitOk;
    const auto reader = openStore(context, arguments.store, exitCode);
    if (!reader)
        return exitCode;
    Interrupt interrupt;
    const std::int64_t nowNs = context.clock.utcNs();
    const auto proofs = readProofs(*reader, nowNs, interrupt.token());
    if (!proofs)
        return report(context.err, proofs.error());
    const auto verdicts = reader->verdicts(mostVerdicts);
    if (!verdicts)
        return report(context.err, verdicts.error());
    const ProofReport proved = proofs->report(nowNs, VerdictBook(*verdicts));
    if (context.format == OutputFormat::Json)
        printJson(context.out, proofsJson(proved));
    else
        printProofs(context.out, proved);
    return ExitOk;
}

int runRules(const CommandContext &context, const InsightsArguments &arguments)
{
    int exitCode = ExitOk;
    const std::int64_t nowNs = context.clock.utcNs();
    const auto since = parseMoment(arguments.since, nowNs);
    if (!since)
        return report(context.err, since.error().within("--since"));
    const auto reader = openStore(context, arguments.store, exitCode);
    if (!reader)
        return exitCode;
    Interrupt interrupt;
    const auto board = readRuleBoard(*reader, shippedRuleFacts(), {}, *since, nowNs, interrupt.token());
    if (!board)
        return report(context.err, board.error());
    if (context.format == OutputFormat::Json)
        printJson(context.out, rulesJson(*board));
    else
        printRules(context.out, *board);
    return ExitOk;
}

LineTable toldTable()
{
    return LineTable({{"TOLD", 24}, {"STATE", 8}, {"SEVERITY", 8}, {"ID", 16}, {"RULE", 24}, {"NODE", 15}, {"WHAT HAPPENED"}});
}

void printTold(const CommandContext &context, const InsightView &view)
{
    if (context.format == OutputFormat::Json) {
        nlohmann::json object = insightJson(view, {});
        object.erase("verdict"); // those are in a store, and this is from a server
        object.erase("verdicts");
        context.out << object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
        return;
    }
    const wire::Insight &insight = view.insight;
    toldTable().print(context.out,
                      {utcText(view.toldNs), std::string(wire::insightStateName(insight.state)),
                       std::string(wire::severityName(view.severity)), insightIdText(insight.id), insight.rule, view.node, insight.text});
}

int runWatchInsights(const CommandContext &context, const InsightsArguments &arguments)
{
    std::set<std::string> nodes;
    LiveStream stream;
    stream.seconds = arguments.seconds;
    stream.subscribe.samples = false;
    stream.subscribe.reports = false;
    stream.subscribe.filter.types = {wire::EventType::Insight};
    stream.subscribe.filter.minSeverity = severityFromName(arguments.severity);
    stream.subscribe.filter.nodes = arguments.nodes;
    stream.begin = [&context, &arguments] {
        if (context.format == OutputFormat::Table)
            toldTable().printTitles(context.out);
        context.out.flush();
        warnOfUnknown(context.err, "rule", arguments.rules, shippedRuleIds(),
                      "none that is shipped has this name; an agent may have its own");
    };
    stream.agent = [&nodes](const wire::AgentState &state) { nodes.insert(state.node); };
    stream.settled = [&] {
        warnOfUnknown(context.err, "node", agentsOf(arguments.nodes), nodes, "the server has not seen an agent of this name yet");
    };
    stream.take = [&context, &arguments](const wire::Delivery &delivery) {
        const auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body);
        for (std::size_t i = 0; batch && i < batch->events.size(); ++i) {
            const wire::Insight *insight = wire::insightOf(batch->events[i].detail);
            if (insight == nullptr || !isOfRule(arguments, insight->rule))
                continue;
            printTold(context, {delivery.node,
                                *insight,
                                batch->events[i].severity,
                                batch->events[i].timeNs,
                                1,
                                delivery.frame.streamId,
                                batch->seqOf(i),
                                {}});
        }
        context.out.flush();
    };
    return runLiveStream(context, stream);
}

} // namespace

void addInsightsCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    auto arguments = std::make_shared<InsightsArguments>();
    CLI::App *insights = app.add_subcommand("insights", "What the agents' rules found, with its evidence");
    insights->require_subcommand(1);
    CLI::App *list = insights->add_subcommand("list", "Stored insights, the newest first");
    CLI::App *show = insights->add_subcommand("show", "One insight with its chain of events and the verdicts on it");
    CLI::App *watch = insights->add_subcommand(
        "watch", "What the server still holds, then new ones as they come, until Ctrl-C; with -o json one object per line");
    CLI::App *verdict = insights->add_subcommand(
        "verdict", "Say whether an insight is right. The last verdict holds; 'withdrawn' takes it back, and all of them are kept");
    CLI::App *proofs = insights->add_subcommand(
        "proofs", "When drills last proved that each rule finds what it is there for, and what was missed or a false alarm, of 30 days");
    CLI::App *rules = insights->add_subcommand(
        "rules",
        "How each rule fares: what it evaluated and took as evidence, what opened, what was suppressed or forgotten, and what it costs");
    proofs->add_option("--store", arguments->store, "the store's file");
    for (CLI::App *one : {list, show, verdict, rules}) {
        one->add_option("--since", arguments->since, "10m, 2h, 1d ago, or 2026-03-01T12:00:05Z, or with +02:00")->capture_default_str();
        one->add_option("--store", arguments->store, "the store's file");
    }
    for (CLI::App *one : {list, show, watch, verdict})
        one->add_option("--node", arguments->nodes, "only what these nodes' agents found");
    for (CLI::App *one : {list, watch}) {
        one->add_option("--rule", arguments->rules, "only of these rules");
        one->add_option("--severity", arguments->severity, "this severity and above")
            ->check(CLI::IsMember({"debug", "info", "notice", "warning", "error", "critical"}));
    }
    list->add_flag("--open", arguments->onlyOpen, "only what is neither resolved nor expired");
    list->add_option("--verdict", arguments->judged, "only what somebody has confirmed or rejected; or none: nobody has said anything")
        ->check(CLI::IsMember({"confirmed", "rejected", "none"}));
    watch->add_option("--seconds", arguments->seconds, "leave after this time")->check(CLI::Range(1, 86400));
    for (CLI::App *one : {show, verdict})
        one->add_option("ID", arguments->id, "as list shows it, or its beginning")->required();
    verdict->add_option("VERDICT", arguments->verdict, "confirmed, rejected or withdrawn")
        ->required()
        ->check(CLI::IsMember({"confirmed", "rejected", "withdrawn"}));
    verdict->add_option("--reason", arguments->reason, "what was seen that makes it right or wrong; needed, but to withdraw");
    const auto runs = [&context, &chosen, arguments](CLI::App *one, int (*run)(const CommandContext &, const InsightsArguments &)) {
        one->callback([&context, &chosen, arguments, run] { chosen = [&context, arguments, run] { return run(context, *arguments); }; });
    };
    runs(list, runList);
    runs(show, runShow);
    runs(watch, runWatchInsights);
    runs(verdict, runVerdict);
    runs(proofs, runProofs);
    runs(rules, runRules);
}

} // namespace tapio::console

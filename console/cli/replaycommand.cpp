// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "agent/replay/replayer.h"
#include "agent/replay/scenario.h"
#include "console/cli/command.h"
#include "console/cli/interrupt.h"
#include "console/cli/rulesfolder.h"
#include "console/core/metrics/insightexport.h"

namespace tapio::console {

namespace {

struct ReplayArguments {
    std::filesystem::path file, rules;
    std::string speed = "max";
};

constexpr double mostSpeed = 1e6;

/// "max" is none; or so many times as fast as it was.
std::optional<double> speedOf(const std::string &text)
{
    double speed = 0;
    return text != "max" && CLI::detail::lexical_cast(text, speed) ? std::optional(speed) : std::nullopt;
}

std::string refuseSpeed(const std::string &text)
{
    double speed = 0;
    const bool isSpeed = text == "max" || (CLI::detail::lexical_cast(text, speed) && speed > 0 && speed <= mostSpeed);
    return isSpeed ? std::string() : '\'' + text + "' is no speed: 1 is as it was, 10 ten times as fast, 'max' as fast as it goes";
}

/// Holds deliveries back until their time has come.
class Pace {
public:
    Pace(std::optional<double> speed, const Clock &clock) : m_speed(speed), m_clock(clock) {}

    /// False: a stop was requested meanwhile.
    bool wait(std::int64_t arrivedNs, const std::stop_token &stop)
    {
        if (!m_speed)
            return !stop.stop_requested();
        if (m_startedNs < 0) {
            m_startedNs = m_clock.bootNs();
            m_firstNs = arrivedNs;
        }
        const double since = static_cast<double>(arrivedNs - m_firstNs) / *m_speed;
        const std::int64_t leftNs = m_startedNs + static_cast<std::int64_t>(since) - m_clock.bootNs();
        if (leftNs > 0) {
            std::unique_lock lock(m_mutex);
            m_stopped.wait_for(lock, stop, std::chrono::nanoseconds(leftNs), [] { return false; });
        }
        return !stop.stop_requested();
    }

private:
    std::optional<double> m_speed;
    const Clock &m_clock;
    std::mutex m_mutex;
    std::condition_variable_any m_stopped;
    std::int64_t m_startedNs = -1, m_firstNs = 0;
};

std::size_t widestId(const correlation::RuleSet &rules)
{
    std::size_t widest = 4; // of "RULE"
    for (const correlation::Rule &rule : rules)
        widest = std::max(widest, rule.id.size());
    return widest;
}

/// What was found, a line each: columns of a width that most fit, or JSON objects.
class FindingLines {
public:
    FindingLines(const CommandContext &context, const correlation::RuleSet &rules)
        : m_context(context),
          m_table({{"TIME", 24}, {"STATE", 8}, {"SEVERITY", 8}, {"RULE", widestId(rules)}, {"NODE", 15}, {"ROOT", 32}, {"WHAT HAPPENED"}})
    {}

    void header() const
    {
        if (m_context.format == OutputFormat::Table)
            m_table.printTitles(m_context.out);
    }

    void print(const std::string &node, correlation::Finding &&finding) const
    {
        const InsightView view{node, std::move(finding.insight), finding.severity, finding.timeNs, 0, 0, 0, {}};
        const wire::Insight &insight = view.insight;
        if (m_context.format == OutputFormat::Json)
            m_context.out << insightJson(view, {}).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
        else
            m_table.print(m_context.out, {utcText(view.toldNs), std::string(wire::insightStateName(insight.state)),
                                          std::string(wire::severityName(view.severity)), insight.rule, node, insight.root, insight.text});
    }

private:
    const CommandContext &m_context;
    LineTable m_table;
};

void printSummary(const CommandContext &context, const recording::Reader &reader, const replay::ReplayCounters &counters)
{
    context.err << counters.events << " events, ";
    if (reader.samples() > 0)
        context.err << reader.samples() << " samples, ";
    context.err << counters.opened << " insights";
    if (counters.insights > 0)
        context.err << "; " << counters.insights << " events are insights that agents found, and no evidence";
    context.err << '\n';
    if (reader.end() && reader.end()->lost > 0)
        context.err << "incomplete: " << reader.end()->lost << " events were lost while it was recorded\n";
}

Error endsInTheMiddle(const recording::Reader &reader)
{
    const std::string until = reader.lastReceivedNs() > 0 ? "what arrived until " + utcText(reader.lastReceivedNs()) + " was replayed"
                                                          : "there was nothing to replay";
    return Error(Errc::Corrupt, replay::missingEnd(reader) + "; " + until);
}

int runReplay(const CommandContext &context, const ReplayArguments &arguments)
{
    const auto known = rulesOf(context, arguments.rules);
    if (!known)
        return ExitConfiguration;
    const replay::Replayable replayable = replay::replayable(*known);
    const correlation::RuleSetPtr &rules = replayable.withSamples; // an engine of one node, as in its agent
    auto reader = recording::Reader::open(arguments.file);
    if (!reader)
        return report(context.err, reader.error());
    Interrupt interrupt;
    const FindingLines lines(context, *known);
    lines.header();
    const auto print = [&](const std::string &node, correlation::Finding &&finding) { lines.print(node, std::move(finding)); };
    replay::Replayer replayer(rules, print, {}, replayable.withLinks);
    Pace pace(speedOf(arguments.speed), context.clock);
    for (;;) {
        const auto next = reader->next();
        if (!next)
            return report(context.err, next.error().within(arguments.file.native()));
        if (!*next)
            break;
        if (!context.out.good())
            return ExitOk; // who reads wants no more
        if (!pace.wait(recording::receivedNs(**next), interrupt.token()))
            return report(context.err, Error(Errc::Cancelled, "interrupted: what was found until then is all that is printed"));
        if (const Status fed = replayer.onReceived(**next); !fed)
            return report(context.err, fed.error().within(arguments.file.native()));
        if (arguments.speed != "max")
            context.out.flush();
    }
    replayer.finish(reader->end() ? reader->end()->endedNs : reader->lastReceivedNs());
    context.out.flush();
    printSummary(context, *reader, replayer.counters());
    if (!replayable.onlyWithLinks.empty() && !reader->hasLinks())
        context.err << replayable.onlyWithLinks.size()
                    << " rules need what a server knows of its links, which is not in this recording (tapio record --links)\n";
    if (!reader->end())
        return report(context.err, endsInTheMiddle(*reader).within(arguments.file.native()),
                      "copy it again if it was cut on its way; one that is still recorded, or whose recorder was killed, has no more");
    return ExitOk;
}

} // namespace

void addReplayCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    auto arguments = std::make_shared<ReplayArguments>();
    CLI::App *replay = app.add_subcommand(
        "replay", "A recording through the correlation engine, and what its rules find; with -o json one object per line");
    replay->add_option("FILE", arguments->file, "made by 'tapio record'")->required()->option_text(" ");
    replay->add_option("--speed", arguments->speed, "so many times as fast as it was, or max")
        ->capture_default_str()
        ->check(CLI::Validator(refuseSpeed, ""))
        ->option_text("X|max");
    addRulesOption(*replay, arguments->rules);
    replay->footer("The same recording and rules give the same answer byte for byte, at any speed: time is that of the events.");
    replay->callback([&context, &chosen, arguments] { chosen = [&context, arguments] { return runReplay(context, *arguments); }; });
}

} // namespace tapio::console

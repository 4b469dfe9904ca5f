// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "console/cli/command.h"
#include "console/cli/connection.h"
#include "console/cli/interrupt.h"
#include "console/cli/recording.h"
#include "console/cli/recordlabels.h"
#include "console/cli/storefile.h"
#include "console/cli/timespec.h"
#include "protocol/recording/reader.h"

namespace tapio::console {

namespace {

using namespace std::chrono_literals;

struct RecordArguments {
    std::filesystem::path out, store, recording;
    std::string from, to;
    std::vector<std::string> hostTypes;
    replay::Selection selection;
    LabelArguments labels;
    int seconds = 0;
    bool withSamples = false, withLinks = false;

    bool isOfThePast() const { return !store.empty() || !recording.empty() || !from.empty() || !to.empty(); }
};

void printSummary(const CommandContext &context, const RecordArguments &arguments, const RecordingFile &file)
{
    if (context.format == OutputFormat::Json) {
        printJson(context.out, {{"file", arguments.out.native()},
                                {"events", file.events()},
                                {"samples", file.samples()},
                                {"bytes", file.bytes()},
                                {"left_out", file.leftOut()},
                                {"lost", file.lost()}});
    } else {
        context.out << file.events() << " events";
        if (file.samples() > 0)
            context.out << " and " << file.samples() << " samples";
        context.out << " in " << bytesText(static_cast<std::int64_t>(file.bytes())) << " to " << printable(arguments.out.native()) << '\n';
        if (file.leftOut() > 0)
            context.out << file.leftOut() << " others were left out, as asked for\n";
    }
    if (file.lost() > 0)
        context.err << "incomplete: " << file.lost() << " events of this time were lost before they came here" << std::endl;
}

/// What whoever records says of it; beside a whole recording alone.
Status writeLabels(const CommandContext &context, const RecordArguments &arguments, std::int64_t fromNs, std::int64_t toNs)
{
    if (!arguments.labels.isGiven())
        return {};
    const auto &nodes = arguments.selection.nodes;
    const auto labels = labelsOf(arguments.labels, arguments.out, nodes.size() == 1 ? nodes.front() : std::string(), fromNs, toNs);
    for (const std::string &rule : unknownRules(labels))
        context.err << "no rule '" << printable(rule) << "' is shipped: it is found by rules of your own, or misspelt" << std::endl;
    return writeLabelFile(labels, arguments.out);
}

/// What was begun and is of no use. Should it stay, it is an empty recording and says so.
void discard(const std::filesystem::path &file)
{
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
}

/// A session whose deliveries go to a file.
class LiveRecording {
public:
    LiveRecording(const CommandContext &context, RecordingFile &file, const RecordArguments &arguments, std::int64_t startedNs)
        : m_context(context), m_file(file), m_losses(arguments.selection.nodes), m_withLinks(arguments.withLinks), m_startedNs(startedNs),
          m_flushedNs(context.clock.bootNs())
    {}

    ServerClientHandlers handlers(const std::string &server)
    {
        ServerClientHandlers handlers;
        handlers.delivery = [this](const wire::Delivery &delivery) { take(delivery); };
        handlers.queueDropped = [this](std::uint64_t events) {
            m_dropped = std::max(m_dropped, events);
            noteLost();
        };
        handlers.agentState = [this](const wire::AgentState &state) {
            m_losses.note(state);
            noteLost();
            takeLink(state);
        };
        handlers.link = [this, server](bool up, const std::string &reason) {
            m_droppedBefore += std::exchange(m_dropped, 0); // what the server counts begins anew with a session
            if (up)
                m_context.err << "connected to " << server << " again" << std::endl;
            else
                m_context.err << "disconnected from " << server << ", trying again: " << printable(reason) << std::endl;
        };
        handlers.linkNotice = [this](const wire::LinkNotice &notice) {
            constexpr std::array<std::string_view, 3> losses{"late-events-gone", "late-events-dropped", "amendments-dropped"};
            if (std::find(losses.begin(), losses.end(), notice.code) != losses.end())
                m_context.err << "incomplete: " << printable(notice.reason) << " (" << notice.repeated << ", " << printable(notice.code)
                              << ')' << std::endl;
        };
        return handlers;
    }

    void begin() const { m_context.err << "recording; Ctrl-C ends it" << std::endl; }
    /// Nothing more can be written; or what was written is safe for now.
    bool isBroken()
    {
        const std::int64_t nowNs = m_context.clock.bootNs();
        if (m_status && nowNs - m_flushedNs >= nsPerSecond) {
            m_status = m_file.flush();
            m_flushedNs = nowNs;
        }
        return !m_status;
    }
    const Status &status() const noexcept { return m_status; }

private:
    void noteLost() { m_file.setLost(m_droppedBefore + m_dropped + m_losses.total()); }
    void take(const wire::Delivery &delivery)
    {
        if (m_isUntimely && std::holds_alternative<wire::CounterReport>(delivery.frame.body))
            return; // without links they are of no use, and older versions would not read the file
        if (m_status && !wire::sentBefore(delivery, m_startedNs)) // the server sends also what it still holds of before
            m_status = m_file.add(delivery);
    }
    void takeLink(const wire::AgentState &state)
    {
        if (!m_withLinks || !m_status)
            return;
        if (state.toldNs > 0)
            m_status = m_file.add(state);
        else if (!std::exchange(m_isUntimely, true))
            m_context.err << "incomplete: the server does not say when it knew what of its links, they are left out: update it"
                          << std::endl;
    }

    const CommandContext &m_context;
    RecordingFile &m_file;
    NodeLosses m_losses;
    bool m_withLinks;
    bool m_isUntimely = false; ///< it was said
    std::int64_t m_startedNs;
    std::int64_t m_flushedNs;
    std::uint64_t m_dropped = 0, m_droppedBefore = 0;
    Status m_status;
};

Status runSession(LiveRecording &live, ServerClient &client, int seconds, std::stop_token stop)
{
    if (Status first = client.run(
            4000ms, [&] { return client.welcomed(); }, stop);
        !first)
        return first;
    live.begin();
    const auto budget = seconds > 0 ? std::chrono::milliseconds(1000LL * seconds) : std::chrono::milliseconds(std::chrono::hours(24 * 365));
    return client.run(
        budget, [&] { return live.isBroken(); }, stop);
}

int recordLive(const CommandContext &context, const RecordArguments &arguments)
{
    const auto connection = resolveConnection(context);
    if (!connection)
        return reportNoConnection(context, connection.error());
    Interrupt interrupt;
    const std::int64_t startedNs = context.clock.utcNs();
    auto file = RecordingFile::create(arguments.out, {recording::Origin::Live, startedNs}, arguments.selection);
    if (!file) {
        report(context.err, file.error());
        return ExitCannotCreate;
    }
    LiveRecording live(context, *file, arguments, startedNs);
    wire::Subscribe subscribe;
    subscribe.filter.detail = true; // rules are to be tried on it that agents may not have
    subscribe.samples = arguments.withSamples;
    subscribe.reports = arguments.withLinks;
    const std::string server = connection->client.host + ':' + std::to_string(connection->client.port);
    auto client = ServerClient::open(connection->client, connection->consoleName, subscribe, live.handlers(server), context.clock);
    const Status ran = client ? runSession(live, *client, arguments.seconds, interrupt.token()) : fail(client.error());
    const std::int64_t endedNs = context.clock.utcNs();
    const Status closed = live.status() ? file->close(endedNs) : live.status();
    if (!closed)
        return report(context.err, closed.error());
    const bool hasFailed = !ran && ran.error().code() != Errc::Cancelled;
    if (hasFailed && file->isEmpty())
        discard(arguments.out);
    if (!client)
        return report(context.err, client.error(), certificateHint);
    if (hasFailed)
        return reportSession(context.err, ran.error(), client->refusalCode());
    printSummary(context, arguments, *file);
    const Status labelled = writeLabels(context, arguments, startedNs, endedNs);
    return labelled ? ExitOk : report(context.err, labelled.error());
}

struct Range {
    std::int64_t fromNs = 0, toNs = 0;
};

Result<Range> rangeOf(const RecordArguments &arguments, std::int64_t nowNs)
{
    Range range{0, nowNs};
    if (!arguments.from.empty()) {
        const auto from = parseMoment(arguments.from, nowNs);
        if (!from)
            return fail(from.error().within("--from"));
        range.fromNs = *from;
    }
    if (!arguments.to.empty()) {
        const auto to = parseMoment(arguments.to, nowNs);
        if (!to)
            return fail(to.error().within("--to"));
        range.toNs = *to;
    }
    if (range.fromNs >= range.toNs)
        return fail(Errc::InvalidArgument, "--from must be before --to, or before now without it");
    return range;
}

int recordPast(const CommandContext &context, const RecordArguments &arguments)
{
    const auto range = rangeOf(arguments, context.clock.utcNs());
    if (!range)
        return report(context.err, range.error());
    int exitCode = ExitOk;
    const bool isOfStore = arguments.recording.empty();
    if (isOfStore && (arguments.withSamples || arguments.withLinks))
        return report(context.err, Error(Errc::InvalidArgument,
                                         (arguments.withSamples ? "--samples" : "--links")
                                             + std::string(" is for what is received from now on: of a store only events are taken")));
    const auto reader = isOfStore ? openStore(context, arguments.store, exitCode) : nullptr;
    if (isOfStore && !reader)
        return exitCode;
    Interrupt interrupt;
    std::int64_t startedNs = range->fromNs;
    if (!isOfStore) {
        const auto source = recording::Reader::open(arguments.recording);
        if (!source)
            return report(context.err, source.error());
        startedNs = std::max(startedNs, source->header().startedNs);
    }
    auto file = RecordingFile::create(arguments.out, {isOfStore ? recording::Origin::Store : recording::Origin::Live, startedNs},
                                      arguments.selection);
    if (!file) {
        report(context.err, file.error());
        return ExitCannotCreate;
    }
    CutEnd end{range->toNs, {}};
    Status status;
    if (isOfStore) {
        status = recordStore(*reader, range->fromNs, range->toNs, interrupt.token(), *file);
    } else {
        const auto cut = recordRecording(arguments.recording, range->fromNs, range->toNs, interrupt.token(), *file);
        status = cut ? Status() : fail(cut.error());
        end = cut.value_or(end);
    }
    if (status) // of a source without an end this has none either: it must not look whole
        status = end.missingSince ? file->flush() : file->close(end.endedNs);
    if (!status) {
        discard(arguments.out); // part of the past would pass for all of it
        return report(context.err, status.error());
    }
    printSummary(context, arguments, *file);
    if (end.missingSince)
        return report(context.err,
                      Error(Errc::Corrupt, *end.missingSince + "; what there is of it is in the new one, which has no end either")
                          .within(arguments.recording.native()));
    const Status labelled = writeLabels(context, arguments, startedNs > 0 ? startedNs : file->firstNs(), end.endedNs);
    return labelled ? ExitOk : report(context.err, labelled.error());
}

int runRecord(const CommandContext &context, const RecordArguments &arguments)
{
    if (const Status room = arguments.labels.isGiven() ? checkLabelFile(arguments.out) : Status(); !room) {
        const ExitCode code = report(context.err, room.error());
        return room.error().code() == Errc::AlreadyExists ? ExitCannotCreate : code;
    }
    return arguments.isOfThePast() ? recordPast(context, arguments) : recordLive(context, arguments);
}

std::string refuseCgroup(const std::string &text)
{
    return replay::cgroupPrefixOf(text) ? std::string()
                                        : '\'' + text + "' is no path of a cgroup: /kubepods, or node-1:/kubepods on one node";
}

} // namespace

void addRecordCommand(CLI::App &app, CommandContext &context, Chosen &chosen)
{
    auto arguments = std::make_shared<RecordArguments>();
    CLI::App *record = app.add_subcommand(
        "record", "Events, and samples if wanted, as they are received to a file, until Ctrl-C: for 'tapio replay' and 'tapio score'");
    record->add_option("--out", arguments->out, "the recording to make; it must not be there yet")->required()->option_text("FILE");
    auto *seconds = record->add_option("--seconds", arguments->seconds, "end after this time")->check(CLI::Range(1, 86400));
    record->add_option("--node", arguments->selection.nodes, "only these nodes");
    record
        ->add_option(
            "--cgroup", arguments->selection.cgroups,
            "only what is of cgroups whose paths begin so, or NODE:/PATH on one node, and what agents say of themselves and of drills; "
            "no insights")
        ->check(CLI::Validator(refuseCgroup, ""));
    record
        ->add_option("--namespace", arguments->selection.namespaces,
                     "only what is of pods of these namespaces; with --cgroup what is of either")
        ->check([](const std::string &name) { return name.empty() ? std::string("a namespace has a name") : std::string(); });
    record
        ->add_option("--host-type", arguments->hostTypes,
                     "beside --cgroup or --namespace: events of these types that are of the node itself, e.g. login")
        ->check(CLI::IsMember(knownEventTypes()));
    record->add_option("--host-label", arguments->selection.hostLabels,
                       "beside --cgroup or --namespace: samples of the node itself of this device or path, e.g. vda or /srv");
    record->add_flag("--samples", arguments->withSamples,
                     "samples too, which rules about memory, throttling and traffic need; older versions do not read such a file");
    record->add_flag("--links", arguments->withLinks,
                     "also what the server knows of its agents' links, which rules about lost nodes and lost events need; older versions "
                     "do not read such "
                     "a file");
    auto *store =
        record->add_option("--store", arguments->store, "from this store instead, or with --from or --to alone from the configured one")
            ->option_text("FILE");
    auto *recording =
        record->add_option("--recording", arguments->recording, "from this recording instead, to cut it")->option_text("FILE");
    auto *from = record->add_option("--from", arguments->from, "10m, 2h, 1d ago, or 2026-03-01T12:00:05Z, or with +02:00");
    auto *to = record->add_option("--to", arguments->to, "as --from");
    store->excludes(recording);
    for (CLI::Option *past : {store, recording, from, to})
        seconds->excludes(past);
    addLabelOptions(*record, arguments->labels);
    record->footer("A recording has what ran on the nodes, with its arguments: the file is for its owner only.");
    record->callback([&context, &chosen, arguments] {
        for (const std::string &type : arguments->hostTypes)
            arguments->selection.hostTypes.push_back(wire::eventTypeFromName(type));
        if (!arguments->selection.isOfSome() && !(arguments->hostTypes.empty() && arguments->selection.hostLabels.empty()))
            throw CLI::ValidationError("--host-type and --host-label",
                                       "are for what is left beside --cgroup or --namespace; without these all is recorded");
        if (!arguments->labels.what.empty() && !arguments->labels.isGiven())
            throw CLI::ValidationError("--what", "is for the label file that --label or --healthy write");
        chosen = [&context, arguments] { return runRecord(context, *arguments); };
    });
}

} // namespace tapio::console

// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/replay/scenario.h"

#include <algorithm>
#include <utility>

#include "agent/replay/drilltruth.h"

namespace tapio::replay {

namespace {

Status readAll(recording::Reader &reader, Scenario &scenario, DrillLabels &drills)
{
    for (;;) {
        auto next = reader.next();
        if (!next)
            return fail(next.error());
        if (!*next)
            return {};
        if (reader.events() > mostEvents)
            return fail(Errc::InvalidArgument, "has more than " + std::to_string(mostEvents) + " events, too many to be a scenario");
        if (reader.samples() > mostEvents)
            return fail(Errc::InvalidArgument, "has more than " + std::to_string(mostEvents) + " samples, too many to be a scenario");
        if (const wire::EventBatch *batch = recording::eventsOf(**next)) {
            for (const wire::Event &event : batch->events)
                drills.onEvent(event, recording::nodeOf(**next));
        }
        scenario.received.push_back(std::move(**next));
    }
}

void addRemarks(const recording::Reader &reader, const DrillLabels &drills, Scenario &scenario)
{
    if (reader.end()->lost > 0)
        scenario.remarks.push_back(std::to_string(reader.end()->lost) + " events were lost while it was recorded");
    for (const std::string &drill : drills.untold())
        scenario.remarks.push_back("nobody knows what is to be found of the drill '" + drill
                                   + "' in it: it is not known, or nothing happened");
    if (drills.unsignedLabels() > 0)
        scenario.remarks.push_back(std::to_string(drills.unsignedLabels()) + " labels of drills without a signature were not believed");
    if (drills.refusedLabels() > 0)
        scenario.remarks.push_back(std::to_string(drills.refusedLabels())
                                   + " labels of drills were left out: of a time that is none, or of more runs than are kept");
}

/// Labels without the rules that could not hear what is in the recording.
std::vector<Label> withoutDeaf(std::vector<Label> labels, const Replayable &rules, const Scenario &scenario)
{
    std::vector<std::string> acrossNodes;
    for (const correlation::Rule &rule : *rules.withLinks)
        acrossNodes.push_back(rule.id);
    const auto isOneOf = [](const std::vector<std::string> &ids, const std::string &rule) {
        return std::find(ids.begin(), ids.end(), rule) != ids.end();
    };
    for (Label &label : labels) {
        std::erase_if(label.expected, [&](const std::string &rule) {
            return (!scenario.hasSamples && isOneOf(rules.onlyWithSamples, rule))
                   || (!scenario.hasLinks && isOneOf(rules.onlyWithLinks, rule))
                   || (!scenario.hasLinks && !scenario.isSpread && isOneOf(acrossNodes, rule));
        });
    }
    return labels;
}

} // namespace

std::string missingEnd(const recording::Reader &reader)
{
    return "the recording ends in the middle, "
           + (reader.tornAt() ? "within the record at byte " + std::to_string(*reader.tornAt()) : "where its last record is missing");
}

Result<Scenario> loadScenario(const std::filesystem::path &recording)
{
    auto reader = recording::Reader::open(recording);
    if (!reader)
        return fail(reader.error());
    Scenario scenario;
    scenario.name = recording.stem().native();
    DrillLabels drills;
    if (const Status read = readAll(*reader, scenario, drills); !read)
        return fail(read.error().within(recording.native()));
    if (!reader->end())
        return fail(Error(Errc::Corrupt, missingEnd(*reader)).within(recording.native()));
    scenario.events = reader->events();
    scenario.hasSamples = reader->samples() > 0;
    scenario.hasLinks = reader->hasLinks();
    scenario.beginNs = reader->header().startedNs;
    scenario.endNs = reader->end()->endedNs;
    scenario.labels = drills.take(scenario.endNs);
    addRemarks(*reader, drills, scenario);
    auto file = readLabels(labelFileOf(recording));
    if (!file && (file.error().code() != Errc::NotFound || scenario.labels.empty())) {
        if (file.error().code() != Errc::NotFound)
            return fail(file.error());
        return fail(Errc::InvalidArgument, recording.native() + " has neither a label file " + labelFileOf(recording).filename().native()
                                               + " beside it nor labels of drills in it: nothing says what is to be found");
    }
    if (!file) {
        scenario.family = scenario.name;
        return scenario;
    }
    scenario.family = file->family;
    std::move(file->labels.begin(), file->labels.end(), std::back_inserter(scenario.labels));
    if (file->isHealthy == !scenario.labels.empty())
        return fail(Errc::InvalidArgument,
                    labelFileOf(recording).native()
                        + (file->isHealthy ? " says that all is well, and there are faults in it"
                                           : " names no fault, and there is no drill in it: say 'healthy = true' if all is well"));
    return scenario;
}

std::optional<Opened> openedOf(const std::string &node, const correlation::Finding &finding)
{
    return openedOf(node, finding.insight, finding.origin ? finding.origin->cgroupPath : std::string(), finding.timeNs);
}

Result<Judgement> judgeScenario(const Scenario &scenario, const Replayable &rules)
{
    const correlation::RuleSetPtr &heard = scenario.hasSamples ? rules.withSamples : rules.ofEvents;
    const correlation::RuleSetPtr across = scenario.hasLinks ? rules.withLinks : scenario.isSpread ? rules.acrossNodes : nullptr;
    std::vector<Opened> opened;
    const auto note = [&](const std::string &node, correlation::Finding &&finding) {
        if (auto one = openedOf(node, finding))
            opened.push_back(std::move(*one));
    };
    Replayer replayer(heard, note, {}, across);
    for (const recording::Received &received : scenario.received) {
        if (const Status fed = replayer.onReceived(received); !fed)
            return fail(fed.error().within(scenario.name));
    }
    replayer.finish(scenario.endNs);
    std::vector<std::string> names;
    for (const correlation::Rule &rule : *heard)
        names.push_back(rule.id);
    for (std::size_t i = 0; across && i < across->size(); ++i)
        names.push_back((*across)[i].id);
    return judge(withoutDeaf(scenario.labels, rules, scenario), opened, names);
}

} // namespace tapio::replay

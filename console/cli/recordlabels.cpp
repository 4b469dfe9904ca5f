// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/cli/recordlabels.h"

#include <algorithm>
#include <span>

#include <CLI/CLI.hpp>

#include "agent/correlation/ruleloader.h"
#include "protocol/recording/bytes.h"
#include "protocol/wire/text.h"

namespace tapio::console {

namespace {

constexpr std::size_t mostTextBytes = 1000; // that a label file may have, too

std::string refuseFault(const std::string &text)
{
    const auto equals = text.rfind('=');
    return equals == std::string::npos || equals == 0 || equals > mostTextBytes
               ? '\'' + text + "' is no label: shop/web-7d4b9=oom-kill,crash-loop, or shop/web-7d4b9= where no rule finds it yet"
               : std::string();
}

std::vector<std::string> rulesIn(const std::string &list)
{
    auto rules = CLI::detail::split(list, ',');
    std::erase_if(rules, [](std::string &rule) { return CLI::detail::trim(rule).empty(); });
    return rules;
}

std::string sentenceOf(const LabelArguments &arguments)
{
    if (!arguments.what.empty())
        return arguments.what;
    return arguments.isHealthy ? "all is well" : wire::toLine(CLI::detail::join(arguments.faults, "; "), mostTextBytes / 2);
}

/// What rules of a node must find is of that node; what those across nodes find is the server's, and names none.
void addFault(std::vector<replay::Label> &labels, replay::Label label, const std::string &node, const correlation::RuleSet &known)
{
    const auto isOfNode = [&known](const std::string &rule) {
        return std::none_of(known.begin(), known.end(), [&rule](const correlation::Rule &one) {
            return one.id == rule && one.scope == correlation::RuleScope::Cluster;
        });
    };
    replay::Label across = label;
    across.expected.clear();
    const auto begin = std::stable_partition(label.expected.begin(), label.expected.end(), isOfNode);
    across.expected.assign(begin, label.expected.end());
    label.expected.erase(begin, label.expected.end());
    label.node = node;
    if (!label.expected.empty() || across.expected.empty())
        labels.push_back(std::move(label));
    if (!across.expected.empty())
        labels.push_back(std::move(across));
}

} // namespace

void addLabelOptions(CLI::App &record, LabelArguments &arguments)
{
    CLI::Option *healthy = record.add_flag("--healthy", arguments.isHealthy,
                                           "write a label file beside it for 'tapio score': nothing is wrong, so nothing may be found");
    CLI::Option *faults =
        record
            .add_option(
                "--label", arguments.faults,
                "write a label file beside it for 'tapio score': what is wrong all the time, as insights name it, and which rules must "
                "find it")
            ->check(CLI::Validator(refuseFault, ""))
            ->option_text("ENTITY=RULE,...")
            ->excludes(healthy);
    record.add_option("--what", arguments.what, "one sentence for the label file")->check([](const std::string &text) {
        return text.empty() || text.size() > mostTextBytes ? std::string("a sentence has 1 to 1000 bytes") : std::string();
    });
    faults->allow_extra_args(false);
}

replay::LabelFile labelsOf(const LabelArguments &arguments, const std::filesystem::path &recording, const std::string &node,
                           std::int64_t fromNs, std::int64_t toNs)
{
    replay::LabelFile file;
    file.what = sentenceOf(arguments);
    file.family = recording.stem().native();
    file.made = "tapio record";
    file.isHealthy = arguments.isHealthy;
    const correlation::RuleSet known = correlation::shippedRules().rules;
    for (const std::string &fault : arguments.faults) {
        const auto equals = fault.rfind('='); // rules have none in their names
        replay::Label label;
        label.what = file.what;
        label.entity = fault.substr(0, equals);
        label.fromNs = fromNs;
        label.toNs = toNs;
        label.expected = rulesIn(fault.substr(equals + 1));
        addFault(file.labels, std::move(label), node, known);
    }
    return file;
}

Status checkLabelFile(const std::filesystem::path &recording)
{
    const auto file = replay::labelFileOf(recording);
    if (file == recording)
        return fail(Errc::InvalidArgument, "the label file would be " + file.native() + " itself: call the recording *.tapiorec");
    std::error_code error;
    if (std::filesystem::exists(file, error))
        return fail(Errc::AlreadyExists, file.native() + " is there already, and is not written over");
    return {};
}

Status writeLabelFile(const replay::LabelFile &labels, const std::filesystem::path &recording)
{
    auto sink = recording::createFile(replay::labelFileOf(recording));
    if (!sink)
        return fail(sink.error());
    const std::string text = replay::toToml(labels);
    return (*sink)->write(std::as_bytes(std::span(text)));
}

std::vector<std::string> unknownRules(const replay::LabelFile &labels)
{
    const correlation::RuleSet known = correlation::shippedRules().rules;
    std::vector<std::string> unknown;
    for (const replay::Label &label : labels.labels) {
        for (const std::string &rule : label.expected) {
            if (std::none_of(known.begin(), known.end(), [&rule](const correlation::Rule &one) { return one.id == rule; }))
                unknown.push_back(rule);
        }
    }
    return unknown;
}

} // namespace tapio::console

// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/drill/controlmessage.h"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "protocol/wire/text.h"

namespace tapio::drill {

namespace {

using nlohmann::json;

tl::unexpected<Error> malformed(const std::string &what) { return fail(Errc::Malformed, "the control message: " + what); }

/// nlohmann's own parser keeps its stack on the heap, and a line is short: depth cannot hurt.
json parse(std::string_view line)
{
    if (line.size() > controlLineBytes)
        return json(json::value_t::discarded);
    return json::parse(line.begin(), line.end(), nullptr, false);
}

bool isName(const std::string &text)
{
    return !text.empty() && text.size() <= wire::DrillLabel::drillBytes
           && std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

/// A cgroup path of printable ASCII; those of drills are.
bool isTarget(const std::string &text)
{
    return text.starts_with('/') && text.size() <= wire::DrillLabel::targetBytes
           && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

bool isPhase(const std::string &text) { return text == "begin" || text == "end" || text == "failed"; }

const json *field(const json &object, const char *name, bool isText)
{
    const auto found = object.find(name);
    if (found == object.end() || (isText ? !found->is_string() : !found->is_number_integer()))
        return nullptr;
    return &*found;
}

/// Of 0 to 2^63 - 1: what a time can be.
bool readTime(const json &object, const char *name, std::int64_t &target)
{
    const json *const value = field(object, name, false);
    if (value == nullptr
        || (value->is_number_unsigned() && value->get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}))
        return false;
    target = value->get<std::int64_t>();
    return target >= 0;
}

} // namespace

std::string formatLabelRequest(const wire::DrillLabel &label)
{
    const json fields{{"drill", label.drill},   {"target", label.target}, {"phase", label.phase},
                      {"fromNs", label.fromNs}, {"toNs", label.toNs},     {"runId", label.runId}};
    return json{{"label", fields}}.dump(-1, ' ', true, json::error_handler_t::replace) + '\n';
}

Result<wire::DrillLabel> parseLabelRequest(std::string_view line)
{
    const json message = parse(line);
    if (message.is_discarded() || !message.is_object() || message.size() != 1)
        return malformed("it is not one object with one label");
    const auto found = message.find("label");
    constexpr std::size_t fields = 6;
    if (found == message.end() || !found->is_object() || found->size() != fields)
        return malformed("the label does not have its six fields");
    wire::DrillLabel label;
    const json *const texts[]{field(*found, "drill", true), field(*found, "target", true), field(*found, "phase", true)};
    const json *const runId = field(*found, "runId", false);
    if (texts[0] == nullptr || !isName(label.drill = texts[0]->get<std::string>()))
        return malformed("\"drill\" must be a name of a-z 0-9 -, at most 32 long");
    if (texts[1] == nullptr || !isTarget(label.target = texts[1]->get<std::string>()))
        return malformed("\"target\" must be a path of printable ASCII, at most 200 long");
    if (texts[2] == nullptr || !isPhase(label.phase = texts[2]->get<std::string>()))
        return malformed("\"phase\" must be begin, end or failed");
    if (!readTime(*found, "fromNs", label.fromNs) || label.fromNs == 0)
        return malformed("\"fromNs\" must be a time");
    if (!readTime(*found, "toNs", label.toNs) || (label.phase == "begin") != (label.toNs == 0)
        || (label.toNs != 0 && label.toNs < label.fromNs))
        return malformed("\"toNs\" must be 0 at the begin, and then a time that is not before \"fromNs\"");
    if (runId == nullptr || !runId->is_number_unsigned() || (label.runId = runId->get<std::uint64_t>()) == 0)
        return malformed("\"runId\" must be a number and not 0");
    return label;
}

std::string formatAnswer(const Status &answer)
{
    json message{{"accepted", answer.has_value()}};
    if (!answer) {
        constexpr std::size_t reasonBytes = 500;
        message["code"] = errcName(answer.error().code());
        message["reason"] = wire::toLine(answer.error().message(), reasonBytes);
    }
    return message.dump(-1, ' ', true, json::error_handler_t::replace) + '\n';
}

Status parseAnswer(std::string_view line)
{
    const json message = parse(line);
    if (message.is_discarded() || !message.is_object())
        return malformed("the agent's answer is not one object");
    const auto accepted = message.find("accepted");
    if (accepted == message.end() || !accepted->is_boolean())
        return malformed("the agent's answer does not say whether it accepted");
    if (accepted->get<bool>())
        return {};
    const json *const reason = field(message, "reason", true);
    return fail(Errc::Refused,
                "the agent refused the label: "
                    + (reason == nullptr ? std::string("without a reason") : wire::toLine(reason->get<std::string>(), controlLineBytes)));
}

} // namespace tapio::drill

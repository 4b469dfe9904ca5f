// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/evidence.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "protocol/wire/text.h"

namespace tapio::wire {

namespace {

constexpr std::string_view notKnown = "-";
constexpr std::string_view plusMinus = "+-";
constexpr std::size_t streamDigits = 16;

// The rest of the line is the text's: it can be cut, and the line still says which event it is.
constexpr std::size_t numberBytes = 20; // of 64 bits
static_assert(EvidenceRef::stepBytes + EvidenceRef::nodeBytes + streamDigits + plusMinus.size() + 3 * numberBytes + 5
              <= Insight::lineBytes);

/// One word of the line, in which `separator` would end it.
std::string word(std::string_view text, std::size_t maxBytes, char separator)
{
    std::string out(text.empty() ? notKnown : text.substr(0, maxBytes));
    std::replace_if(
        out.begin(), out.end(), [separator](char c) { return c <= ' ' || c > '~' || c == separator; }, '_');
    return out;
}

std::string hex(std::uint64_t value)
{
    std::array<char, streamDigits> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    const std::string_view written(digits.data(), static_cast<std::size_t>(end - digits.data()));
    return std::string(streamDigits - written.size(), '0').append(written);
}

/// What comes before `separator`, which goes with it; all that is left where there is none.
std::string_view take(std::string_view &rest, char separator)
{
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return taken;
}

template <typename Number> std::optional<Number> number(std::string_view text, int base = 10)
{
    Number value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (failed != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::string known(std::string_view text) { return text == notKnown ? std::string() : std::string(text); }

auto malformed(std::string_view why) { return fail(Errc::Malformed, std::string("evidence: ").append(why)); }

} // namespace

std::string evidenceLine(const EvidenceRef &ref)
{
    std::string line = word(ref.step, EvidenceRef::stepBytes, ' ');
    line.append(" ").append(std::to_string(ref.timeNs)).append(" ").append(plusMinus).append(std::to_string(ref.uncertaintyNs));
    line.append(" ").append(word(ref.node, EvidenceRef::nodeBytes, '/'));
    line.append("/").append(hex(ref.streamId)).append("/").append(std::to_string(ref.seq));
    std::string text;
    appendLine(text, ref.text);
    text.resize(truncateUtf8(text, Insight::lineBytes - line.size() - 1).size());
    if (!text.empty())
        line.append(" ").append(text);
    return line;
}

Result<EvidenceRef> parseEvidence(std::string_view line)
{
    if (line.size() > Insight::lineBytes)
        return malformed("a line of " + std::to_string(line.size()) + " bytes");
    std::string_view rest = line;
    EvidenceRef ref;
    ref.step = known(take(rest, ' '));
    const auto timeNs = number<std::int64_t>(take(rest, ' '));
    if (!timeNs)
        return malformed("no time");
    std::string_view uncertainty = take(rest, ' ');
    if (!uncertainty.starts_with(plusMinus))
        return malformed("no uncertainty");
    const auto uncertaintyNs = number<std::uint64_t>(uncertainty.substr(plusMinus.size()));
    if (!uncertaintyNs)
        return malformed("no uncertainty");
    std::string_view event = take(rest, ' ');
    ref.node = known(take(event, '/'));
    const auto streamId = number<std::uint64_t>(take(event, '/'), 16);
    if (!streamId)
        return malformed("no stream");
    const auto seq = number<std::uint64_t>(event);
    if (!seq)
        return malformed("no sequence number");
    ref.timeNs = *timeNs;
    ref.uncertaintyNs = *uncertaintyNs;
    ref.streamId = *streamId;
    ref.seq = *seq;
    ref.text = rest;
    // One check for all that is left: empty words, other digits, bytes that are no text, words that are too long.
    if (evidenceLine(ref) != line)
        return malformed("not as it would be written");
    return ref;
}

std::string_view evidenceEvent(std::string_view line) noexcept
{
    for (int word = 0; word < 3; ++word) // step, time and uncertainty
        take(line, ' ');
    const std::string_view event = take(line, ' ');
    return event.find('/') == std::string_view::npos || event.ends_with("/0") ? std::string_view() : event;
}

} // namespace tapio::wire

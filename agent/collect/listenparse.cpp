// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/listenparse.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace tapio::agent {

namespace {

/// include/net/tcp_states.h, as the files show them; a UDP socket that is not connected is "closed".
constexpr std::string_view listening = "0A", closed = "07";

std::string_view takeWord(std::string_view &line)
{
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    return word;
}

template <typename Number> std::optional<Number> hex(std::string_view text)
{
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (text.size() != 2 * sizeof(Number) || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

/// "0100007F:0016": the address as 32-bit words of the machine's byte order, the port as a number.
std::optional<wire::SocketAddress> address(std::string_view text)
{
    const std::size_t colon = text.find(':');
    if (colon != 8 && colon != 32)
        return std::nullopt;
    wire::SocketAddress result;
    const auto port = hex<std::uint16_t>(text.substr(colon + 1));
    if (!port)
        return std::nullopt;
    result.port = *port;
    std::size_t at = colon == 8 ? 12 : 0;
    if (colon == 8)
        result.bytes[10] = result.bytes[11] = 0xff;
    for (std::size_t i = 0; i < colon; i += 8, at += 4) {
        const auto word = hex<std::uint32_t>(text.substr(i, 8));
        if (!word)
            return std::nullopt;
        std::memcpy(result.bytes.data() + at, &*word, sizeof(*word));
    }
    return result;
}

void addOnce(ListenList &list, const wire::SocketAddress &port)
{
    if (std::find(list.ports.begin(), list.ports.end(), port) != list.ports.end())
        return;
    if (list.ports.size() < maxListeningPorts)
        list.ports.push_back(port);
    else
        list.isWhole = true;
}

/// Calls take(local address, state) for each line until it says false or the text ends; the header is no line.
template <typename Take> void eachSocket(std::string_view text, Take &&take)
{
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        takeWord(line); // "0:"
        const auto local = address(takeWord(line));
        takeWord(line); // remote address
        const std::string_view state = takeWord(line);
        if (local && !take(*local, state))
            return;
    }
}

} // namespace

ListenList parseListeningTcp(std::string_view text)
{
    ListenList list;
    eachSocket(text, [&](const wire::SocketAddress &local, std::string_view state) {
        if (state != listening)
            list.isWhole = true;
        else
            addOnce(list, local);
        return !list.isWhole;
    });
    return list;
}

ListenList parseListeningUdp(std::string_view text, std::uint16_t ephemeralFirst, std::uint16_t ephemeralLast)
{
    ListenList list;
    eachSocket(text, [&](const wire::SocketAddress &local, std::string_view state) {
        if (state == closed && local.port != 0 && (local.port < ephemeralFirst || local.port > ephemeralLast))
            addOnce(list, local);
        return !list.isWhole;
    });
    return list;
}

} // namespace tapio::agent

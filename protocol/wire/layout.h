// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <capnp/list.h>

#include "protocol/base/result.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/text.h"

/// What the layout files share: one of them per schema file, each with write() and read() for its structures.
/// Private to protocol/wire. A Refusal never leaves codec.cpp, which turns it and kj's exceptions into Errors.
namespace tapio::wire {

struct Refusal {
    Errc code;
    std::string context;
};

/// Words (of 8 bytes) that a text takes beside its pointer: its bytes and a NUL, rounded up.
inline std::size_t textWords(std::string_view text) noexcept { return text.empty() ? 0 : text.size() / 8 + 1; }

inline void requireIndex(std::uint32_t index, std::size_t size, const char *what, Errc code)
{
    if (index >= size)
        throw Refusal{code, std::string(what) + " index " + std::to_string(index) + " of " + std::to_string(size)};
}

/// Limits of one decode, applied to each text and list.
class LayoutReader {
public:
    explicit LayoutReader(const DecodeLimits &limits) : m_limits(limits) {}

    std::string text(capnp::Text::Reader from) const
    {
        if (from.size() > m_limits.textBytes)
            throw Refusal{Errc::Malformed, "text of " + std::to_string(from.size()) + " bytes exceeds textBytes"};
        const std::string_view bytes(from.begin(), from.size());
        return isValidUtf8(bytes) ? std::string(bytes) : toValidUtf8(bytes);
    }

    template <typename List>
    void checkList(const List &from) const
    {
        if (from.size() > m_limits.listElements)
            throw Refusal{Errc::Malformed, "list of " + std::to_string(from.size()) + " exceeds listElements"};
    }

    /// A list of structures, texts or numbers: `convert` makes a value of each element.
    template <typename Value, typename List, typename Convert>
    std::vector<Value> list(const List &from, Convert convert) const
    {
        checkList(from);
        std::vector<Value> to;
        to.reserve(from.size());
        for (const auto &element : from)
            to.push_back(convert(element));
        return to;
    }

    std::vector<std::string> texts(capnp::List<capnp::Text>::Reader from) const
    {
        return list<std::string>(from, [this](capnp::Text::Reader element) { return text(element); });
    }

private:
    const DecodeLimits &m_limits;
};

/// The same limits when writing: what a peer would refuse is refused before it is sent.
class LayoutWriter {
public:
    static capnp::Text::Reader text(const std::string &from)
    {
        if (from.size() > DecodeLimits().textBytes)
            throw Refusal{Errc::InvalidArgument, "text of " + std::to_string(from.size()) + " bytes exceeds textBytes"};
        return capnp::Text::Reader(from.c_str(), from.size());
    }

    template <typename Container>
    static unsigned size(const Container &from)
    {
        if (from.size() > DecodeLimits().listElements)
            throw Refusal{Errc::InvalidArgument, "list of " + std::to_string(from.size()) + " exceeds listElements"};
        return static_cast<unsigned>(from.size());
    }
};

/// setText(from.comm, [&](auto text) { to.setComm(text); }): an empty text stays a null pointer, which costs no bytes.
template <typename Set>
void setText(const std::string &from, Set set)
{
    if (!from.empty())
        set(LayoutWriter::text(from));
}

/// A list that is empty stays a null pointer.
template <typename Container, typename Init, typename Write>
void setList(const Container &from, Init init, Write write)
{
    if (from.empty())
        return;
    auto to = init(LayoutWriter::size(from));
    unsigned i = 0;
    for (const auto &element : from)
        write(to, i++, element);
}

template <typename Init>
void setTexts(const std::vector<std::string> &from, Init init)
{
    setList(from, init, [](auto to, unsigned i, const std::string &text) {
        setText(text, [&](auto checked) { to.set(i, checked); });
    });
}

} // namespace tapio::wire

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <capnp/list.h>

#include "protocol/base/result.h"
#include "protocol/wire/codec.h"
#include "protocol/wire/footprint.h"
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

inline void requireText(std::size_t bytes, std::size_t limit, const char *name, Errc code)
{
    if (bytes > limit)
        throw Refusal{code, "text of " + std::to_string(bytes) + " bytes exceeds " + name};
}

inline void requireIndex(std::uint32_t index, std::size_t size, const char *what, Errc code)
{
    if (index >= size)
        throw Refusal{code, std::string(what) + " index " + std::to_string(index) + " of " + std::to_string(size)};
}

/// Limits of one decode, applied to each text and list. One per message.
class LayoutReader {
public:
    /// `memoryBytes`: what all values together may occupy.
    LayoutReader(const DecodeLimits &limits, std::size_t memoryBytes) : m_limits(limits), m_memoryLeft(memoryBytes) {}

    const DecodeLimits &limits() const noexcept { return m_limits; }

    std::string text(capnp::Text::Reader from) const
    {
        requireText(from.size(), m_limits.textBytes, "textBytes", Errc::Malformed);
        const std::string_view bytes(from.begin(), from.size());
        std::string to = isValidUtf8(bytes) ? std::string(bytes) : toValidUtf8(bytes);
        charge(heapBytes(to));
        return to;
    }

    /// The name of a task.
    std::string comm(capnp::Text::Reader from) const
    {
        requireText(from.size(), m_limits.commBytes, "commBytes", Errc::Malformed);
        return text(from);
    }

    /// Before memory is taken for values: `bytes` more of it.
    void charge(std::size_t bytes) const
    {
        if (bytes > m_memoryLeft)
            throw Refusal{Errc::Malformed, "its values occupy many times the message's size, exceeds expansion"};
        m_memoryLeft -= bytes;
    }

    template <typename List> void checkList(const List &from) const
    {
        if (from.size() > m_limits.listElements)
            throw Refusal{Errc::Malformed, "list of " + std::to_string(from.size()) + " exceeds listElements"};
    }

    /// A list of structures, texts or numbers: `convert` makes a value of each element.
    template <typename Value, typename List, typename Convert> std::vector<Value> list(const List &from, Convert convert) const
    {
        checkList(from);
        charge(from.size() * sizeof(Value));
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
    mutable std::size_t m_memoryLeft; ///< reading is const for the many functions that pass the reader on
};

/// The same limits when writing: what a peer would refuse is refused before it is sent.
class LayoutWriter {
public:
    static capnp::Text::Reader text(const std::string &from)
    {
        requireText(from.size(), DecodeLimits().textBytes, "textBytes", Errc::InvalidArgument);
        return capnp::Text::Reader(from.c_str(), from.size());
    }

    template <typename Container> static unsigned size(const Container &from)
    {
        if (from.size() > DecodeLimits().listElements)
            throw Refusal{Errc::InvalidArgument, "list of " + std::to_string(from.size()) + " exceeds listElements"};
        return static_cast<unsigned>(from.size());
    }
};

/// setText(from.comm, [&](auto text) { to.setComm(text); }): an empty text stays a null pointer, which costs no bytes.
template <typename Set> void setText(const std::string &from, Set set)
{
    if (!from.empty())
        set(LayoutWriter::text(from));
}

/// The same for the name of a task.
template <typename Set> void setComm(const std::string &from, Set set)
{
    setText(from, [&](capnp::Text::Reader text) {
        requireText(text.size(), DecodeLimits().commBytes, "commBytes", Errc::InvalidArgument);
        set(text);
    });
}

/// A list that is empty stays a null pointer.
template <typename Container, typename Init, typename Write> void setList(const Container &from, Init init, Write write)
{
    if (from.empty())
        return;
    auto to = init(LayoutWriter::size(from));
    unsigned i = 0;
    for (const auto &element : from)
        write(to, i++, element);
}

template <typename Init> void setTexts(const std::vector<std::string> &from, Init init)
{
    setList(from, init, [](auto to, unsigned i, const std::string &text) { setText(text, [&](auto checked) { to.set(i, checked); }); });
}

} // namespace tapio::wire

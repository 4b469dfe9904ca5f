// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/enrich/jsonvisit.h"
#include "agent/kube/listjson.h"
#include "protocol/base/result.h"
#include "protocol/wire/text.h"

/// Lists and watches of one kind of object, read by who knows that kind: for podjson.cpp and nodejson.cpp.
namespace tapio::agent {

/// Is shown one object after the other: paths are those within it. finish() gives what it was, and is ready for the next.
template <typename Reader>
concept ObjectReader = requires(Reader reader, std::string_view path, std::string value)
{
    typename Reader::Facts;
    {
        Reader::listKind
        } -> std::convertible_to<std::string_view>;
    {
        Reader::plural
        } -> std::convertible_to<std::string_view>;
    reader.beginObject(path);
    reader.endObject(path);
    reader.text(path, std::move(value));
    reader.flag(path, true);
    {
        reader.finish()
        } -> std::same_as<std::optional<typename Reader::Facts>>;
};

/// Objects that lie at one place of a text, as they end.
template <ObjectReader Reader> class PlacedVisitor : public JsonVisitor {
public:
    explicit PlacedVisitor(std::string_view place) : m_place(place) {}

    void beginObject(std::string_view path) override
    {
        const auto inObject = within(path);
        if (!inObject)
            return;
        if (inObject->empty())
            m_reader = {};
        else
            m_reader.beginObject(*inObject);
    }
    void endObject(std::string_view path) override
    {
        if (path == m_place)
            onObject(m_reader.finish());
        else if (const auto inObject = within(path))
            m_reader.endObject(*inObject);
    }
    void text(std::string_view path, std::string &&value) override
    {
        if (std::string *const own = ownText(path))
            *own = std::move(value);
        else if (const auto inObject = within(path))
            m_reader.text(*inObject, std::move(value));
    }
    void flag(std::string_view path, bool value) override
    {
        if (const auto inObject = within(path))
            m_reader.flag(*inObject, value);
    }

protected:
    virtual void onObject(std::optional<typename Reader::Facts> &&object) = 0;
    /// Where a text of the list or the watch itself goes; null: it is none.
    virtual std::string *ownText(std::string_view path) = 0;

private:
    std::optional<std::string_view> within(std::string_view path) const
    {
        if (!path.starts_with(m_place) || (path.size() > m_place.size() && path[m_place.size()] != '/'))
            return std::nullopt;
        return path.substr(m_place.size());
    }

    std::string_view m_place;
    Reader m_reader;
};

template <ObjectReader Reader> class PageVisitor final : public PlacedVisitor<Reader> {
public:
    PageVisitor() : PlacedVisitor<Reader>("/items") {}
    PageOf<typename Reader::Facts> page;
    std::string kind;

private:
    void onObject(std::optional<typename Reader::Facts> &&object) override
    {
        if (object)
            page.objects.push_back(std::move(*object));
        else
            ++page.unusable;
    }
    std::string *ownText(std::string_view path) override
    {
        if (path == "/kind")
            return &kind;
        if (path == "/metadata/resourceVersion")
            return &page.resourceVersion;
        return path == "/metadata/continue" ? &page.continueToken : nullptr;
    }
};

template <ObjectReader Reader> class EventVisitor final : public PlacedVisitor<Reader> {
public:
    EventVisitor() : PlacedVisitor<Reader>("/object") {}
    EventOf<typename Reader::Facts> event;
    std::string type;

    void number(std::string_view path, std::int64_t value) override
    {
        if (path == "/object/code")
            event.code = value;
    }

private:
    void onObject(std::optional<typename Reader::Facts> &&object) override { event.object = std::move(object); }
    std::string *ownText(std::string_view path) override
    {
        if (path == "/type")
            return &type;
        if (path == "/object/metadata/resourceVersion")
            return &event.resourceVersion;
        return path == "/object/message" ? &event.message : nullptr;
    }
};

/// Errors: Malformed: it is not a list of these.
template <ObjectReader Reader> Result<PageOf<typename Reader::Facts>> parsePage(std::string_view body)
{
    const std::string list = "a list of " + std::string(Reader::plural);
    PageVisitor<Reader> visitor;
    if (const Status read = visitJson(body, visitor); !read)
        return fail(read.error().within(list));
    if (visitor.kind != Reader::listKind)
        return fail(Errc::Malformed,
                    "no list of " + std::string(Reader::plural) + ", but kind \"" + wire::toLine(visitor.kind, mostKindBytes) + "\"");
    if (visitor.page.continueToken.size() > mostTokenBytes || visitor.page.resourceVersion.size() > mostTokenBytes)
        return fail(Errc::Malformed, list + " whose version or continuation is too long");
    return std::move(visitor.page);
}

/// Errors: Malformed.
template <ObjectReader Reader> Result<EventOf<typename Reader::Facts>> parseEvent(std::string_view line)
{
    EventVisitor<Reader> visitor;
    if (const Status read = visitJson(line, visitor); !read)
        return fail(read.error().within("an event of a watch"));
    auto &event = visitor.event;
    event.kind = watchEventKind(visitor.type);
    event.message = wire::toLine(event.message, mostMessageBytes);
    if (event.kind == WatchEvent::Kind::Unknown)
        return fail(Errc::Malformed, "an event of a watch of type \"" + wire::toLine(visitor.type, mostKindBytes) + "\"");
    if (event.resourceVersion.size() > mostTokenBytes)
        return fail(Errc::Malformed, "an event of a watch whose version is too long");
    if (event.kind == WatchEvent::Kind::Bookmark || event.kind == WatchEvent::Kind::Error)
        event.object.reset();
    return std::move(event);
}

} // namespace tapio::agent

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtTest>

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "protocol/schema/session.capnp.h"
#include "protocol/wire/codec.h"

/// Messages that a well-behaved encoder would not make, and what decode() says of them.
namespace tapio::wire::hostile {

inline constexpr std::size_t headerBytes = 8;
inline constexpr char formatPlain = 1;
inline constexpr char formatZstd = 2;

inline Bytes withHeader(char format, const void *payload, std::size_t size)
{
    Bytes bytes(headerBytes + size);
    bytes[0] = static_cast<std::byte>(format);
    if (size > 0)
        std::memcpy(bytes.data() + headerBytes, payload, size);
    return bytes;
}

inline Bytes finished(capnp::MessageBuilder &builder)
{
    const auto flat = capnp::messageToFlatArray(builder);
    return withHeader(formatPlain, flat.begin(), flat.asBytes().size());
}

/// A message that a well-behaved encoder would not make: `fill` gets the root.
template <typename Fill> Bytes built(Fill fill)
{
    capnp::MallocMessageBuilder builder;
    fill(builder.initRoot<schema::Message>());
    return finished(builder);
}

template <typename Fill> Bytes builtEvents(Fill fill)
{
    return built([&](schema::Message::Builder root) { fill(root.initFrame().getBody().initEvents()); });
}

/// An event whose detail `fill` writes.
template <typename Fill> Bytes detailOf(Fill fill)
{
    return builtEvents([&](auto batch) {
        batch.initOrigins(1);
        fill(batch.initEvents(1)[0].getDetail());
    });
}

struct Hostile {
    const char *row;
    Bytes bytes;
    Errc code;
    const char *named;
};

/// The rows of a test for refuse().
inline void addRows(std::initializer_list<std::vector<Hostile>> sets)
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("named");
    for (const auto &rows : sets) {
        for (const auto &[row, bytes, code, named] : rows) {
            QTest::newRow(row) << QByteArray(reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size()))
                               << static_cast<int>(code) << QString::fromLatin1(named);
        }
    }
}

/// Of the current row.
inline void refuse()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, named);
    const auto message = decode(std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size()))));
    QVERIFY(!message);
    QTEST(static_cast<int>(message.error().code()), "code");
    QVERIFY2(message.error().context().find(named.toStdString()) != std::string::npos, message.error().context().c_str());
}

} // namespace tapio::wire::hostile

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>

#include "tests/support/fakehttps.h"

namespace tapio::test {

using KubePki = HttpsPki;
/// An API server or kubelet.
using FakeKube = FakeHttps;

/// A pod as the API server tells it, with the noise that real ones have.
struct FakePod {
    QByteArray name = "web-7d9f6c5b4-x2x7q", space = "shop", uid = "0f8e7d6c-5b4a-4321-8765-0123456789ab", node = "node-1";
    QByteArray
        hash = "7d9f6c5b4",
        owner =
            R"({"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-7d9f6c5b4","uid":"x","controller":true,"blockOwnerDeletion":true})";
    QByteArray annotations; ///< "key":"value", ...
    QByteArray created = "2026-03-01T12:00:05Z";
    QByteArray containerId = QByteArray(64, 'c'), image = "registry.example/shop/web:1.4",
               imageId = "registry.example/shop/web@sha256:" + QByteArray(64, '1');
    QByteArray version = "100";
    QByteArray phase = R"("phase":"Running")"; ///< and what else the status begins with
    QByteArray json() const;
};
QByteArray podList(const QList<FakePod> &pods, const QByteArray &version, const QByteArray &continueToken = {});
QByteArray watchLine(const QByteArray &type, const FakePod &pod);

/// A node as the API server tells it, with the noise that real ones have.
struct FakeNode {
    QByteArray name = "node-1", ready = "True", reason = "KubeletReady", message = "kubelet is posting ready status",
               since = "2026-03-01T12:00:05Z", version = "100";
    QByteArray json() const;
};
QByteArray nodeList(const QList<FakeNode> &nodes, const QByteArray &version, const QByteArray &continueToken = {});
QByteArray nodeLine(const QByteArray &type, const FakeNode &node);
QByteArray bookmark(const QByteArray &version);
QByteArray statusJson(int code, const QByteArray &message);

} // namespace tapio::test

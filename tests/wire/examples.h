// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "protocol/wire/message.h"

/// One filled-in value of every message and frame body, with no field at its default: for round trips, the stored bytes of
/// version 1, fuzzing seeds and benchmarks. Never change an example: add one, and store its bytes.
namespace tapio::wire::examples {

std::vector<std::pair<std::string, Message>> all();

Frame eventFrame();
/// One event of each type from dns.query to drill.label, and a program changed after its container started.
Frame detailFrame();
/// One event of each type from memory.events to pressure.stall.
Frame resourceFrame();
/// An insight with everything, one of a newer version and an empty one.
Frame insightFrame();
/// One fact of Kubernetes of each kind, and one of a newer version.
Frame kubernetesFrame();
/// A handshake of TLS that failed.
Frame tlsFrame();
Frame nodesFrame();
/// `count` events as they may come from a busy node: three connections to one exec and one exit, with varied numbers.
EventBatch busyBatch(std::size_t count);

} // namespace tapio::wire::examples

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string_view>

#include "agent/enrich/podfacts.h"
#include "agent/kube/listjson.h"
#include "protocol/base/result.h"

/// What the API server and the kubelet send of pods, to values. Pure: any bytes, any thread. Of a pod that has no usable name or uid nothing is
/// taken; texts are cut to what Kubernetes allows and never hold control characters.
namespace tapio::agent {

/// Errors: Malformed: it is not a list of pods.
Result<PageOf<PodFacts>> parsePodPage(std::string_view body);
/// One line of a watch. Errors: Malformed.
Result<EventOf<PodFacts>> parsePodEvent(std::string_view line);

/// Containers of one pod that are kept, those that ended before the present ones included.
inline constexpr std::size_t mostContainers = 128;

} // namespace tapio::agent

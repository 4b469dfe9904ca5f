// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "agent/kube/listjson.h"
#include "protocol/base/result.h"
#include "protocol/wire/kubernetesfact.h"

/// What the API server sends of nodes, to values: whether each is Ready. Pure: any bytes, any thread. Of a node that has no usable name nothing is
/// taken; one that does not say whether it is Ready is of kind Unknown.
namespace tapio::agent {

/// Errors: Malformed: it is not a list of nodes.
Result<PageOf<wire::KubernetesFact>> parseNodePage(std::string_view body);
/// One line of a watch. Errors: Malformed.
Result<EventOf<wire::KubernetesFact>> parseNodeEvent(std::string_view line);

} // namespace tapio::agent

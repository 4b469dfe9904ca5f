// SPDX-License-Identifier: GPL-3.0-or-later
// What Kubernetes and container runtimes say of containers, as JSON. The first byte chooses the parser.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/enrich/cgrouppath.h"
#include "agent/enrich/kubename.h"
#include "agent/enrich/runtimestate.h"
#include "agent/kube/nodejson.h"
#include "agent/kube/nodetable.h"
#include "agent/kube/podjson.h"
#include "agent/kube/podtable.h"
#include "protocol/wire/text.h"
#include "tests/fuzz/promise.h"

using namespace tapio;
using namespace tapio::agent;
using tapio::test::promise;

namespace {

void isLine(const std::string &text, std::size_t most) { promise(wire::isValidUtf8(text) && wire::toLine(text, most) == text); }

void usable(const PodFacts &pod)
{
    promise(isPodUid(pod.uid) && (pod.cgroupUid.empty() || isPodUid(pod.cgroupUid)));
    promise(isKubernetesName(pod.name) && isKubernetesName(pod.namespaceName));
    promise(!pod.workloadName.empty() || !pod.workloadKind.empty() || pod.containers.size() <= mostContainers);
    isLine(pod.workloadKind, 63);
    isLine(pod.workloadName, 253);
    isLine(pod.nodeName, 253);
    promise(pod.containers.size() <= mostContainers);
    if (pod.eviction) {
        isLine(pod.eviction->message, 400);
        promise(pod.eviction->resource.empty() || pod.eviction->message.find(pod.eviction->resource) != std::string::npos
                || pod.eviction->message.find("Pressure") != std::string::npos);
    }
    for (const ContainerFacts &container : pod.containers) {
        promise(isContainerId(container.containerId) && isKubernetesName(container.name));
        isLine(container.image, 512);
        isLine(container.imageId, 512);
    }
}

void list(std::string_view text)
{
    auto page = parsePodPage(text);
    if (!page) {
        promise(page.error().code() == Errc::Malformed && !page.error().context().empty());
        return;
    }
    PodTable table({16, 4, std::chrono::seconds(60)});
    for (const PodFacts &pod : page->objects)
        usable(pod);
    const PodFacts first = page->objects.empty() ? PodFacts() : page->objects.front();
    table.replaceAll(std::move(page->objects), 1);
    promise(table.pods() <= 16 && table.gone() == 0);
    promise(first.uid.empty() || table.find(first.uid) != nullptr);
}

void event(std::string_view text)
{
    const auto event = parsePodEvent(text);
    if (!event) {
        promise(event.error().code() == Errc::Malformed && !event.error().context().empty());
        return;
    }
    promise(event->kind != WatchEvent::Kind::Unknown);
    if (event->object)
        usable(*event->object);
    isLine(event->message, 300);
}

void usable(const wire::KubernetesFact &node)
{
    using wire::KubernetesFactKind;
    promise(isKubernetesName(node.node));
    promise(node.kind == KubernetesFactKind::NodeReady || node.kind == KubernetesFactKind::NodeNotReady
            || node.kind == KubernetesFactKind::Unknown);
    isLine(node.reason, wire::KubernetesFact::reasonBytes);
    isLine(node.message, wire::KubernetesFact::messageBytes);
}

void nodes(std::string_view text)
{
    if (auto event = parseNodeEvent(text); event && event->object)
        usable(*event->object);
    auto page = parseNodePage(text);
    if (!page) {
        promise(page.error().code() == Errc::Malformed && !page.error().context().empty());
        return;
    }
    for (const wire::KubernetesFact &node : page->objects)
        usable(node);
    NodeTable table({16, 4});
    table.replaceAll(std::move(page->objects));
    promise(table.nodes() <= 16 && table.take().size() <= 4);
}

void runtime(const Result<RuntimeFacts> &facts)
{
    if (!facts) {
        promise(facts.error().code() == Errc::Malformed && !facts.error().context().empty());
        return;
    }
    promise((facts->podName.empty() || isKubernetesName(facts->podName))
            && (facts->namespaceName.empty() || isKubernetesName(facts->namespaceName)));
    promise(facts->podUid.empty() || isPodUid(facts->podUid));
    isLine(facts->containerName, 253);
    isLine(facts->image, 512);
    isLine(facts->imageId, 512);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view text(reinterpret_cast<const char *>(data) + 1, size - 1);
    switch (data[0] % 6) {
    case 0: runtime(parseBundle(text)); break;
    case 1: runtime(parseDockerContainer(text)); break;
    case 2: list(text); break;
    case 3: event(text); break;
    case 4: isLine(statusMessage(text), 300); break;
    default: nodes(text); break;
    }
    return 0;
}

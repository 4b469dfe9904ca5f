// SPDX-License-Identifier: GPL-3.0-or-later
// What the live model knows of pods and containers: that they come and end, and what happened to them.
#include "console/core/metrics/livemodel.h"

#include <algorithm>
#include <utility>

#include "console/core/metrics/figurenames.h"

namespace tapio::console {

namespace {

std::string podLabel(const wire::Origin &origin)
{
    return origin.podName.empty() ? origin.podUid : origin.namespaceName + '/' + origin.podName;
}

} // namespace

/// What it tells of its pod or container.
void LiveModel::noteEvent(const wire::Delivery &delivery, const wire::EventBatch &batch, std::size_t i, std::size_t was,
                          std::int64_t finishedNs)
{
    const wire::Event &event = batch.events[i];
    const wire::Origin &origin = batch.origins[event.origin];
    const std::int64_t timeNs = event.timeNs + delivery.clockOffsetNs;
    if (event.type == wire::EventType::OomKill && origin.podName.empty())
        settle({delivery.frame.streamId, batch.seqOf(i), was, timeNs, finishedNs, {}}, origin, delivery.node);
    else if (event.type == wire::EventType::OomKill && !origin.podUid.empty())
        podEvent(figure::podOom, podLabel(origin), timeNs, 1);
    const auto *exit = isInContainer(origin) ? std::get_if<wire::ProcessExit>(&event.detail) : nullptr;
    if (const auto container = exit ? m_containers.find(origin.containerId) : m_containers.end(); container != m_containers.end())
        container->second.noteExit(event.process.startTimeNs, exit->signal != 0 ? 128 + exit->signal : exit->exitCode);
}

void LiveModel::settle(LateOrigins::OomKill kill, const wire::Origin &now, const std::string &node)
{
    const bool isNamed = !now.podName.empty();
    if (const std::string pod = podLabel(now); !pod.empty() && pod != kill.pod) {
        if (!kill.pod.empty())
            hidePodEvent(figure::podOom, kill.pod, kill.timeNs);
        showPodEvent(figure::podOom, pod, kill.timeNs, 1);
        kill.pod = pod;
    }
    if (isNamed)
        conclude({std::move(kill)});
    else
        conclude(m_late.hold(node, std::move(kill)));
}

void LiveModel::conclude(const std::vector<LateOrigins::OomKill> &kills)
{
    for (const LateOrigins::OomKill &kill : kills) {
        if (!kill.pod.empty())
            m_podFigures.push_back({kill.timeNs, std::string(figure::podOom), kill.pod, 1});
    }
}

void LiveModel::seeContainer(const std::string &node, const wire::Origin &origin, std::int64_t timeNs)
{
    if (origin.podUid.empty() || origin.containerId.empty())
        return;
    const auto [entry, fresh] = m_containers.try_emplace(origin.containerId);
    Container &container = entry->second;
    container.lastNs = std::max(container.lastNs, timeNs);
    container.pod = podLabel(origin);
    container.node = node;
    if (origin.containerName.empty() || !container.slot.empty())
        return;
    container.slot = origin.podUid + '/' + origin.containerName;
    std::string &current = m_slots[container.slot];
    if (!current.empty() && current != origin.containerId)
        podEvent(figure::podRestart, container.pod, timeNs, 1);
    current = origin.containerId;
}

void LiveModel::endContainers(std::int64_t nowNs)
{
    for (auto entry = m_containers.begin(); entry != m_containers.end();) {
        const Container &container = entry->second;
        const bool nodeFresh = nowNs - m_lastSampleNs[container.node] <= heartbeatFreshNs;
        if (!nodeFresh || nowNs - container.lastNs <= heartbeatFreshNs) {
            ++entry;
            continue;
        }
        if (container.exitCode)
            podEvent(figure::podExit, container.pod, container.lastNs, *container.exitCode);
        entry = m_containers.erase(entry);
    }
}

void LiveModel::podEvent(std::string_view figureName, const std::string &pod, std::int64_t timeNs, double value)
{
    showPodEvent(figureName, pod, timeNs, value);
    m_podFigures.push_back({timeNs, std::string(figureName), pod, value});
}

void LiveModel::showPodEvent(std::string_view figureName, const std::string &pod, std::int64_t timeNs, double value)
{
    Track &track = m_input.figures[std::string(figureName)][pod];
    const auto place =
        std::upper_bound(track.begin(), track.end(), timeNs, [](std::int64_t time, const PlotPoint &point) { return time < point.timeNs; });
    track.insert(place, {timeNs, value});
}

void LiveModel::hidePodEvent(std::string_view figureName, const std::string &pod, std::int64_t timeNs)
{
    LabelledTracks &tracks = m_input.figures[std::string(figureName)];
    const auto track = tracks.find(pod);
    if (track == tracks.end())
        return;
    const auto point =
        std::find_if(track->second.begin(), track->second.end(), [timeNs](const PlotPoint &one) { return one.timeNs == timeNs; });
    if (point != track->second.end())
        track->second.erase(point);
    if (track->second.empty())
        tracks.erase(track);
}

} // namespace tapio::console

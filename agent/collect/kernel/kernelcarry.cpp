// SPDX-License-Identifier: GPL-3.0-or-later
// Hooks whose work another collector's program does, and what the kernel skipped of all of them.
#include "agent/collect/kernel/kernelobject.h"

#include <algorithm>
#include <atomic>
#include <iterator>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <tapio_collectors.skel.h>

namespace tapio::agent {

namespace {

/// How often the kernel skipped it, since it was running already on that CPU.
std::uint64_t missesOf(const bpf_program *program)
{
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);
    const bool isThere = program != nullptr && bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0;
    return isThere ? info.recursion_misses : 0;
}

} // namespace

bool KernelObject::isCarried(const HookRun &hook)
{
    return hook.state == wire::HookState::Active && !hook.link && !hook.spec->carriedBy.empty();
}

const KernelObject::HookRun *KernelObject::carrierOf(const HookRun &hook) const
{
    const auto carrier = std::find_if(m_hooks.begin(), m_hooks.end(), [&](const HookRun &one) {
        return one.spec->collector == hook.spec->carriedBy && one.spec->name == hook.spec->name;
    });
    return carrier == m_hooks.end() ? nullptr : &*carrier;
}

/// Has the programs of one collector do what those of another would do at the same hooks, if they are all attached and stay so. For a while both
/// are attached, so that nothing goes by unseen: a question whose answer nobody looked at would be told as one without. Which of them does the
/// work both ask.
void KernelObject::carry(std::string_view collector, std::uint32_t &isCarriedNow)
{
    std::vector<HookRun *> carried;
    bool may = true;
    for (HookRun &hook : m_hooks) {
        if (hook.spec->collector != collector || hook.spec->carriedBy.empty() || hook.state != wire::HookState::Active)
            continue;
        const HookRun *carrier = carrierOf(hook);
        carried.push_back(&hook);
        may = may && m_mayCarry && !isOff(*hook.spec) && carrier != nullptr && carrier->state == wire::HookState::Active
              && !m_off.contains(hook.spec->carriedBy);
    }
    if (may && !carried.empty()) {
        std::atomic_ref(isCarriedNow).store(1);
        for (HookRun *hook : carried) {
            if (hook->link)
                hook->carrierMissedBefore = missesOf(carrierOf(*hook)->program);
            hook->link.reset();
        }
        return;
    }
    std::vector<HookRun *> alone;
    std::copy_if(carried.begin(), carried.end(), std::back_inserter(alone), [](const HookRun *hook) { return isCarried(*hook); });
    for (HookRun *hook : alone) {
        hook->missedOfCarrier += missesOf(carrierOf(*hook)->program) - hook->carrierMissedBefore;
        hook->carrierMissedBefore = missesOf(carrierOf(*hook)->program);
        if (!isOff(*hook->spec)) // its links are given up anyway
            attach(*hook);
    }
    waitUntilSeen(alone);
    std::atomic_ref(isCarriedNow).store(0);
}

/// A run that began before they were attached has only their carrier's program to look at what it is about.
void KernelObject::waitUntilSeen(const std::vector<HookRun *> &attached)
{
    if (std::none_of(attached.begin(), attached.end(), [](const HookRun *hook) { return hook->link != nullptr; }))
        return;
    Status waited = m_grace.open();
    if (waited)
        waited = m_grace.wait();
    constexpr std::string_view note = "may have missed a moment: ";
    for (HookRun *hook : attached) {
        if (!waited && hook->link && hook->reason.find(note) == std::string::npos)
            hook->reason += (hook->reason.empty() ? "" : "; ") + std::string(note) + waited.error().message();
    }
}

void KernelObject::carry()
{
    carry("dns", m_skeleton->bss->tapio_dns_carried);
    carry("http", m_skeleton->bss->tapio_http_carried);
}

/// One that was switched off keeps its misses.
std::uint64_t KernelObject::recursionMisses(std::string_view collector) const
{
    std::uint64_t misses = 0;
    for (const HookRun &hook : m_hooks) {
        if (collectorOf(*hook.spec) != collector)
            continue;
        misses += missesOf(hook.program) + hook.missedOfCarrier;
        if (isCarried(hook))
            misses += missesOf(carrierOf(hook)->program) - hook.carrierMissedBefore;
    }
    return misses;
}

} // namespace tapio::agent

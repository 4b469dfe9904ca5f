// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/eventlayout.h"

#include <algorithm>

#include "protocol/wire/detaillayout.h"

namespace tapio::wire {

namespace {

// An event that says nothing takes 56 bytes of a message, and may occupy four times that (codec.h, expansion).
static_assert(sizeof(Event) <= std::size_t{4 * 56}, "put the texts of a large detail into a Boxed");

void write(schema::Event::Builder to, const Event &from)
{
    to.setTimeNs(from.timeNs);
    to.setStartTimeNs(from.process.startTimeNs);
    to.setDrainUs(from.drainUs);
    to.setOrigin(from.origin);
    to.setPid(from.process.pid);
    to.setUid(from.process.uid);
    to.setType(static_cast<std::uint16_t>(from.type));
    to.setCpu(from.cpu);
    to.setSeverity(static_cast<std::uint8_t>(from.severity));
    to.setHeldSeconds(from.heldSeconds);
    setComm(from.process.comm, [&](auto text) { to.setComm(text); });
    write(to.getDetail(), from.detail);
}

void read(Event &to, const LayoutReader &reader, schema::Event::Reader from)
{
    to.timeNs = from.getTimeNs();
    to.drainUs = from.getDrainUs();
    to.type = static_cast<EventType>(from.getType());
    to.severity = static_cast<Severity>(from.getSeverity());
    to.heldSeconds = from.getHeldSeconds();
    to.cpu = from.getCpu();
    to.origin = from.getOrigin();
    to.process.pid = from.getPid();
    to.process.uid = from.getUid();
    to.process.startTimeNs = from.getStartTimeNs();
    to.process.comm = reader.comm(from.getComm());
    read(to.detail, reader, from.getDetail());
}

void check(const OriginAmendment &amendment, std::size_t origins, Errc code)
{
    requireIndex(amendment.was, origins, "amended origin", code);
    requireIndex(amendment.told, origins, "told origin", code);
    requireIndex(amendment.now, origins, "amending origin", code);
    if (amendment.firstSeq == 0)
        throw Refusal{code, "an amendment of an event without a number"};
    if (amendment.firstSeq > amendment.lastSeq)
        throw Refusal{code, "an amendment that ends before it begins"};
}

} // namespace

std::size_t wordsFor(const std::vector<Origin> &from) noexcept
{
    std::size_t words = 1;
    for (const auto &origin : from) {
        words += capnp::sizeInWords<schema::Origin>() + textWords(origin.cgroupPath) + textWords(origin.containerId)
                 + textWords(origin.containerName) + textWords(origin.podUid) + textWords(origin.podName) + textWords(origin.namespaceName)
                 + textWords(origin.workloadKind) + textWords(origin.workloadName) + textWords(origin.image) + textWords(origin.imageId);
    }
    return words;
}

std::size_t wordsFor(const EventBatch &from) noexcept
{
    std::size_t words = capnp::sizeInWords<schema::EventBatch>() + wordsFor(from.origins) + 1 + from.seqOffsets.size() + 1
                        + from.amendments.size() * capnp::sizeInWords<schema::OriginAmendment>();
    for (const auto &event : from.events)
        words += capnp::sizeInWords<schema::Event>() + textWords(event.process.comm) + wordsFor(event.detail);
    return words;
}

void write(schema::Origin::Builder to, const Origin &from)
{
    to.setCgroupId(from.cgroupId);
    to.setAttribution(static_cast<std::uint8_t>(from.attribution));
    setText(from.cgroupPath, [&](auto text) { to.setCgroupPath(text); });
    setText(from.containerId, [&](auto text) { to.setContainerId(text); });
    setText(from.containerName, [&](auto text) { to.setContainerName(text); });
    setText(from.podUid, [&](auto text) { to.setPodUid(text); });
    setText(from.podName, [&](auto text) { to.setPodName(text); });
    setText(from.namespaceName, [&](auto text) { to.setNamespaceName(text); });
    setText(from.workloadKind, [&](auto text) { to.setWorkloadKind(text); });
    setText(from.workloadName, [&](auto text) { to.setWorkloadName(text); });
    setText(from.image, [&](auto text) { to.setImage(text); });
    setText(from.imageId, [&](auto text) { to.setImageId(text); });
}

void write(schema::EventBatch::Builder to, const EventBatch &from)
{
    if (!from.seqOffsets.empty() && from.seqOffsets.size() != from.events.size())
        throw Refusal{Errc::InvalidArgument, "seqOffsets is neither empty nor one per event"};
    to.setFirstSeq(from.firstSeq);
    setList(
        from.origins, [&](unsigned size) { return to.initOrigins(size); },
        [](auto list, unsigned i, const Origin &origin) { write(list[i], origin); });
    setList(
        from.events, [&](unsigned size) { return to.initEvents(size); },
        [&](auto list, unsigned i, const Event &event) {
            requireIndex(event.origin, from.origins.size(), "origin", Errc::InvalidArgument);
            write(list[i], event);
        });
    setList(
        from.seqOffsets, [&](unsigned size) { return to.initSeqOffsets(size); },
        [](auto list, unsigned i, std::uint32_t offset) { list.set(i, offset); });
    setList(
        from.amendments, [&](unsigned size) { return to.initAmendments(size); },
        [&](auto list, unsigned i, const OriginAmendment &amendment) {
            check(amendment, from.origins.size(), Errc::InvalidArgument);
            auto element = list[i];
            element.setFirstSeq(amendment.firstSeq);
            element.setLastSeq(amendment.lastSeq);
            element.setWas(amendment.was);
            element.setTold(amendment.told);
            element.setNow(amendment.now);
            element.setEvents(amendment.events);
        });
}

Origin read(const LayoutReader &reader, schema::Origin::Reader from)
{
    Origin to;
    to.cgroupId = from.getCgroupId();
    to.cgroupPath = reader.text(from.getCgroupPath());
    to.containerId = reader.text(from.getContainerId());
    to.containerName = reader.text(from.getContainerName());
    to.podUid = reader.text(from.getPodUid());
    to.podName = reader.text(from.getPodName());
    to.namespaceName = reader.text(from.getNamespaceName());
    to.attribution = static_cast<Attribution>(from.getAttribution());
    to.workloadKind = reader.text(from.getWorkloadKind());
    to.workloadName = reader.text(from.getWorkloadName());
    to.image = reader.text(from.getImage());
    to.imageId = reader.text(from.getImageId());
    return to;
}

EventBatch read(const LayoutReader &reader, schema::EventBatch::Reader from)
{
    EventBatch to;
    to.firstSeq = from.getFirstSeq();
    to.origins = reader.list<Origin>(from.getOrigins(), [&](auto element) { return read(reader, element); });
    const auto events = from.getEvents();
    reader.checkList(events);
    reader.charge(events.size() * sizeof(Event));
    to.events.resize(events.size());
    for (unsigned i = 0; i < events.size(); ++i) {
        read(to.events[i], reader, events[i]);
        requireIndex(to.events[i].origin, to.origins.size(), "origin", Errc::Malformed);
    }
    to.seqOffsets = reader.list<std::uint32_t>(from.getSeqOffsets(), [](std::uint32_t offset) { return offset; });
    if (!to.seqOffsets.empty()
        && (to.seqOffsets.size() != to.events.size()
            || std::adjacent_find(to.seqOffsets.begin(), to.seqOffsets.end(), std::greater_equal<>()) != to.seqOffsets.end()))
        throw Refusal{Errc::Malformed, "sequence offsets do not ascend, one per event"};
    to.amendments = reader.list<OriginAmendment>(from.getAmendments(), [&](schema::OriginAmendment::Reader element) {
        const OriginAmendment amendment{element.getWas(),    element.getTold(),     element.getNow(),
                                        element.getEvents(), element.getFirstSeq(), element.getLastSeq()};
        check(amendment, to.origins.size(), Errc::Malformed);
        return amendment;
    });
    return to;
}

} // namespace tapio::wire

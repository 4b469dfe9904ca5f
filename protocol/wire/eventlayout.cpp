// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/eventlayout.h"

#include <algorithm>

namespace tapio::wire {

namespace {

struct DetailWords {
    std::size_t operator()(std::monostate) const noexcept { return 0; }
    std::size_t operator()(const ProcessExec &exec) const noexcept
    {
        std::size_t words = capnp::sizeInWords<schema::ProcessExec>() + textWords(exec.parentComm);
        words += textWords(exec.filename);
        for (const auto &argument : exec.arguments)
            words += 1 + textWords(argument);
        return words;
    }
    std::size_t operator()(const ProcessExit &exit) const noexcept
    {
        return capnp::sizeInWords<schema::ProcessExit>() + textWords(exit.killerComm);
    }
    std::size_t operator()(const OomKill &kill) const noexcept
    {
        return capnp::sizeInWords<schema::OomKill>() + textWords(kill.triggerComm);
    }
    std::size_t operator()(const FatalSignal &fatal) const noexcept
    {
        return capnp::sizeInWords<schema::FatalSignal>() + textWords(fatal.senderComm);
    }
    std::size_t operator()(const TcpConnection &) const noexcept { return capnp::sizeInWords<schema::TcpConnection>(); }
};

struct AddressHalves {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
};

AddressHalves split(const SocketAddress &address) noexcept
{
    AddressHalves halves;
    for (std::size_t i = 0; i < 8; ++i) {
        halves.high = halves.high << 8 | address.bytes[i];
        halves.low = halves.low << 8 | address.bytes[i + 8];
    }
    return halves;
}

SocketAddress join(AddressHalves halves, std::uint16_t port) noexcept
{
    SocketAddress address;
    for (std::size_t i = 8; i-- > 0;) {
        address.bytes[i] = static_cast<std::uint8_t>(halves.high);
        address.bytes[i + 8] = static_cast<std::uint8_t>(halves.low);
        halves.high >>= 8;
        halves.low >>= 8;
    }
    address.port = port;
    return address;
}

/// The limits beside those of every text.
void requireExecTexts(const ProcessExec &exec, const DecodeLimits &limits, Errc code)
{
    requireText(exec.filename.size(), limits.filenameBytes, "filenameBytes", code);
    if (exec.arguments.size() > limits.arguments)
        throw Refusal{code, std::to_string(exec.arguments.size()) + " arguments exceed arguments"};
    std::size_t bytes = 0;
    for (const auto &argument : exec.arguments)
        bytes += argument.size();
    requireText(bytes, limits.argumentBytes, "argumentBytes", code);
}

struct DetailWriter {
    schema::Event::Detail::Builder to;

    void operator()(std::monostate) { }

    void operator()(const ProcessExec &from)
    {
        requireExecTexts(from, DecodeLimits(), Errc::InvalidArgument);
        auto exec = to.initExec();
        exec.setParentPid(from.parentPid);
        exec.setArgumentsTruncated(from.argumentsTruncated);
        setComm(from.parentComm, [&](auto text) { exec.setParentComm(text); });
        setText(from.filename, [&](auto text) { exec.setFilename(text); });
        setTexts(from.arguments, [&](unsigned size) { return exec.initArguments(size); });
    }

    void operator()(const ProcessExit &from)
    {
        auto exit = to.initExit();
        exit.setExitCode(from.exitCode);
        exit.setSignal(from.signal);
        exit.setDurationNs(from.durationNs);
        exit.setKillerPid(from.killerPid);
        exit.setCoreDumped(from.coreDumped);
        setComm(from.killerComm, [&](auto text) { exit.setKillerComm(text); });
    }

    void operator()(const OomKill &from)
    {
        auto kill = to.initOomKill();
        kill.setTriggerPid(from.triggerPid);
        kill.setOomScoreAdj(from.oomScoreAdj);
        kill.setTotalVmBytes(from.totalVmBytes);
        kill.setAnonRssBytes(from.anonRssBytes);
        kill.setFileRssBytes(from.fileRssBytes);
        kill.setShmemRssBytes(from.shmemRssBytes);
        kill.setPageTableBytes(from.pageTableBytes);
        setComm(from.triggerComm, [&](auto text) { kill.setTriggerComm(text); });
    }

    void operator()(const FatalSignal &from)
    {
        auto fatal = to.initFatalSignal();
        fatal.setSignal(from.signal);
        fatal.setCode(from.code);
        fatal.setSenderPid(from.senderPid);
        setComm(from.senderComm, [&](auto text) { fatal.setSenderComm(text); });
    }

    void operator()(const TcpConnection &from)
    {
        auto tcp = to.initTcp();
        const AddressHalves local = split(from.local);
        const AddressHalves remote = split(from.remote);
        tcp.setLocalHigh(local.high);
        tcp.setLocalLow(local.low);
        tcp.setRemoteHigh(remote.high);
        tcp.setRemoteLow(remote.low);
        tcp.setDurationNs(from.durationNs);
        tcp.setConnectLatencyNs(from.connectLatencyNs);
        tcp.setBytesSent(from.bytesSent);
        tcp.setBytesReceived(from.bytesReceived);
        tcp.setSrttUs(from.srttUs);
        tcp.setRetransmits(from.retransmits);
        tcp.setSocketError(from.socketError);
        tcp.setLocalPort(from.local.port);
        tcp.setRemotePort(from.remote.port);
        tcp.setDirection(static_cast<std::uint8_t>(from.direction));
        tcp.setOutcome(static_cast<std::uint8_t>(from.outcome));
        tcp.setEstablished(from.established);
    }
};

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
    setComm(from.process.comm, [&](auto text) { to.setComm(text); });
    std::visit(DetailWriter{to.getDetail()}, from.detail);
}

ProcessExec readExec(const LayoutReader &reader, schema::ProcessExec::Reader from)
{
    ProcessExec to;
    to.parentPid = from.getParentPid();
    to.argumentsTruncated = from.getArgumentsTruncated();
    to.parentComm = reader.comm(from.getParentComm());
    to.filename = reader.text(from.getFilename());
    const auto arguments = from.getArguments();
    if (arguments.size() > reader.limits().arguments)
        throw Refusal{Errc::Malformed, std::to_string(arguments.size()) + " arguments exceed arguments"};
    to.arguments = reader.texts(arguments);
    requireExecTexts(to, reader.limits(), Errc::Malformed);
    return to;
}

ProcessExit readExit(const LayoutReader &reader, schema::ProcessExit::Reader from)
{
    ProcessExit to;
    to.exitCode = from.getExitCode();
    to.signal = from.getSignal();
    to.coreDumped = from.getCoreDumped();
    to.durationNs = from.getDurationNs();
    to.killerPid = from.getKillerPid();
    to.killerComm = reader.comm(from.getKillerComm());
    return to;
}

OomKill readOomKill(const LayoutReader &reader, schema::OomKill::Reader from)
{
    OomKill to;
    to.triggerPid = from.getTriggerPid();
    to.triggerComm = reader.comm(from.getTriggerComm());
    to.totalVmBytes = from.getTotalVmBytes();
    to.anonRssBytes = from.getAnonRssBytes();
    to.fileRssBytes = from.getFileRssBytes();
    to.shmemRssBytes = from.getShmemRssBytes();
    to.pageTableBytes = from.getPageTableBytes();
    to.oomScoreAdj = from.getOomScoreAdj();
    return to;
}

FatalSignal readFatalSignal(const LayoutReader &reader, schema::FatalSignal::Reader from)
{
    FatalSignal to;
    to.signal = from.getSignal();
    to.code = from.getCode();
    to.senderPid = from.getSenderPid();
    to.senderComm = reader.comm(from.getSenderComm());
    return to;
}

TcpConnection readTcp(schema::TcpConnection::Reader from)
{
    TcpConnection to;
    to.local = join({from.getLocalHigh(), from.getLocalLow()}, from.getLocalPort());
    to.remote = join({from.getRemoteHigh(), from.getRemoteLow()}, from.getRemotePort());
    to.direction = static_cast<TcpDirection>(from.getDirection());
    to.outcome = static_cast<TcpOutcome>(from.getOutcome());
    to.socketError = from.getSocketError();
    to.established = from.getEstablished();
    to.durationNs = from.getDurationNs();
    to.connectLatencyNs = from.getConnectLatencyNs();
    to.bytesSent = from.getBytesSent();
    to.bytesReceived = from.getBytesReceived();
    to.srttUs = from.getSrttUs();
    to.retransmits = from.getRetransmits();
    return to;
}

void readDetail(Detail &to, const LayoutReader &reader, schema::Event::Detail::Reader from)
{
    switch (from.which()) {
    case schema::Event::Detail::NONE: break;
    case schema::Event::Detail::EXEC: to = readExec(reader, from.getExec()); break;
    case schema::Event::Detail::EXIT: to = readExit(reader, from.getExit()); break;
    case schema::Event::Detail::OOM_KILL: to = readOomKill(reader, from.getOomKill()); break;
    case schema::Event::Detail::FATAL_SIGNAL: to = readFatalSignal(reader, from.getFatalSignal()); break;
    case schema::Event::Detail::TCP: to = readTcp(from.getTcp()); break;
    }
}

void read(Event &to, const LayoutReader &reader, schema::Event::Reader from)
{
    to.timeNs = from.getTimeNs();
    to.drainUs = from.getDrainUs();
    to.type = static_cast<EventType>(from.getType());
    to.severity = static_cast<Severity>(from.getSeverity());
    to.cpu = from.getCpu();
    to.origin = from.getOrigin();
    to.process.pid = from.getPid();
    to.process.uid = from.getUid();
    to.process.startTimeNs = from.getStartTimeNs();
    to.process.comm = reader.comm(from.getComm());
    readDetail(to.detail, reader, from.getDetail());
}

} // namespace

std::size_t wordsFor(const std::vector<Origin> &from) noexcept
{
    std::size_t words = 1;
    for (const auto &origin : from) {
        words += capnp::sizeInWords<schema::Origin>() + textWords(origin.cgroupPath) + textWords(origin.containerId)
            + textWords(origin.containerName) + textWords(origin.podUid) + textWords(origin.podName)
            + textWords(origin.namespaceName);
    }
    return words;
}

std::size_t wordsFor(const EventBatch &from) noexcept
{
    std::size_t words = capnp::sizeInWords<schema::EventBatch>() + wordsFor(from.origins) + 1 + from.seqOffsets.size();
    for (const auto &event : from.events)
        words += capnp::sizeInWords<schema::Event>() + textWords(event.process.comm) + std::visit(DetailWords(), event.detail);
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
}

void write(schema::EventBatch::Builder to, const EventBatch &from)
{
    if (!from.seqOffsets.empty() && from.seqOffsets.size() != from.events.size())
        throw Refusal{Errc::InvalidArgument, "seqOffsets is neither empty nor one per event"};
    to.setFirstSeq(from.firstSeq);
    setList(from.origins, [&](unsigned size) { return to.initOrigins(size); },
            [](auto list, unsigned i, const Origin &origin) { write(list[i], origin); });
    setList(from.events, [&](unsigned size) { return to.initEvents(size); },
            [&](auto list, unsigned i, const Event &event) {
                requireIndex(event.origin, from.origins.size(), "origin", Errc::InvalidArgument);
                write(list[i], event);
            });
    setList(from.seqOffsets, [&](unsigned size) { return to.initSeqOffsets(size); },
            [](auto list, unsigned i, std::uint32_t offset) { list.set(i, offset); });
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
    return to;
}

} // namespace tapio::wire
